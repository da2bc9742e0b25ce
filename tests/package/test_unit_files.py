"""The unit, its drop-ins, users and directories, judged by systemd's own programs. Nothing is installed."""

import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import package
import throwaway

# Keys of the unit and the version of systemd that first knew them (its NEWS); what is not named is older than 230.
SINCE = {"CapabilityBoundingSet": 21, "RestartPreventExitStatus": 189, "StartLimitIntervalSec": 230, "StartLimitBurst": 230,
         "MemoryDenyWriteExecute": 231, "RestrictRealtime": 231, "ProtectKernelTunables": 232, "ProtectControlGroups": 232,
         "ProtectKernelModules": 232, "RemoveIPC": 232, "RestrictNamespaces": 233, "StateDirectory": 235, "StateDirectoryMode": 235,
         "LockPersonality": 235, "KeyringMode": 235, "PrivateMounts": 239, "LogRateLimitIntervalSec": 240, "ProtectHostname": 242, "RestrictSUIDSGID": 242, "OOMPolicy": 243,
         "TimeoutAbortSec": 243, "ProtectKernelLogs": 244, "ProtectClock": 245, "ProtectProc": 247, "ProcSubset": 247,
         "LoadCredential": 247, "PrivateIPC": 248, "SocketBindDeny": 249}
OLD = {"Description", "Documentation", "Wants", "After", "ConditionPathExists", "Type", "NotifyAccess", "ExecStart", "ExecReload",
       "Restart", "RestartSec", "WatchdogSec", "TimeoutStartSec", "TimeoutStopSec", "KillMode", "LimitNOFILE", "LimitCORE", "TasksMax",
       "Nice", "IOSchedulingClass", "IOSchedulingPriority", "User", "Group", "UMask", "ReadWritePaths", "NoNewPrivileges",
       "AmbientCapabilities", "ProtectSystem", "ProtectHome", "PrivateTmp", "PrivateDevices", "RestrictAddressFamilies",
       "DevicePolicy", "SystemCallArchitectures", "SystemCallFilter", "SystemCallErrorNumber", "WantedBy"}
NEWEST = 249  # Ubuntu 22.04
NEEDS_NEWER = {"50-systemd254.conf": 254}


def version():
    return int(re.search(r"systemd (\d+)", package.output("systemd-analyze", "--version"))[1])


def drop_ins():
    return sorted(glob.glob(os.path.join(package.SYSTEMD, "examples", "*.conf")))


class UnitFile(unittest.TestCase):
    """The unit as it is packaged."""

    def setUp(self):
        if shutil.which("systemd-analyze") is None:
            throwaway.loudly("the unit file", "systemd-analyze is not installed")
        self.unit = package.text("usr/lib/systemd/system/autobackupd.service")

    def staged(self, *added):
        """A directory with the unit and drop-ins; its programs are the package's own."""
        place = tempfile.mkdtemp(prefix="autobackupd-unit-")
        self.addCleanup(shutil.rmtree, place)
        unit = self.unit.replace("=/usr/bin/", f"={package.tree()}/usr/bin/")
        with open(os.path.join(place, "autobackupd.service"), "w") as file:
            file.write(unit)
        for path in added:
            os.makedirs(os.path.join(place, "autobackupd.service.d"), exist_ok=True)
            shutil.copy(path, os.path.join(place, "autobackupd.service.d"))
        return os.path.join(place, "autobackupd.service")

    def verify(self, *added):
        # The exit code is 0 even for a key that systemd does not know: what it writes is the verdict.
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", self.staged(*added)], capture_output=True, text=True, timeout=60,
                              check=False)
        return done.returncode, done.stdout + done.stderr

    def test_verify_says_nothing(self):
        self.assertEqual(self.verify(), (0, ""))

    def test_a_wrong_key_would_be_seen(self):
        self.unit = self.unit.replace("[Service]", "[Service]\nProtectEverything=yes")
        self.assertIn("ProtectEverything", self.verify()[1])

    def test_the_programs_of_the_unit_are_in_the_package(self):
        for line in re.findall(r"^Exec\w+=(\S+)", self.unit, re.M):
            self.assertTrue(os.access(package.tree() + line, os.X_OK), line)

    def test_drop_ins_say_nothing(self):
        self.assertGreaterEqual(len(drop_ins()), 6)
        for path in drop_ins():
            name = os.path.basename(path)
            with self.subTest(name):
                if version() < NEEDS_NEWER.get(name, 0):
                    self.assertRegex(self.verify(path)[1], r"^(.*Unknown key.*\n)+$")  # ignored, nothing worse
                else:
                    self.assertEqual(self.verify(path), (0, ""))

    def test_exposure(self):
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=12", self.staged()], capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stderr, "")

    def test_what_is_left_open_is_what_is_explained(self):
        table = json.loads(package.output("systemd-analyze", "security", "--offline=true", "--json=short", self.staged()))
        left = sorted({row["name"].split("=")[0] for row in table if row["exposure"] not in (None, "", "0.0", "0")})
        self.assertEqual(left, ["DeviceAllow", "IPAddressDeny", "PrivateNetwork", "PrivateUsers", "RestrictAddressFamilies", "RootDirectory",
                                "UMask"])
        with open(os.path.join(package.REPOSITORY, "docs", "operations.md")) as file:
            told = file.read()
        for name in left:
            self.assertTrue(f"`{name}=" in told, f"docs/operations.md does not explain why {name}= is left open")

    def test_every_key_is_known_to_the_oldest_systemd(self):
        keys = set(re.findall(r"^([A-Za-z]+)=", self.unit, re.M))
        self.assertEqual(keys - set(SINCE) - OLD, set(), "say since which version these are known")
        self.assertEqual({key for key in keys if SINCE.get(key, 0) > NEWEST}, set())

    def test_the_contract_with_the_program(self):
        for line in ("Type=notify", "ExecStart=/usr/bin/autobackupd serve", "ExecReload=/usr/bin/autobackupctl reload",
                     "RestartPreventExitStatus=2", "StateDirectory=autobackupd", "StateDirectoryMode=0750", "UMask=0027",
                     "ConditionPathExists=/etc/autobackupd/autobackupd.yaml", "LoadCredential=autobackupd:/etc/autobackupd/credentials"):
            self.assertIn("\n" + line + "\n", self.unit)


class UsersAndDirectories(unittest.TestCase):
    def setUp(self):
        for program in ("systemd-sysusers", "systemd-tmpfiles"):
            if shutil.which(program) is None:
                throwaway.loudly("users and directories", program + " is not installed")
        if os.geteuid() != 0:
            throwaway.loudly("users and directories", "it needs root")
        self.root = tempfile.mkdtemp(prefix="autobackupd-root-")
        self.addCleanup(shutil.rmtree, self.root)
        for name in ("sysusers", "tmpfiles"):
            folder = os.path.join(self.root, f"usr/lib/{name}.d")
            os.makedirs(folder)
            shutil.copy(os.path.join(package.tree(), f"usr/lib/{name}.d/autobackupd.conf"), folder)
        os.mkdir(os.path.join(self.root, "etc"))

    def entry(self, file, name):
        with open(os.path.join(self.root, "etc", file)) as text:
            return next(line.strip().split(":") for line in text if line.startswith(name + ":"))

    def make(self):
        for program, option in (("systemd-sysusers", []), ("systemd-tmpfiles", ["--create"])):
            self.assertEqual(re.sub(r"Creating (group|user) .*\n", "", package.output(program, f"--root={self.root}", *option, "autobackupd.conf")), "")

    def test_a_user_without_a_shell_and_a_group_for_those_who_steer(self):
        self.make()
        user = self.entry("passwd", "autobackupd")
        self.assertLess(int(user[2]), 1000)
        self.assertEqual(user[5:], ["/var/lib/autobackupd", "/usr/sbin/nologin"])
        self.assertEqual(self.entry("group", "autobackup-admin")[3], "autobackupd")
        self.assertEqual(self.entry("group", "autobackupd")[2], user[3])

    def test_directories_and_their_modes(self):
        self.make()
        user, own, admin = (int(self.entry(*which)[2]) for which in (("passwd", "autobackupd"), ("group", "autobackupd"), ("group", "autobackup-admin")))
        expected = {"etc/autobackupd": (0, own, 0o40750), "etc/autobackupd/conf.d": (0, own, 0o40750),
                    "etc/autobackupd/credentials": (0, 0, 0o40700), "run/autobackupd": (user, admin, 0o42755)}
        for path, wanted in expected.items():
            status = os.stat(os.path.join(self.root, path))
            self.assertEqual((status.st_uid, status.st_gid, oct(status.st_mode)), (wanted[0], wanted[1], oct(wanted[2])), path)

    def test_a_second_time_changes_nothing_and_touches_no_file(self):
        self.make()
        secret = os.path.join(self.root, "etc/autobackupd/credentials/cvat-token")
        with open(secret, "w") as file:
            file.write("token")
        os.chmod(secret, 0o600)
        before = package.output("find", self.root, "-printf", "%p %m %U %G %s\n")
        self.make()
        self.assertEqual(package.output("find", self.root, "-printf", "%p %m %U %G %s\n"), before)


class Catalogue(unittest.TestCase):
    def test_journalctl_reads_it(self):
        if shutil.which("journalctl") is None:
            throwaway.loudly("the message catalogue", "journalctl is not installed")
        root = tempfile.mkdtemp(prefix="autobackupd-root-")
        self.addCleanup(shutil.rmtree, root)
        for folder in ("usr/lib/systemd/catalog", "var/lib/systemd/catalog"):
            os.makedirs(os.path.join(root, folder))
        shutil.copy(os.path.join(package.tree(), "usr/lib/systemd/catalog/autobackupd.catalog"), os.path.join(root, "usr/lib/systemd/catalog"))
        self.assertEqual(package.output("journalctl", f"--root={root}", "--update-catalog"), "")
        held = package.output("journalctl", f"--root={root}", "--list-catalog").splitlines()
        ids = re.findall(r"^-- ([0-9a-f]{32})$", package.text("usr/lib/systemd/catalog/autobackupd.catalog"), re.M)
        self.assertGreaterEqual(len(ids), 6)
        self.assertEqual(sorted(line.split()[0] for line in held), sorted(ids))


if __name__ == "__main__":
    unittest.main()
