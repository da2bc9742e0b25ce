"""A copy of this machine's root file system that is thrown away: what is installed, booted or broken in it stays in memory.

Needs root and the right to mount. All mounts live in a mount namespace of this process alone and end with it, whatever happens.
"""

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

CLONE_NEWNS = 0x00020000
own_mounts = False


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True, capture_output=True, text=True)


def have_own_mounts():
    """From here on this process and its children see mounts that nobody else sees."""
    global own_mounts
    if own_mounts:
        return
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWNS): " + os.strerror(ctypes.get_errno()))
    mount("--make-rprivate", "/")
    own_mounts = True


def loudly(what, reason):
    """Skips, and says so where nobody overlooks it. AUTOBACKUPD_NO_SKIP=1 makes it a failure."""
    print(f"\n{'*' * 100}\n*** NOT TESTED on this machine: {what}\n*** because: {reason}\n{'*' * 100}", file=sys.stderr, flush=True)
    if os.environ.get("AUTOBACKUPD_NO_SKIP"):
        raise AssertionError(f"not tested: {what}: {reason}")
    raise unittest.SkipTest(reason)


def need(what, programs=()):
    """Skips loudly unless this machine can mount an overlay over its root and has the programs."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        loudly(what, f"not installed: {', '.join(missing)}")
    if os.geteuid() != 0:
        loudly(what, "it needs root")
    try:
        have_own_mounts()
        with Root() as root:
            root.run("true")
    except subprocess.CalledProcessError as error:
        loudly(what, f"{' '.join(error.cmd)}: {error.stderr.strip()}")
    except OSError as error:
        loudly(what, str(error))


class Root:
    """`with Root() as root:` is an overlay over /; root.path is where it lies, root.upper what was changed in it."""

    def __init__(self, size="2g"):
        self.size = size

    def __enter__(self):
        have_own_mounts()
        self.place = tempfile.mkdtemp(prefix="autobackupd-root-")
        try:
            mount("-t", "tmpfs", "-o", f"size={self.size},mode=755", "tmpfs", self.place)
            self.upper, self.path = os.path.join(self.place, "upper"), os.path.join(self.place, "root")
            for name in ("upper", "work", "root"):
                os.mkdir(os.path.join(self.place, name))
            mount("-t", "overlay", "-o", f"lowerdir=/,upperdir={self.upper},workdir={self.place}/work", "overlay", self.path)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "--recursive", "--lazy", self.place], capture_output=True)
        os.rmdir(self.place)

    def chroot(self):
        """Makes the root fit for run(): /proc, /dev, and a /run on which no service manager is seen."""
        mount("-t", "proc", "proc", self.at("/proc"))
        mount("--rbind", "/dev", self.at("/dev"))
        mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", self.at("/run"))

    def at(self, path):
        """Where the root's file lies outside."""
        return self.path + path

    def run(self, *command, check=True, **environment):
        """A command in the root (chroot); the finished process, its output as text in stdout, errors included."""
        clean = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root",
                 "DEBIAN_FRONTEND": "noninteractive", **environment}
        done = subprocess.run(["chroot", self.path, *command], env=clean, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=120, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}")
        return done
