"""The package is installed, configured and used. One story: the tests run in this order, and changes.py goes on."""

import grp
import os
import re
import shutil
import stat

from service import CONFIG, JOB, SAVED, SECRET, SOCKET, STORAGE, TARGET, UNIT, BootCase, call, git, token_of


class A_Installed(BootCase):
    def test_1_enabled_but_not_started_without_a_configuration(self):
        self.good("dpkg", "-i", "/boot-test/autobackupd.deb")
        self.assertEqual(self.good("systemctl", "is-enabled", UNIT).strip(), "enabled")
        self.good("systemctl", "start", UNIT)
        self.assertEqual((self.show("ActiveState"), self.show("ConditionResult")), ("inactive", "no"))
        self.assertEqual(os.stat("/run/autobackupd").st_gid, grp.getgrnam("autobackup-admin").gr_gid)

    def test_2_a_wrong_configuration_stays_down(self):
        self.write(CONFIG, "jobs: {a: {schedul: daily}}\n", 0o640, "autobackupd")
        self.assertNotEqual(call("systemctl", "start", UNIT).returncode, 0)
        self.assertEqual((self.show("Result"), self.show("ExecMainStatus"), self.show("NRestarts")), ("exit-code", "2", "0"))
        self.assertEqual(self.show("SubState"), "failed", "not waiting for a restart")
        self.assertIn("schedul", "".join(entry["MESSAGE"] for entry in self.journal()))
        self.good("systemctl", "reset-failed", UNIT)

    def test_3_configured_and_checked(self):
        self.good("git", "init", "-q", "--bare", "-b", "main", TARGET)
        self.good("chown", "-R", "autobackupd:autobackupd", TARGET)
        self.write(SECRET, token_of("admin") + "\n", 0o600)
        self.drop_in("storage.conf", "[Service]\nReadWritePaths=/srv\n")
        self.configure("every 3s")
        self.good("autobackupd", "check-config", "--online")

    def test_4_what_is_missing_has_a_status_of_its_own(self):
        for path, status in (("/etc/autobackupd/credentials", "243"), ("/run/autobackupd", "226")):
            shutil.move(path, path + ".away")
            self.assertNotEqual(call("systemctl", "start", UNIT).returncode, 0)
            self.assertEqual(self.show("ExecMainStatus"), status, path)
            self.good("systemctl", "stop", UNIT)
            self.good("systemctl", "reset-failed", UNIT)
            self.good("systemd-tmpfiles", "--create", "autobackupd.conf")
            shutil.rmtree(path)
            shutil.move(path + ".away", path)

    def test_5_start_returns_when_it_is_ready(self):
        self.good("systemctl", "start", UNIT)
        self.assertEqual((self.show("ActiveState"), self.show("SubState")), ("active", "running"))
        self.assertTrue(stat.S_ISSOCK(os.stat(SOCKET).st_mode), "READY=1 comes after the socket listens")
        self.assertIn(JOB, self.show("StatusText"))
        said = [entry["MESSAGE"] for entry in self.journal("-p", "warning", f"_PID={self.pid()}")]
        self.assertEqual(said, [], "nothing to warn of")


class B_Sandboxed(BootCase):
    def status(self, field):
        with open(f"/proc/{self.pid()}/status") as file:
            return re.search(rf"^{field}:\s*(.*)$", file.read(), re.M)[1]

    def inside(self, path):
        return f"/proc/{self.pid()}/root{path}"

    def refused(self, path):
        try:
            os.close(os.open(self.inside(path), os.O_CREAT | os.O_WRONLY, 0o600))
        except OSError as error:
            return os.strerror(error.errno)
        os.unlink(self.inside(path))
        return "written"

    def test_1_user_and_rights(self):
        user = self.user()
        self.assertEqual(set(self.status("Uid").split()), {str(user.pw_uid)})
        self.assertEqual(set(self.status("Gid").split()), {str(user.pw_gid)})
        for field in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"):
            self.assertEqual(int(self.status(field), 16), 0, field)
        self.assertEqual((self.status("NoNewPrivs"), self.status("Seccomp")), ("1", "2"))
        self.assertEqual(self.status("Umask"), "0027")
        with open(f"/proc/{self.pid()}/limits") as file:
            self.assertRegex(file.read(), r"Max core file size\s+0\s+0")

    def test_2_only_its_own_directories_can_be_written(self):
        for path in ("/etc/x", "/etc/autobackupd/x", "/usr/x", "/var/x", "/boot-test/x"):
            self.assertEqual(self.refused(path), "Read-only file system", path)
        # /run is no read-only mount here; that it is root's must do.
        done = call("nsenter", "--target", str(self.pid()), "--mount", "--", "setpriv", "--reuid=autobackupd", "--regid=autobackupd",
                    "--clear-groups", "touch", "/run/x")
        self.assertIn("Permission denied", done.stdout)
        for path in (STORAGE + "/x", "/run/autobackupd/x", "/srv/x", "/tmp/x"):
            self.assertEqual(self.refused(path), "written", path)
        self.assertEqual(os.listdir(self.inside("/home")) + os.listdir(self.inside("/root")), [])
        self.assertNotIn("sda", os.listdir(self.inside("/dev")))

    def test_3_secrets(self):
        copy = self.inside(f"/run/credentials/{UNIT}/autobackupd_cvat-token")
        with open(copy) as file:
            self.assertEqual(file.read().strip(), token_of("admin"))
        self.assertEqual(os.stat(copy).st_mode & 0o007, 0)
        self.assertNotEqual(call("cat", SECRET, user="autobackupd", group="autobackupd").returncode, 0)
        with open(f"/proc/{self.pid()}/environ", "rb") as file:
            self.assertNotIn(token_of("admin").encode(), file.read())
        self.assertNotIn(token_of("admin"), "".join(entry["MESSAGE"] for entry in self.journal()))

    def test_4_who_may_steer(self):
        status = os.stat(SOCKET)
        self.assertEqual((oct(status.st_mode & 0o7777), status.st_uid, status.st_gid),
                         ("0o660", self.user().pw_uid, grp.getgrnam("autobackup-admin").gr_gid))
        stranger = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        self.good("autobackupctl", "status")
        self.good("autobackupctl", "status", **{**stranger, "extra_groups": ["autobackup-admin"]})
        self.assertNotEqual(call("autobackupctl", "status", **stranger).returncode, 0)


class C_Runs(BootCase):
    def test_1_a_scheduled_run_is_green_in_the_journal(self):
        run = self.wait_for_green("schedule")
        entry = self.green_entry(run)
        self.assertEqual((entry["AUTOBACKUP_JOB"], entry["PRIORITY"], entry["_SYSTEMD_UNIT"]), (JOB, "5", UNIT))
        self.assertIn(entry["AUTOBACKUP_OUTCOME"], ("success", "unchanged"))
        self.assertEqual(entry["_UID"], str(self.user().pw_uid))
        history = self.journal("-p", "notice")
        self.assertIn(entry["__CURSOR"], [one["__CURSOR"] for one in history])

    def test_2_it_stands_on_the_target(self):
        for project in (1, 4):
            self.assertIn(f"chore(backup): add cvat project {project} backup", self.in_target("log", "--format=%s", "main"))
        self.assertIn("cvat_backup_project_1/project.json", self.in_target("ls-tree", "-r", "--name-only", "main"))
        for repository in (TARGET, f"{STORAGE}/vaults/{JOB}.git"):
            self.assertEqual(git("-C", repository, "fsck", "--full", "--strict", "--no-dangling"), "")

    def test_3_the_catalogue_explains_it(self):
        text = self.good("journalctl", "-b", "-u", UNIT, "-x", "--no-pager", f"MESSAGE_ID={SAVED}")
        self.assertIn(f"Subject: Backup job {JOB} is saved and verified", text)
        self.assertIn(f"autobackupctl show {self.runs()[-1]['run_id']}", text)

    def test_4_autobackupctl_tells_the_same(self):
        told = self.good("autobackupctl", "status")
        self.assertIn(JOB, told)
        self.assertIn(self.job()["last"]["outcome"], told)
        self.assertIn(self.runs()[-1]["outcome"], self.good("autobackupctl", "history", JOB))
        self.assertEqual(self.job()["failures"], 0)

    def test_5_files_have_the_promised_modes(self):
        for place, folders, names in os.walk(STORAGE):
            for name in folders + names:
                path = os.path.join(place, name)
                status = os.lstat(path)
                self.assertEqual(status.st_uid, self.user().pw_uid, path)
                self.assertEqual(status.st_mode & 0o007, 0, path)
