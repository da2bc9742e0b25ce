"""The package installed, upgraded, removed and purged in a throw-away copy of this machine, where no service manager runs.

tests/boot does the same with one.
"""

import os
import shutil
import stat
import subprocess
import tempfile
import unittest

import package
import throwaway

WANTS = "/etc/systemd/system/multi-user.target.wants/autobackupd.service"
# What dpkg and the programs that it calls write for every package.
NOT_OURS = ("/var/lib/dpkg", "/var/log", "/var/cache", "/etc/ld.so.cache", "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow",
            "/etc/.pwd.lock", "/var/lib/systemd/catalog", "/tmp", "/root", "/run", "/proc", "/dev", "/autobackupd.deb")


def setUpModule():
    throwaway.need("installing and purging the package in a throw-away root", ("dpkg", "deb-systemd-helper", "systemd-sysusers"))
    package.deb()


class Install(unittest.TestCase):
    def setUp(self):
        self.root = self.enterContext(throwaway.Root())
        self.root.chroot()
        # The machine of a developer may have it installed; the copy starts without.
        self.root.run("sh", "-c", "dpkg --purge autobackupd; userdel autobackupd; groupdel autobackup-admin; groupdel autobackupd", check=False)
        self.assertFalse(os.path.exists(self.root.at("/etc/autobackupd")), "the machine under test has a configuration of its own")
        self.before = self.changed()
        self.install(package.deb())

    def install(self, deb):
        shutil.copy(deb, self.root.at("/autobackupd.deb"))
        return self.root.run("dpkg", "-i", "/autobackupd.deb").stdout

    def changed(self):
        """Files that the machine itself does not have, or not like this, and directories that it does not have; without what
        belongs to the package manager."""
        out = set()
        for place, folders, names in os.walk(self.root.upper):
            for name in folders + names:
                path = os.path.join(place, name)[len(self.root.upper):]
                status = os.lstat(self.root.upper + path)
                whiteout = stat.S_ISCHR(status.st_mode) and status.st_rdev == 0  # overlayfs's mark of a path that is gone
                if not path.startswith(NOT_OURS) and not whiteout and not (name in folders and os.path.isdir(path)):
                    out.add(path)
        return out

    def write(self, path, text, mode=0o640):
        with open(self.root.at(path), "w") as file:
            file.write(text)
        os.chmod(self.root.at(path), mode)

    def configure(self):
        self.write("/etc/autobackupd/autobackupd.yaml", self.root.run("autobackupd", "sample-config", "cvat").stdout)

    def exists(self, path):
        return os.path.lexists(self.root.at(path))

    def test_the_program_the_user_and_the_directories_are_there(self):
        self.assertIn("autobackupd 0.", self.root.run("autobackupd", "--version").stdout)
        self.assertIn("(autobackup-admin)", self.root.run("id", "autobackupd").stdout)
        self.assertEqual(self.root.run("stat", "-c", "%a %U %G", "/etc/autobackupd", "/etc/autobackupd/conf.d", "/etc/autobackupd/credentials").stdout,
                         "750 root autobackupd\n750 root autobackupd\n700 root root\n")
        self.assertEqual(os.listdir(self.root.at("/etc/autobackupd/conf.d")), [])
        self.assertEqual(sorted(os.listdir(self.root.at("/etc/autobackupd"))), ["conf.d", "credentials"], "no configuration is written")

    def test_every_library_is_there(self):
        for name in os.listdir(os.path.join(package.tree(), "usr/bin")):
            self.assertNotIn("not found", self.root.run("ldd", "/usr/bin/" + name).stdout)

    def test_the_unit_is_enabled_and_an_upgrade_does_not_overrule_whoever_disables_it(self):
        self.assertTrue(self.exists(WANTS))
        self.root.run("systemctl", "disable", "autobackupd.service")
        self.assertFalse(self.exists(WANTS))
        place, out = package.newer("9.0-1")
        self.addCleanup(shutil.rmtree, place)
        self.install(out)
        self.assertEqual(self.root.run("dpkg-query", "-W", "-f", "${Version} ${Status}", "autobackupd").stdout, "9.0-1 install ok installed")
        self.assertFalse(self.exists(WANTS))

    def test_an_upgrade_leaves_configuration_secrets_and_backups_as_they_are(self):
        self.configure()
        self.write("/etc/autobackupd/credentials/cvat-token", "token", 0o600)
        os.makedirs(self.root.at("/var/lib/autobackupd/vaults"))
        look = ("find", "/etc/autobackupd", "/var/lib/autobackupd", "-printf", "%p %m %U %G %T@ %s\n")
        before = self.root.run(*look).stdout
        place, out = package.newer("9.0-1")
        self.addCleanup(shutil.rmtree, place)
        self.assertNotIn("conffile", self.install(out).lower())
        self.assertEqual(self.root.run(*look).stdout, before)

    def test_the_sample_configuration_is_good(self):
        self.configure()
        done = self.root.run("autobackupd", "check-config", "--skip-secrets", check=False)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_a_removed_package_can_come_back(self):
        self.configure()
        self.root.run("dpkg", "--remove", "autobackupd")
        self.assertFalse(self.exists("/usr/bin/autobackupd"))
        self.assertTrue(self.exists("/etc/autobackupd/autobackupd.yaml"))
        self.assertEqual(os.readlink(self.root.at("/etc/systemd/system/autobackupd.service")), "/dev/null")
        self.install(package.deb())
        self.assertFalse(self.exists("/etc/systemd/system/autobackupd.service"))
        self.assertTrue(self.exists(WANTS))

    def test_purge_of_what_was_never_configured_leaves_nothing(self):
        done = self.root.run("dpkg", "--purge", "autobackupd")
        self.assertEqual(self.changed() - self.before, set(), done.stdout)
        self.assertFalse(self.exists("/etc/autobackupd"))
        self.assertNotIn("warning", done.stdout)

    def test_purge_keeps_the_administrators_files_and_says_so(self):
        self.configure()
        self.write("/etc/autobackupd/credentials/cvat-token", "token", 0o600)
        os.makedirs(self.root.at("/var/lib/autobackupd/vaults"))
        done = self.root.run("dpkg", "--purge", "autobackupd")
        for kept in ("/etc/autobackupd/autobackupd.yaml", "/etc/autobackupd/credentials/cvat-token", "/var/lib/autobackupd/vaults"):
            self.assertTrue(self.exists(kept), kept)
        for told in ("/etc/autobackupd/credentials", "/etc/autobackupd", "/var/lib/autobackupd"):
            self.assertIn(f"autobackupd: {told} is not empty and stays", done.stdout)
        self.assertFalse(self.exists("/etc/autobackupd/conf.d"), "it was empty")
        self.assertFalse(self.exists(WANTS))

    def test_purge_takes_everything_when_asked(self):
        self.configure()
        self.write("/etc/autobackupd/credentials/cvat-token", "token", 0o600)
        os.makedirs(self.root.at("/var/lib/autobackupd/vaults"))
        self.root.run("dpkg", "--purge", "autobackupd", AUTOBACKUPD_PURGE_DATA="yes")
        self.assertEqual(self.changed() - self.before, set())
        for gone in ("/etc/autobackupd", "/var/lib/autobackupd", "/run/autobackupd"):
            self.assertFalse(self.exists(gone), gone)


class Prefix(unittest.TestCase):
    """`cmake --install` without a package."""

    def test_the_unit_names_the_programs_of_its_prefix(self):
        with tempfile.TemporaryDirectory() as place:
            package.output("cmake", "--install", package.build_directory(), "--prefix", "/opt/backup", env={**os.environ, "DESTDIR": place})
            with open(os.path.join(place, "opt/backup/lib/systemd/system/autobackupd.service")) as file:
                unit = file.read()
            for line in ("ExecStart=/opt/backup/bin/autobackupd serve", "ExecReload=/opt/backup/bin/autobackupctl reload"):
                self.assertIn("\n" + line + "\n", unit)
            self.assertIn("file:///opt/backup/share/doc/autobackupd/operations.md", unit)
            self.assertTrue(os.path.exists(os.path.join(place, "opt/backup/share/doc/autobackupd/operations.md")))
            subprocess.run([os.path.join(place, "opt/backup/bin/autobackupd"), "--version"], check=True, capture_output=True)


if __name__ == "__main__":
    unittest.main()
