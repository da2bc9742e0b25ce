"""After the power cut; then the package is removed and purged."""

import os

from service import CONFIG, JOB, RESUMED, SECRET, SOCKET, STORAGE, TARGET, UNIT, BootCase, call, git


class A_Resumed(BootCase):
    def test_1_the_interrupted_run_is_seen_and_goes_on(self):
        self.assertEqual((self.show("ActiveState"), self.show("NRestarts")), ("active", "0"))
        run = self.wait_for_green("resume", besides=self.noted("runs"))
        self.assertEqual(run["outcome"], "success")
        entry = self.journal(f"MESSAGE_ID={RESUMED}")[-1]
        self.assertEqual(entry["AUTOBACKUP_JOB"], JOB)
        self.assertIn("interrupted by a crash, kill or power cut", entry["MESSAGE"])
        self.green_entry(run)

    def test_2_nothing_is_lost_asked_for_again_or_left(self):
        self.assert_export_attached()
        self.assertEqual(self.noted("tip"), self.in_target("rev-parse", "main~1"), "one commit more, on top of what was there")
        for repository in (TARGET, f"{STORAGE}/vaults/{JOB}.git"):
            self.assertEqual(git("-C", repository, "fsck", "--full", "--strict", "--no-dangling"), "")
        left = [name for _, _, names in os.walk(f"{STORAGE}/spool") for name in names]
        self.assertEqual(left, [])


class B_Removed(BootCase):
    def test_1_remove_stops_it_in_order(self):
        self.good("dpkg", "--remove", "autobackupd")
        self.assertEqual(call("systemctl", "is-active", UNIT).stdout.strip(), "inactive")
        self.assertIn("autobackupd stopped in order", "".join(entry["MESSAGE"] for entry in self.journal()))
        self.assertFalse(os.path.exists(SOCKET))

    def test_2_installed_again_it_starts_because_it_is_configured(self):
        self.good("dpkg", "-i", "/boot-test/autobackupd.deb")
        self.assertEqual(self.show("ActiveState"), "active")
        self.assertEqual(self.job()["failures"], 0, "it knows what was")

    def test_3_purge_keeps_what_is_not_the_packages(self):
        said = self.good("dpkg", "--purge", "autobackupd")
        self.assertIn(f"{STORAGE} is not empty and stays", said)
        for kept in (CONFIG, SECRET, STORAGE + "/state.sqlite", f"{STORAGE}/vaults/{JOB}.git/HEAD"):
            self.assertTrue(os.path.exists(kept), kept)
        self.assertNotEqual(call("systemctl", "cat", UNIT).returncode, 0)
        self.assertFalse(os.path.exists("/run/autobackupd"))
