# Sourced: installs the Debian 12 packages that building (and, with "tests", testing) needs. As root, or through sudo.

build_packages="g++ cmake ninja-build ccache pkg-config git python3 ca-certificates tzdata
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libgit2-dev libssl-dev zlib1g-dev libdeflate-dev
  libspdlog-dev libfmt-dev libyaml-cpp-dev libsqlitecpp-dev libsqlite3-dev libhowardhinnant-date-dev libsystemd-dev libcli11-dev"
test_packages="libgtest-dev nginx-light fcgiwrap git-lfs openssl openssh-client openssh-server strace unzip zip python3-venv procps man-db
  lintian systemd systemd-container dbus iproute2 binutils"

install_packages() {
    wanted="$build_packages"
    if [ "${1:-}" = tests ]; then wanted="$wanted $test_packages"; fi
    missing=""
    for package in $wanted; do
        if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "ok installed"; then missing="$missing $package"; fi
    done
    if [ -z "$missing" ]; then return 0; fi
    as_root=""
    if [ "$(id -u)" != 0 ]; then as_root=sudo; fi
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    # A service that Debian starts for nginx is not wanted: the tests start their own.
    if [ "${1:-}" = tests ] && [ -d /run/systemd/system ]; then $as_root systemctl disable --now nginx fcgiwrap.socket 2>/dev/null || true; fi
}

# build_into DIRECTORY [cmake option…] [-- target…]
build_into() {
    directory="$1"; shift
    options="-DAUTOBACKUPD_UNITY=ON"  # what the caller says of it comes later and holds
    while [ $# -gt 0 ] && [ "$1" != -- ]; do options="$options $1"; shift; done
    if [ "${1:-}" = -- ]; then shift; fi
    # shellcheck disable=SC2086
    cmake -S "$repository" -B "$directory" -G Ninja $options >/dev/null
    ninja -C "$directory" "$@"
}
