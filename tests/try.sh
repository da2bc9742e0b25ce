#!/bin/sh
# Installs what is needed, builds autobackupd, and runs a CVAT backup job for real:
#   sh tests/try.sh                           against the stand-in server of the tests
#   CVAT_URL=https://cvat.example.org CVAT_TOKEN=… sh tests/try.sh    against your own CVAT (reads only)
# into a local bare repository below ${TRY_DIRECTORY:-build/try}. Ends with the commit, the report and what a second run does.
set -eu
repository=$(cd "$(dirname "$0")/.." && pwd)
. "$repository/tests/packages.sh"
install_packages
cd "$repository"
build_into build -DCMAKE_BUILD_TYPE=RelWithDebInfo -DAUTOBACKUPD_WERROR=ON -DAUTOBACKUPD_TESTS=OFF -- autobackupd
place=${TRY_DIRECTORY:-$repository/build/try}
rm -rf "$place"
mkdir -p "$place/credentials"
standin=""
stop() { if [ -n "$standin" ]; then kill "$standin" 2>/dev/null || true; fi; }
trap stop EXIT INT TERM

if [ -n "${CVAT_URL:-}" ]; then
    : "${CVAT_TOKEN:?set CVAT_TOKEN to a token of your account as well}"
    token=$CVAT_TOKEN
    url=$CVAT_URL
else
    python3 tests/standin/cvat_standin.py --port-file "$place/port" >"$place/standin.log" 2>&1 &
    standin=$!
    while [ ! -s "$place/port" ]; do kill -0 "$standin"; sleep 0.1; done
    url="http://127.0.0.1:$(cat "$place/port")"
    token=$(printf standin-token-admin | sha1sum | cut -d ' ' -f 1)
fi
kind=token
case "$token" in ????????.*) kind=access_token ;; esac
(umask 077; printf '%s\n' "$token" >"$place/credentials/cvat-token")
git init -q --bare -b main "$place/annotations.git"
cat >"$place/autobackupd.yaml" <<YAML
storage: $place/storage
servers:
  lab:
    cvat: $url
    auth: {$kind: cvat-token}
jobs:
  annotations:
    schedule: daily 02:30
    cvat: {server: lab}
    git: {url: "file://$place/annotations.git"}
YAML
export CREDENTIALS_DIRECTORY="$place/credentials"
program="$repository/build/autobackupd"

echo "== the first run"
code=0
"$program" run annotations --config "$place/autobackupd.yaml" --json >"$place/report.json" || code=$?
if [ "$code" != 0 ] && [ "$code" != 3 ]; then exit "$code"; fi
echo "== what stands on the git server"
git -C "$place/annotations.git" log --oneline --stat=100,60 -3 main
echo "== its report ($place/report.json)"
python3 - "$place/report.json" <<'PY'
import json, sys
report = json.load(open(sys.argv[1]))
print({key: report[key] for key in ("job", "outcome", "duration_s", "counts", "traffic")})
PY
echo "== the second run: nothing has moved"
"$program" run annotations --config "$place/autobackupd.yaml" || code=$?
echo "== done; the configuration is $place/autobackupd.yaml"
exit "$code"
