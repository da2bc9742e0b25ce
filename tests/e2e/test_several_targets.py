"""Several git targets of one job: each with its own history, pushed and verified on its own; and branches that somebody rewrote."""

import os
import shutil
import unittest

from harness import git
from targets import TargetsCase

FOLDER, SAMPLE = "cvat_backup_project_1", "project-images-video-gt-skeleton-guide.zip"


class Several(TargetsCase):
    def test_two_empty_targets_get_the_same_history(self):
        self.targets((self.one, "main"), (self.two, "copy"))
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success")
        self.assertEqual(self.pushes(report), [(self.one, "ok"), (self.two, "ok")])
        self.assertEqual(report["items"][0]["pushed"], [{"target": self.one, "branch": "main", "verified": True},
                                                        {"target": self.two, "branch": "copy", "verified": True}])
        self.cvat.mutate("add_shape", task=1)
        self.run_job()
        self.assertEqual(self.tip(self.one), self.tip(self.vault))
        self.assertEqual(self.tip(self.two, "copy"), self.tip(self.vault))
        self.assertEqual(self.count(self.two, "copy"), 2)
        self.assertEqual(self.run_job().report["outcome"], "unchanged")
        self.assert_sound(self.vault, self.one, self.two)

    def test_one_is_away_and_is_brought_up_to_date_without_an_export(self):
        self.targets((self.one, "main"), (self.two, "main"))
        self.run_job()
        os.rename(self.two, self.two + ".away")
        for task in (1, 2):
            self.cvat.mutate("add_shape", task=task)
            report = self.run_job(code=3).report
            self.assertEqual((report["outcome"], report["items"][0]["outcome"]), ("partial", "saved"))
            self.assertEqual(self.pushes(report), [(self.one, "ok"), (self.two, "failed")])
            self.assertEqual(self.errors(report)[0]["code"], "not_found")
        self.assertEqual(self.tip(self.one), self.tip(self.vault))
        report = self.run_job(code=3).report
        self.assertEqual((report["outcome"], report["items"][0]["outcome"]), ("partial", "unchanged"))
        os.rename(self.two + ".away", self.two)
        self.cvat.order("log/clear", {})
        report = self.run_job().report
        self.assertEqual((report["outcome"], report["items"][0]["outcome"]), ("success", "unchanged"))
        self.assertEqual(self.pushes(report), [(self.two, "ok")])
        self.assertEqual([one for one in self.cvat.requests() if "backup" in one["path"]], [])
        self.assertEqual(self.tip(self.two), self.tip(self.vault))
        self.assertEqual(self.count(self.two), 3)
        self.assertEqual(self.run_job().report["outcome"], "unchanged")

    def test_the_first_is_away_the_second_gets_its_own(self):
        self.targets((self.one, "main"), (self.two, "main"))
        self.run_job()
        by_hand = self.commit_by_somebody(self.one, {"notes.txt": "kept\n"})
        os.rename(self.one, self.one + ".away")
        self.cvat.mutate("add_shape", task=1)
        report = self.run_job(code=3).report
        self.assertEqual(self.pushes(report), [(self.one, "failed"), (self.two, "ok")])
        os.rename(self.one + ".away", self.one)
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success")
        self.assertEqual(self.tip(self.one, "main~1"), by_hand)
        self.cvat.mutate("add_shape", task=2)
        report = self.run_job().report
        self.assertEqual(self.pushes(report), [(self.one, "ok"), (self.two, "ok")])
        self.assertEqual(report["items"][0]["commit"], self.tip(self.one))
        self.assertEqual(self.count(self.two), 3)
        self.assertNotIn("notes.txt", self.files(self.two))
        self.assert_same_members((self.one,), (self.two,), (self.vault,))
        self.assert_sound(self.vault, self.one, self.two)

    def test_each_that_lags_is_brought_up_to_date_when_nothing_changed(self):
        three = self.bare("three")
        self.targets((self.one, "main"), (self.two, "main"), (three, "main"))
        self.run_job()
        for place in (self.one, three):
            os.rename(place, place + ".away")
        self.cvat.mutate("add_shape", task=1)
        report = self.run_job(code=3).report
        self.assertEqual(self.pushes(report), [(self.one, "failed"), (self.two, "ok"), (three, "failed")])
        os.rename(three + ".away", three)
        self.cvat.order("log/clear", {})
        report = self.run_job(code=3).report
        self.assertEqual((report["outcome"], report["items"][0]["outcome"]), ("partial", "unchanged"))
        self.assertEqual(self.pushes(report), [(self.one, "failed"), (three, "ok")])
        os.rename(self.one + ".away", self.one)
        report = self.run_job().report
        self.assertEqual((report["outcome"], report["items"][0]["outcome"]), ("success", "unchanged"))
        self.assertEqual(self.pushes(report), [(self.one, "ok")])
        self.assertEqual([one for one in self.cvat.requests() if "backup" in one["path"]], [])
        self.assertEqual({self.tip(place) for place in (self.one, self.two, three)}, {self.tip(self.vault)})
        self.assertEqual(self.run_job().report["outcome"], "unchanged")

    def predecessor(self, first, second, partial):
        """One target is a repository of somebody else, the other is empty; in both orders."""
        theirs = self.bare("theirs", partial)
        by_hand = self.commit_by_somebody(theirs, {"README.md": "ours\n", f"{FOLDER}/old.txt": "old\n", "cvat_backup_project_77/x": "theirs\n"})
        places = {"theirs": (theirs, "main"), "empty": (self.one, "backups")}
        self.targets(places[first], places[second])
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success", report)
        self.assertEqual(self.tip(theirs, "main~1"), by_hand)
        self.assertEqual(self.count(self.one, "backups"), 1)
        self.assert_members(self.files(self.one, "backups"), FOLDER, SAMPLE)
        self.assert_members(self.files(theirs), FOLDER, SAMPLE)
        self.assertNotIn("README.md", self.files(self.one, "backups"))
        for task in (1, 2):
            self.cvat.mutate("add_shape", task=task)
            self.assertEqual(self.run_job().report["outcome"], "success")
        self.assertEqual((self.count(theirs), self.count(self.one, "backups")), (4, 3))
        ours = {name: text for name, text in self.files(theirs).items() if name.startswith(FOLDER)}
        self.assertEqual({name: text for name, text in self.files(self.one, "backups").items() if name.startswith(FOLDER)}, ours)
        self.assertEqual(self.files(theirs)["cvat_backup_project_77/x"], b"theirs\n")
        subjects = [git("log", "--format=%s %aI", place[1], cwd=place[0]).splitlines()[:2] for place in places.values()]
        self.assertEqual(subjects[0], subjects[1])
        self.assertEqual(self.run_job().report["outcome"], "unchanged")
        self.assert_sound(self.vault, theirs, self.one)

    def test_a_predecessors_repository_first_and_an_empty_one(self):
        self.predecessor("theirs", "empty", True)

    def test_the_same_from_a_server_without_filters(self):
        self.predecessor("theirs", "empty", False)

    def test_an_empty_one_first_and_a_predecessors_repository(self):
        self.predecessor("empty", "theirs", True)

    def test_the_second_moved_on_and_is_followed(self):
        self.targets((self.one, "main"), (self.two, "main"))
        self.run_job()
        by_hand = self.commit_by_somebody(self.two, {"notes.txt": "kept\n"})
        self.cvat.mutate("add_shape", task=1)
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.assertEqual(self.tip(self.two, "main~1"), by_hand)
        self.assertNotIn("notes.txt", self.files(self.one))
        self.assert_same_members((self.one,), (self.two,))
        self.assert_sound(self.vault, self.two)

    def test_a_target_that_is_added_later_gets_the_whole_history(self):
        self.targets((self.one, "main"))
        self.run_job()
        self.cvat.mutate("add_shape", task=1)
        self.run_job()
        self.targets((self.one, "main"), (self.two, "main"))
        report = self.run_job().report
        self.assertEqual((report["outcome"], self.pushes(report)), ("success", [(self.two, "ok")]))
        self.assertEqual(self.tip(self.two), self.tip(self.one))

    def test_a_new_target_beside_a_vault_that_was_lost(self):
        self.targets((self.one, "main"))
        self.run_job()
        shutil.rmtree(self.storage)
        self.targets((self.one, "main"), (self.two, "main"))
        report = self.call("run", "traffic-signs", "--json").report
        failed = [one["error"] for item in report["items"] for one in item["stages"] if "error" in one] + report["errors"]
        self.assertEqual([(one["code"], "begin this target as a copy" in one["hint"]) for one in failed], [("repository_invalid", True)])
        git("push", "-q", self.two, "main", cwd=self.one)
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.cvat.mutate("add_shape", task=1)
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.assertEqual(self.tip(self.two), self.tip(self.one))
        self.assert_sound(self.one, self.two)

    # -- branches that somebody rewrote or deleted --


    def test_an_item_that_stands_in_several(self):
        self.targets((self.one, "main"), (self.two, "main"), projects="all")
        theirs = self.commit_by_somebody(self.two, {"README.md": "theirs\n"})
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success", report)
        self.assertEqual(self.tip(self.two, f"main~{len(report['items'])}"), theirs)
        self.assert_same_members((self.one,), (self.two,))


if __name__ == "__main__":
    unittest.main()
