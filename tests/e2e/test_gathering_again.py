"""A project's first version whose run was stopped or killed: the next run goes on with what had come."""

import os
import signal
import unittest

import own_export
from gathering import GatheringCase
from harness import stage, token_of, waiting

LEFT = ["autobackup-growing-project-1.log", "autobackup-growing-project-1.part"]


class GatheringAgain(GatheringCase):
    standin_options = ("--seed", "big:8:80:200000:1")  # 2 MB a task: nothing goes ahead

    def begun(self):
        """A run, of whose tasks four at least have come; the last one takes its time."""
        process = self.start_slowly()
        with waiting(30, "four tasks in the pack") as again:
            while again() and self.gathered() < 4:
                self.assertIsNone(process.poll(), "it ended before they were there")
        return process

    def gathered(self):
        try:
            with open(os.path.join(self.vault, "objects", "pack", LEFT[0]), "rb") as file:
                return file.read().count(b"growth ")
        except FileNotFoundError:
            return 0

    def killed(self):
        process = self.begun()
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertEqual(self.unfinished(), LEFT)
        self.assert_sound(self.vault, self.target)
        self.assertNotIn("refs/heads/main", self.refs())
        self.forget()

    def assert_goes_on(self, *options):
        done = self.run_job(*options)
        self.assertEqual((done.report["outcome"], done.report["warnings"]), ("success", []))
        self.assertEqual(len(self.packs()), 1)
        self.assert_complete()
        return done.item(1)

    def test_after_a_stop(self):
        done = self.stop(self.begun())
        self.assertEqual((done.code, done.report["outcome"]), (5, "cancelled"))
        self.assertEqual(self.unfinished(), LEFT)
        self.assertNotIn("refs/heads/main", self.refs())
        self.forget()
        item = self.assert_goes_on()
        self.assertIn(8, self.fetched())
        self.assertLess(len(self.fetched()), 6, "what had come was fetched again")
        self.assertLess(stage(item, "download")["bytes"], 0.7 * 16_000_000)
        self.assertEqual(item["tasks"], {"total": 8, "exported": 8, "kept": 0, "skipped": 0, "failed": 0})
        self.assertEqual(item["warnings"], [])
        self.assertEqual(self.run_job().report["outcome"], "unchanged")

    def test_after_a_kill(self):
        self.killed()
        self.assert_goes_on()
        self.assertLess(len(self.fetched()), 6, "what had come was fetched again")

    def test_after_kill_upon_kill(self):
        fetched = []
        for _ in range(3):
            self.killed()
            fetched += self.fetched()
        self.assert_goes_on()
        self.assertLess(len(fetched + self.fetched()), 14)

    def test_what_was_edited_since_is_fetched_anew(self):
        self.killed()
        self.cvat.mutate("add_shape", task=1)
        self.cvat.mutate("rename_task", task=2, name="another name")
        self.assert_goes_on()
        self.assertLessEqual({1, 2}, set(self.fetched()))
        self.assertLess(len(self.fetched()), 8)

    def test_a_task_that_is_gone_is_left_out(self):
        self.killed()
        self.cvat.mutate("delete_task", task=1)
        self.assertEqual(self.assert_goes_on()["tasks"]["total"], 7)

    def test_what_is_damaged_meanwhile_is_fetched_anew(self):
        self.killed()
        path = os.path.join(self.vault, "objects", "pack", LEFT[1])
        self.flip(path, os.path.getsize(path) // 2)
        self.assert_goes_on()
        self.assertIn(len(self.fetched()), range(5, 9))

    def test_force_fetches_everything(self):
        self.killed()
        self.assert_goes_on("--force")
        self.assertEqual(self.fetched(), list(range(1, 9)))

    def test_an_old_copy_from_the_servers_cache_is_fetched_anew(self):
        own_export.fetch(self.cvat, token_of("admin"), "task", 1)
        self.cvat.mutate("create_gt", task=1, frames=[0, 1])  # which that cache does not see
        self.killed()
        self.cvat.order("export", {"kind": "expire"})
        self.assert_goes_on()
        self.assertIn(1, self.fetched())

    def test_a_run_as_a_whole_leaves_nothing_behind(self):
        """Every task failed: a pack that holds nothing is no use to anybody."""
        self.cvat.order("export", {"kind": "fail", "message": "zipfile.BadZipFile: refused", "target": "task", "count": -1})
        self.run_job(code=1)
        self.assertEqual(self.unfinished(), [])
        self.cvat.order("clear", {})
        self.assert_goes_on()


if __name__ == "__main__":
    unittest.main()
