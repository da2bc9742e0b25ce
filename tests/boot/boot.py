"""Boots this machine's own systemd in a container over a throw-away copy of its root, with the package to install, and runs
tests/boot/inside.py in it at every boot: through a reboot and a power cut.

usage: boot.py [--keep-log FILE]    AUTOBACKUPD_BUILD names the build directory (build/)

The CVAT stand-in runs outside, in a network namespace that the container joins: like a real server it goes on while the
machine reboots. Exit 0 also where this machine cannot boot a container: then it says so, and why (AUTOBACKUPD_NO_SKIP=1: 1).
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(TESTS, "package"))
import package  # noqa: E402
import throwaway  # noqa: E402

LIMIT = 900  # seconds for all boots; an idle machine needs one minute
WHAT = "the service under a booted systemd (install, run, reload, watchdog, reboot, power cut)"
TARGET = "[Unit]\nRequires=multi-user.target\nAfter=multi-user.target\nWants=boot-test.service\n"
DRIVER = """[Unit]
After=multi-user.target
FailureAction=exit-force
[Service]
Type=oneshot
Environment=PYTHONDONTWRITEBYTECODE=1 LANG=C.UTF-8
ExecStart=/usr/bin/python3 -u /repository/tests/boot/inside.py
StandardOutput=append:/boot-test/log
StandardError=append:/boot-test/log
TimeoutStartSec=infinity
"""


def start_standin(place):
    """The stand-in in a network namespace of its own. → process, port."""
    port_file = os.path.join(place, "port")
    command = f'ip link set lo up && exec "{sys.executable}" "{TESTS}/standin/cvat_standin.py" --port-file "{port_file}"'
    process = subprocess.Popen(["unshare", "--net", "sh", "-c", command], env={**os.environ, "TZ": "UTC"})
    end = time.monotonic() + 30
    while not os.path.exists(port_file):
        if process.poll() is not None or time.monotonic() > end:
            raise AssertionError("the stand-in did not start")
        time.sleep(0.05)
    with open(port_file) as file:
        return process, int(file.read())


def furnish(root, port):
    """What the container needs besides the machine's own files: the driver, the packages, a journal that lasts, nothing else
    that starts by itself."""
    wants = root.at("/etc/systemd/system")
    for name in os.listdir(wants):
        if name.endswith((".wants", ".requires")):
            shutil.rmtree(os.path.join(wants, name))
    if os.path.exists(root.at("/usr/sbin/policy-rc.d")):
        os.unlink(root.at("/usr/sbin/policy-rc.d"))  # images of containers forbid packages to start services with it
    for name, text in (("boot-test.target", TARGET), ("boot-test.service", DRIVER)):
        with open(os.path.join(wants, name), "w") as file:
            file.write(text)
    for folder in ("/boot-test", "/var/log/journal", "/repository"):
        os.makedirs(root.at(folder), exist_ok=True)
    shutil.copy(package.deb(), root.at("/boot-test/autobackupd.deb"))
    place, newer = package.newer("9.0-1")
    shutil.copy(newer, root.at("/boot-test/newer.deb"))
    shutil.rmtree(place)
    with open(root.at("/boot-test/settings.json"), "w") as file:
        json.dump({"port": port}, file)


def boot_once(root, standin, deadline):
    """One life of the container: until it ends by itself, or asks for its power to be cut. → its exit code."""
    command = ["systemd-nspawn", "--directory", root.path, "--register=no", "--keep-unit", "--quiet", "--link-journal=no",
               f"--network-namespace-path=/proc/{standin.pid}/ns/net", f"--bind-ro={package.REPOSITORY}:/repository",
               "--boot", "systemd.unit=boot-test.target"]
    cut = root.at("/boot-test/cut-the-power")
    with open(root.at("/boot-test/console"), "ab") as console:
        machine = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        try:
            while machine.poll() is None and time.monotonic() < deadline and not os.path.exists(cut):
                time.sleep(0.1)
        finally:
            if machine.poll() is None:
                cut_the_power(machine)
    if os.path.exists(cut):
        os.unlink(cut)
    return machine.returncode


def cut_the_power(machine):
    """Ends every process of the container at once: the kernel does so when its first one is killed. Unlike a
    real power cut, what they had written and not fsynced is still there afterwards."""
    found = subprocess.run(["pgrep", "--parent", str(machine.pid)], capture_output=True, text=True, check=False)
    for first in found.stdout.split():
        os.kill(int(first), signal.SIGKILL)
    try:
        machine.wait(10)
    except subprocess.TimeoutExpired:
        machine.kill()
        machine.wait()


def text_of(root, path):
    try:
        with open(root.at(path), errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def run(root, standin):
    """Boots until the driver has written its verdict. → whether it is good."""
    deadline = time.monotonic() + LIMIT
    shown = 0
    for boot in range(1, 7):
        print(f"-- boot {boot}", flush=True)
        code = boot_once(root, standin, deadline)
        log = text_of(root, "/boot-test/log")
        print(log[shown:], end="", flush=True)
        if len(log) == shown and boot == 1:
            print(f"the driver never ran (exit {code}):\n{text_of(root, '/boot-test/console')[-4000:]}")
            return False
        shown = len(log)
        verdict = text_of(root, "/boot-test/verdict")
        if verdict:
            return verdict.strip() == "good"
        if time.monotonic() > deadline:
            print(f"no verdict after {LIMIT} s")
            return False
    print("it booted too often")
    return False


def can_boot():
    throwaway.need(WHAT, ("systemd-nspawn", "dbus-daemon", "unshare", "ip", "pgrep", "git", "dpkg"))


def main():
    try:
        can_boot()
    except unittest.SkipTest:
        return 0
    except AssertionError:
        return 1
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="autobackupd-boot-") as place, throwaway.Root() as root:
        standin, port = start_standin(place)
        try:
            furnish(root, port)
            good = run(root, standin)
            if not good:
                subprocess.run(["journalctl", "--directory", root.at("/var/log/journal"), "--no-pager", "--boot", "--lines=80", "-u", "autobackupd"], check=False)
            if len(sys.argv) > 2 and sys.argv[1] == "--keep-log":
                shutil.copy(root.at("/boot-test/log"), sys.argv[2])
        finally:
            standin.terminate()
            standin.wait()
    print(f"boot test: {'good' if good else 'FAILED'} in {time.monotonic() - begin:.1f} s")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
