"""The Debian package, made once per test run from what is built (nothing is compiled here).

AUTOBACKUPD_BUILD (environment) names the build directory; without it: build/.
"""

import functools
import glob
import os
import subprocess
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REPOSITORY = os.path.dirname(TESTS)
SYSTEMD = os.path.join(REPOSITORY, "systemd")


def build_directory():
    return os.path.abspath(os.environ.get("AUTOBACKUPD_BUILD", os.path.join(REPOSITORY, "build")))


def output(*command, **options):
    """What the command prints; a failure tells all of it."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}")
    return done.stdout


@functools.lru_cache(maxsize=None)
def deb():
    """The path of the package. Made under a strict umask, which it must not show."""
    build = build_directory()
    for old in glob.glob(os.path.join(build, "package", "*.deb")):
        os.unlink(old)
    output("cpack", "--config", "CPackConfig.cmake", cwd=build, umask=0o077)
    found = glob.glob(os.path.join(build, "package", "*.deb"))
    if len(found) != 1:
        raise AssertionError(f"cpack made {found}")
    return found[0]


def newer(version):
    """The same package under another version. → its directory, which the caller removes, and its path in it."""
    place = tempfile.mkdtemp(prefix="autobackupd-newer-")
    unpacked, out = os.path.join(place, "tree"), os.path.join(place, "newer.deb")
    output("dpkg-deb", "-R", deb(), unpacked)
    control = os.path.join(unpacked, "DEBIAN/control")
    with open(control) as file:
        fields = file.read()
    with open(control, "w") as file:
        file.writelines(f"Version: {version}\n" if line.startswith("Version:") else line for line in fields.splitlines(True))
    output("dpkg-deb", "--root-owner-group", "-Zgzip", "-b", unpacked, out)
    return place, out


@functools.lru_cache(maxsize=None)
def _unpacked():
    place = tempfile.TemporaryDirectory(prefix="autobackupd-deb-")
    os.chmod(place.name, 0o755)
    output("dpkg-deb", "-R", deb(), os.path.join(place.name, "tree"))
    return place  # removed when the program ends


def tree():
    """The package unpacked, its control files below DEBIAN/."""
    return os.path.join(_unpacked().name, "tree")


def text(path):
    """The content of a file of the package, as "usr/lib/…" or "DEBIAN/…"."""
    with open(os.path.join(tree(), path)) as file:
        return file.read()
