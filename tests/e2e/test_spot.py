"""autobackupctl verify --level spot: the source is asked again for a few tasks, and gives what is held, or that is told."""

import json
import os
import unittest

from restore_case import RestoreCase


class Spot(RestoreCase):
    def spot(self, code=0):
        done = self.ask("verify", "--level", "spot", "--json")
        self.assertEqual(done.code, code, done.err + done.out)
        self.assertFalse(os.path.exists(os.path.join(self.storage, "spool/.spot/traffic-signs")))
        return json.loads(done.out), done.err

    def tasks(self, found):
        return sorted(int(one["path"].split()[1]) for one in found["copies"])

    def exported(self):
        return sum("export" in one["path"] and one["method"] == "POST" for one in self.cvat.requests())

    def test_the_source_gives_what_is_held(self):
        self.back_up()
        found, said = self.spot()
        self.assertEqual((found["level"], found["damaged"]), ("spot", 0))
        self.assertTrue(self.tasks(found), said)
        self.assertEqual({one["where"] for one in found["copies"]}, {"source"})
        tip = self.told("snapshots")["snapshots"]
        self.assertEqual(len(tip), 1, "nothing was saved by it")
        self.assertIn("checked at level spot", self.good("verify", "traffic-signs", "--level", "spot").out)
        run = next(one for one in self.told("history", "traffic-signs")["runs"] if "check" in one)
        self.assertEqual((run["check"]["kind"], run["outcome"]), ("spot", "success"))

    def test_those_that_were_not_asked_for_the_longest_come_first(self):
        self.cvat.mutate("make_projects", count=1, tasks=7, images=1)
        self.back_up(job="projects: all")
        asked = []
        while len(set(asked)) < 7 and len(asked) < 30:
            asked += self.tasks(self.spot()[0])
        self.assertGreaterEqual(len(set(asked)), 7, asked)
        self.assertEqual(len(asked[:7]), len(set(asked[:7])), "no task is asked for twice before all were asked for once")

    def test_another_content_under_the_same_dates_is_told(self):
        self.back_up()
        self.cvat.mutate("replace_media", task=1)
        for _ in range(3):
            self.cvat.order("export", {"kind": "rebuild", "count": 9})
        found, said = self.spot(code=3)
        (bad,) = [one for one in found["copies"] if one["outcome"] == "damaged"]
        self.assertIn("task 1 ", bad["path"])
        self.assertIn("nothing has moved at the source, but \"data/", bad["problems"][0])

    def test_a_vault_that_is_gone_is_damage(self):
        self.back_up()
        os.rename(self.vault, self.vault + ".away")
        found, said = self.spot(code=1)
        self.assertEqual(found["damaged"], 1, said)
        self.assertIn("there is no repository, though versions were saved in it", found["copies"][0]["problems"][0])
        os.rename(self.vault + ".away", self.vault)
        self.assertEqual(self.spot()[0]["damaged"], 0)

    def test_what_has_moved_is_not_compared(self):
        self.back_up()
        self.cvat.mutate("add_shape", task=1)
        found, said = self.spot()
        self.assertNotIn(1, self.tasks(found))
        self.assertIn("task 1 ", said)
        self.assertIn("has changed at the source since it was saved", said)

    def test_a_server_that_is_away_is_a_failure_and_no_damage(self):
        self.back_up()
        self.cvat.fault("/api/", {"status": 503}, count=-1)
        done = self.ask("verify", "--level", "spot")
        self.assertEqual(done.code, 1, done.out)
        self.assertNotIn("damaged", done.out)
        self.assertEqual(self.ask("verify", self.vault, "--level", "spot").code, 2)


if __name__ == "__main__":
    unittest.main()
