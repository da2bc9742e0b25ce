"""Several git targets of one job: each with its own history, pushed and verified on its own; and branches that somebody rewrote."""

import os
import shutil
import unittest

from harness import Case, git

FOLDER, SAMPLE = "cvat_backup_project_1", "project-images-video-gt-skeleton-guide.zip"


class Several(Case):
    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.one, self.two = (self.bare(name) for name in ("one", "two"))

    def bare(self, name, partial=True):
        path = os.path.join(self.directory, name + ".git")
        git("init", "-q", "--bare", "-b", "main", path)
        git("config", "uploadpack.allowFilter", "true" if partial else "false", cwd=path)
        return path

    def targets(self, *targets, projects="[1]"):
        lines = "".join(f"- url: {path}\n  branch: {branch}\n" for path, branch in targets)
        self.configure(self.cvat.url, job=f"projects: {projects}", git=lines)

    def commit_by_somebody(self, repository, files, branch="main", message="by hand"):
        clone = os.path.join(self.directory, f"clone-{len(os.listdir(self.directory))}")
        git("init", "-q", "-b", branch, clone)
        if git("for-each-ref", f"refs/heads/{branch}", cwd=repository):
            git("pull", "-q", repository, branch, cwd=clone)
        for name, content in files.items():
            path = os.path.join(clone, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(content)
        git("add", "-A", cwd=clone)
        git("commit", "-q", "-m", message, cwd=clone)
        git("push", "-q", repository, branch, cwd=clone)
        return git("rev-parse", "HEAD", cwd=clone)

    def tip(self, repository, branch="main"):
        return git("rev-parse", branch, cwd=repository)

    def count(self, repository, branch="main"):
        return int(git("rev-list", "--count", branch, cwd=repository))

    def assert_same_members(self, *places):
        first = {name: content for name, content in self.files(*places[0]).items() if name.startswith("cvat_backup_")}
        self.assertTrue(first)
        for place in places[1:]:
            self.assertEqual({name: content for name, content in self.files(*place).items() if name.startswith("cvat_backup_")}, first)

    def pushes(self, report):
        return [(one["target"], one["outcome"]) for one in report["items"][0]["stages"] if one["stage"] == "push"]

    def errors(self, report):
        return [one["error"] for one in report["items"][0]["stages"] if "error" in one]

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

    def broken_then_adopted(self, harm, position):
        """What `harm` did to a target is an error, and no force; --adopt-remote is the way out."""
        self.targets((self.one, "main"), (self.two, "main"))
        self.cvat.mutate("add_shape", task=1)
        self.run_job()
        self.cvat.mutate("add_shape", task=2)
        self.run_job()
        harmed, other = ((self.one, self.two) if position == 0 else (self.two, self.one))
        old = self.tip(harmed)
        harm(harmed)
        after_harm = git("for-each-ref", cwd=harmed)
        self.cvat.mutate("add_shape", task=1)
        for outcome in ("saved", "unchanged"):
            report = self.run_job(code=3).report
            self.assertEqual((report["outcome"], report["items"][0]["outcome"]), ("partial", outcome))
            error = self.errors(report)[0]
            self.assertEqual((error["code"], error["transient"]), ("remote_moved", False))
            self.assertIn("--adopt-remote", error["hint"])
            self.assertEqual(git("for-each-ref", cwd=harmed), after_harm)
        self.cvat.order("log/clear", {})
        report = self.run_job("--adopt-remote").report
        self.assertEqual((report["outcome"], report["items"][0]["outcome"]), ("success", "unchanged"))
        self.assertIn((harmed, "ok"), self.pushes(report))
        self.assertEqual([one for one in self.cvat.requests() if "backup" in one["path"]], [])
        self.assertIn(old, git("for-each-ref", "--format=%(objectname)", "refs/autobackup/keep", cwd=self.vault))
        self.assert_same_members((harmed,), (other,), (self.vault,))
        self.cvat.mutate("add_shape", task=2)
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.assert_same_members((harmed,), (other,), (self.vault,))
        self.assert_sound(self.vault, self.one, self.two)
        return harmed

    def delete(self, repository):
        git("update-ref", "-d", "refs/heads/main", cwd=repository)

    def rewind(self, repository):
        git("update-ref", "refs/heads/main", "main~1", cwd=repository)

    def replace(self, repository):
        self.delete(repository)
        self.foreign = self.commit_by_somebody(repository, {"other.txt": "another history\n"})

    def test_deleted_first(self):
        self.broken_then_adopted(self.delete, 0)

    def test_deleted_second(self):
        self.broken_then_adopted(self.delete, 1)

    def test_rewound_first(self):
        self.broken_then_adopted(self.rewind, 0)

    def test_rewound_second(self):
        self.broken_then_adopted(self.rewind, 1)

    def test_replaced_first(self):
        harmed = self.broken_then_adopted(self.replace, 0)
        self.assertEqual(self.files(harmed)["other.txt"], b"another history\n")
        self.assertEqual(git("merge-base", "main", self.foreign, cwd=harmed), self.foreign)
        self.assertEqual(self.count(harmed), 3)

    def test_replaced_second(self):
        harmed = self.broken_then_adopted(self.replace, 1)
        self.assertEqual(self.files(harmed)["other.txt"], b"another history\n")
        self.assertEqual(git("merge-base", "main", self.foreign, cwd=harmed), self.foreign)

    def test_a_predecessors_branch_that_was_deleted_is_begun_anew(self):
        self.commit_by_somebody(self.one, {"README.md": "ours\n", "big.bin": "x" * 100_000})
        self.targets((self.one, "main"))
        self.run_job()
        self.delete(self.one)
        self.cvat.mutate("add_shape", task=1)
        self.assertEqual(self.errors(self.run_job(code=3).report)[0]["code"], "remote_moved")
        report = self.run_job("--adopt-remote").report
        self.assertEqual(report["outcome"], "success")
        self.assertNotIn("README.md", self.files(self.one))
        self.assertEqual(self.tip(self.one), self.tip(self.vault))
        self.cvat.mutate("add_shape", task=2)
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.assertEqual(self.count(self.one), 2)
        self.assert_sound(self.one)

    def test_adopt_remote_with_nothing_to_adopt_changes_nothing(self):
        self.targets((self.one, "main"), (self.two, "main"))
        self.run_job()
        before = [self.tip(place) for place in (self.one, self.two, self.vault)]
        self.run_job("--adopt-remote")
        self.assertEqual([self.tip(place) for place in (self.one, self.two, self.vault)], before)

    def test_an_item_that_stands_in_several(self):
        self.targets((self.one, "main"), (self.two, "main"), projects="all")
        theirs = self.commit_by_somebody(self.two, {"README.md": "theirs\n"})
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success", report)
        self.assertEqual(self.tip(self.two, f"main~{len(report['items'])}"), theirs)
        self.assert_same_members((self.one,), (self.two,))


if __name__ == "__main__":
    unittest.main()
