"""After the reboot in the middle of a run; then its power is cut in the middle of another."""

from service import JOB, RESUMED, TARGET, UNIT, BootCase, git


class A_Resumed(BootCase):
    def test_1_the_service_came_up_by_itself(self):
        self.assertEqual(self.show("ActiveState"), "active")
        self.assertEqual(self.show("NRestarts"), "0")

    def test_2_the_stop_was_in_order(self):
        self.good("journalctl", "--sync")
        last = self.good("journalctl", "-b", "-1", "-u", UNIT, "--no-pager")
        self.assertIn("autobackupd stopped in order", last)
        self.assertNotIn("State 'stop-sigterm' timed out", last)

    def test_3_the_run_goes_on_and_is_green(self):
        run = self.wait_for_green("resume", besides=self.noted("runs"))
        self.assertEqual(run["outcome"], "success")
        self.assertIn("cancelled", [one["outcome"] for one in self.runs()])
        self.green_entry(run)
        self.assertNotEqual(self.tip(), self.noted("tip"))
        self.assertEqual(self.job()["failures"], 0)

    def test_4_the_export_is_not_asked_for_again(self):
        self.assert_export_attached()


class B_PowerCut(BootCase):
    def test_1_in_the_middle_of_a_run(self):
        self.assertEqual(self.journal(f"MESSAGE_ID={RESUMED}"), [], "an orderly stop is no crash")
        self.start_a_long_run()
        self.assertEqual(git("-C", TARGET, "fsck", "--full", "--strict", "--no-dangling"), "")
        self.assertEqual(self.job()["state"], "running", JOB)
