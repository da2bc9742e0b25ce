"""Mirrors of any git server: what a run saves, tells and never loses. The real git serves and judges."""

import os
import stat
import subprocess
import unittest

from harness import git, stage
from mirrors import MirrorCase


class Mirror(MirrorCase):
    def test_clone_nothing_update(self):
        source = self.source()
        self.configure_mirrors({"a": source})
        done = self.run_mirrors()
        item = done.item("a")
        tip = git("rev-parse", "main", cwd=source)
        self.assertEqual((done.report["outcome"], item["kind"], item["outcome"], item["before"], item["after"]),
                         ("success", "mirror", "cloned", "00000000", tip[:8]))
        self.assertEqual(item["refs"], {"new": 4, "moved": 0, "forced": 0, "deleted": 0})
        self.assertEqual(done.report["counts"]["saved"], 1)
        self.assert_mirrored(source)
        self.assertIn(f"Cloned     [{tip[:8]}]", done.err)

        before = self.state_of(self.mirror())
        done = self.run_mirrors()
        self.assertEqual((done.report["outcome"], done.item("a")["outcome"], done.item("a")["after"]), ("unchanged", "unchanged", tip[:8]))
        self.assertIn(f"No changes [{tip[:8]}]", done.err)
        self.assertEqual(self.state_of(self.mirror()), before, "an unchanged run wrote something")

        new = self.commit(source, "main", {"file.txt": "new\n"})
        self.commit(source, "third", {"third.txt": "3\n"}, parent="main")
        done = self.run_mirrors()
        item = done.item("a")
        self.assertEqual((item["outcome"], item["before"], item["after"]), ("updated", tip[:8], new[:8]))
        self.assertEqual(item["refs"], {"new": 1, "moved": 1, "forced": 0, "deleted": 0})
        self.assertGreater(stage(item, "fetch")["bytes"], 0)
        self.assertIn(f"Updated    [{tip[:8]} -> {new[:8]}]\n", done.err)
        self.assert_mirrored(source)
        self.assertEqual(self.kept(self.mirror()), {})

    def state_of(self, path):
        """Name, size, time and mode of everything below."""
        found = []
        for place, _, names in os.walk(path):
            for name in names:
                status = os.lstat(os.path.join(place, name))
                found.append((os.path.join(place, name), status.st_size, status.st_mtime_ns, status.st_mode, status.st_ino))
        return sorted(found)

    def test_a_plain_clone_of_the_mirror_is_the_restore(self):
        source = self.source()
        self.configure_mirrors({"group/a": source})
        self.run_mirrors()
        clone = os.path.join(self.directory, "clone")
        git("clone", "-q", self.mirror("group/a"), clone)
        self.assertEqual(git("rev-parse", "HEAD", cwd=clone), git("rev-parse", "main", cwd=source))
        self.assertEqual(git("show", "HEAD:file.txt", cwd=clone), "a 2")
        mode = os.stat(self.mirror("group/a")).st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o750)

    def test_what_a_force_push_takes_away_is_kept(self):
        source = self.source()
        self.configure_mirrors({"a": source})
        self.run_mirrors()
        old = git("rev-parse", "main", cwd=source)
        new = self.commit(source, "main", {"other.txt": "rewritten\n"}, replace=True)
        done = self.run_mirrors()
        item = done.item("a")
        self.assertEqual(item["refs"], {"new": 0, "moved": 0, "forced": 1, "deleted": 0})
        self.assertEqual((item["before"], item["after"]), (old[:8], new[:8]))
        self.assertEqual(self.kept(self.mirror()), {"heads/main": old})
        # Nobody but the kept name holds it now: not even a clean-up of git's own takes it away.
        git("gc", "-q", "--prune=now", cwd=self.mirror())
        self.assertEqual(git("show", f"{old}:file.txt", cwd=self.mirror()), "a 2")
        self.assert_mirrored(source)
        self.assertEqual(self.run_mirrors().item("a")["outcome"], "unchanged")
        # And the way back: the next commit after a gc by somebody else.
        self.commit(source, "main", {"more.txt": "more\n"})
        self.assertEqual(self.run_mirrors().item("a")["refs"]["moved"], 1)
        self.assert_mirrored(source)

    def test_a_deleted_branch_and_a_moved_tag_are_kept(self):
        source = self.source()
        self.configure_mirrors({"a": source})
        self.run_mirrors()
        dev, tag, annotated = (git("rev-parse", name, cwd=source) for name in ("dev", "v1", "v1-annotated"))
        git("branch", "-D", "dev", cwd=source)
        git("tag", "-f", "v1", "main", cwd=source)
        git("tag", "-f", "-a", "-m", "again", "v1-annotated", "main", cwd=source)
        done = self.run_mirrors()
        self.assertEqual(done.item("a")["refs"], {"new": 0, "moved": 0, "forced": 2, "deleted": 1})
        self.assertIn(f"[{dev[:8]} -> 00000000] dev (+2 refs)", done.err)
        self.assertEqual(done.item("a")["ref"], "refs/heads/dev")
        self.assertEqual(self.kept(self.mirror()), {"heads/dev": dev, "tags/v1": tag, "tags/v1-annotated": annotated})
        self.assert_mirrored(source)

    def test_keep_refs_false_gives_it_up(self):
        source = self.source()
        self.configure_mirrors({"a": source}, extra="keep_refs: false")
        self.run_mirrors()
        git("branch", "-D", "dev", cwd=source)
        self.assertEqual(self.run_mirrors().item("a")["refs"]["deleted"], 1)
        self.assertEqual(self.kept(self.mirror()), {})
        self.assert_mirrored(source)

    def test_a_branch_takes_the_place_of_a_folder_of_branches(self):
        source = self.source()
        for name in ("topic/a", "topic/b"):
            git("branch", name, "main", cwd=source)
        self.configure_mirrors({"a": source})
        self.run_mirrors()
        for name in ("topic/a", "topic/b"):
            git("branch", "-D", name, cwd=source)
        git("branch", "topic", "dev", cwd=source)
        self.assertEqual(self.run_mirrors().item("a")["refs"], {"new": 1, "moved": 0, "forced": 0, "deleted": 2})
        self.assert_mirrored(source)
        git("branch", "-D", "topic", cwd=source)
        git("branch", "topic/a", "main", cwd=source)
        self.run_mirrors()
        self.assert_mirrored(source)

    def test_the_default_branch_is_renamed(self):
        source = self.source()
        self.configure_mirrors({"a": source})
        self.run_mirrors()
        tip = git("rev-parse", "main", cwd=source)
        git("branch", "-m", "main", "trunk", cwd=source)
        done = self.run_mirrors()
        self.assertEqual(done.item("a")["refs"], {"new": 1, "moved": 0, "forced": 0, "deleted": 1})
        self.assert_mirrored(source)
        git("symbolic-ref", "HEAD", "refs/heads/dev", cwd=source)  # the default branch alone
        done = self.run_mirrors()
        self.assertEqual((done.item("a")["outcome"], done.item("a")["before"]), ("updated", tip[:8]))
        self.assert_mirrored(source)

    def test_a_detached_head_is_followed(self):
        source = self.source()
        lost = git("rev-parse", "main", cwd=source)
        git("update-ref", "--no-deref", "HEAD", lost, cwd=source)
        self.commit(source, "main", {"file.txt": "rewritten"}, replace=True)
        self.configure_mirrors({"a": source})
        self.run_mirrors()
        self.assertEqual(git("rev-parse", "HEAD", cwd=self.mirror()), lost)
        self.assert_sound(self.mirror())
        git("symbolic-ref", "HEAD", "refs/heads/main", cwd=source)
        self.run_mirrors()
        self.assert_mirrored(source)
        self.assertEqual(self.kept(self.mirror()), {"HEAD": lost})

    def test_an_empty_repository(self):
        source = self.source(empty=True)
        git("symbolic-ref", "HEAD", "refs/heads/trunk", cwd=source)
        self.configure_mirrors({"a": source})
        done = self.run_mirrors()
        self.assertIn("Cloned     [empty]", done.err)
        self.assertEqual(done.item("a")["outcome"], "cloned")
        self.assertEqual(git("symbolic-ref", "HEAD", cwd=self.mirror()), "refs/heads/trunk")
        done = self.run_mirrors()
        self.assertIn("No changes [empty]", done.err)
        new = self.commit(source, "trunk", {"a": "1"})
        done = self.run_mirrors()
        self.assertIn(f"Updated    [00000000 -> {new[:8]}]", done.err)
        self.assert_mirrored(source)

    def test_a_repository_that_was_emptied_is_an_error(self):
        source = self.source()
        self.configure_mirrors({"a": source})
        self.run_mirrors()
        before = self.refs(self.mirror())
        for name in self.refs(source):
            git("update-ref", "-d", name, cwd=source)
        done = self.run_mirrors(code=1)
        self.assertEqual(done.errors("a")[0]["code"], "source_empty")
        self.assertEqual(self.refs(self.mirror()), before)
        self.assertEqual(self.kept(self.mirror()), {})

    def test_another_repository_under_the_same_name_is_refused(self):
        first, second = self.source("a"), self.source("b")
        self.configure_mirrors({"a": first})
        self.run_mirrors()
        before = self.refs(self.mirror())
        self.configure_mirrors({"a": second})
        done = self.run_mirrors(code=1)
        self.assertEqual(done.errors("a")[0]["code"], "remote_moved")
        self.assertEqual(self.refs(self.mirror()), before)
        # One that has moved to another place is followed.
        moved = os.path.join(self.directory, "moved.git")
        os.rename(first, moved)
        self.configure_mirrors({"a": moved})
        self.assertEqual(self.run_mirrors().item("a")["outcome"], "unchanged")
        self.assertEqual(git("config", "remote.origin.url", cwd=self.mirror()), moved)

    def test_one_that_fails_does_not_stop_the_others(self):
        good, gone = self.source("good"), self.source("gone")
        subprocess.run(["rm", "-rf", gone], check=True)
        self.configure_mirrors({"good": good, "gone": gone})
        done = self.run_mirrors(code=3)
        self.assertEqual((done.item("good")["outcome"], done.item("gone")["outcome"]), ("cloned", "failed"))
        self.assertEqual(done.errors("gone")[0]["code"], "not_found")
        self.assertFalse(os.path.exists(self.mirror("gone")))
        self.assert_mirrored(good, "good")

    def test_only_dry_run_and_force(self):
        first, second = self.source("a"), self.source("b")
        self.configure_mirrors({"group/a": first, "b": second})
        done = self.run_mirrors("--dry-run")
        self.assertEqual([one["outcome"] for one in done.report["items"]], ["skipped", "skipped"])
        self.assertIn("would clone 4 refs", done.item("b")["reason"])
        self.assertFalse(os.path.exists(os.path.join(self.storage, "mirrors")))
        done = self.run_mirrors("--only", "group/*")
        self.assertEqual([one["name"] for one in done.report["items"]], ["group/a"])
        done = self.run_mirrors("--only", "b", "--only", "nothing", code=3)
        self.assertEqual(done.errors("nothing")[0]["code"], "selection_unmatched")
        done = self.run_mirrors("--only", "b", "--only", "zzz*")
        self.assertEqual([one["name"] for one in done.report["items"]], ["b"])
        self.assertIn("--only zzz*", " ".join(done.report["warnings"]), "a glob is no failure")
        self.commit(second, "main", {"x": "y"})
        done = self.run_mirrors("--dry-run")
        self.assertEqual((done.item("group/a")["outcome"], done.item("b")["outcome"]), ("unchanged", "skipped"))
        self.assertIn("would update 1 refs", done.item("b")["reason"])
        self.assertEqual(self.run_mirrors("--force").item("group/a")["outcome"], "unchanged")
        self.assert_mirrored(second, "b")


if __name__ == "__main__":
    unittest.main()
