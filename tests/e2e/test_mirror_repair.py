"""verify --repair of mirrors: damage anywhere in one is found, and mended from itself, its source, a copy or a bundle, with nothing lost on the way."""

import glob
import os
import random
import shutil
import signal
import subprocess
import time
import unittest

from harness import git
from mirror_repairs import RepairCase
from mirrors import Asking
from restore_case import ctl
from hub import Hub


class Repairs(RepairCase):
    def test_a_pack_comes_from_the_source(self):
        source = self.history()
        before = self.refs(self.mirror(), ours=True)
        pack = self.packs(self.mirror())[-1]
        self.hurt(pack)
        self.assertEqual(self.told("verify", code=1)[0]["damaged"], 1)
        found, said = self.repair()
        self.assertEqual(found["damaged"], 0, said)
        self.assertIn("its source", said)
        self.assertIn(os.path.basename(pack), self.aside())
        self.assert_mended(before)
        self.assertEqual(len(self.kept(self.mirror())), 2)
        self.commit(source, "main", {"after.txt": "after\n"})
        self.assertEqual(self.run_mirrors().item("a")["outcome"], "updated")

    def test_what_only_the_mirror_kept_comes_from_a_copy(self):
        source = self.history(extra="copies: {url: '" + self.out("copies/{name}.git") + "'}")
        before = self.refs(self.mirror(), ours=True)
        for path in glob.glob(os.path.join(self.mirror(), "objects/pack/*")):
            os.chmod(path, 0o640)
            os.truncate(path, os.path.getsize(path) // 3)
        found, said = self.repair()
        self.assertEqual(found["damaged"], 0, said)
        self.assertIn("the copy at ", said)
        self.assert_mended(before)
        shutil.rmtree(source)
        for path in self.packs(self.mirror()):
            os.remove(path)
        found, said = self.repair()
        self.assertEqual(found["damaged"], 0, said)
        self.assert_mended(before)

    def test_what_only_the_mirror_kept_comes_from_the_newest_whole_bundle(self):
        source = self.history(extra=f"bundles: {{directory: {self.out('bundles')}, keep: 3}}")
        before = self.refs(self.mirror(), ours=True)
        bundles = sorted(glob.glob(self.out("bundles/a/*.bundle")))
        kept = self.kept(self.mirror())["heads/dev"]
        for path in self.packs(self.mirror()):
            if kept in git("verify-pack", "-v", path, cwd=self.mirror()):
                self.flip(path, 20)
                self.hurt(path)
        found, said = self.repair()
        self.assertEqual(found["damaged"], 0, said)
        self.assert_mended(before)
        for path in self.packs(self.mirror()):
            os.remove(path)
        shutil.rmtree(source)
        newest = self.out("bundles/a/20991231T235959Z.bundle")
        shutil.copy(bundles[-1], newest)
        self.hurt(newest)
        found, said = self.repair()
        self.assertEqual(found["damaged"], 0, said)
        self.assertIn("the bundle ", said)
        self.assert_mended(before)

    def test_an_index_needs_nobody(self):
        source = self.history()
        before = self.refs(self.mirror(), ours=True)
        shutil.rmtree(source)
        for wound in (lambda path: self.flip(path, os.path.getsize(path) // 2), lambda path: os.truncate(path, 900), os.remove):
            index = self.packs(self.mirror(), ".idx")[-1]
            os.chmod(index, 0o640)
            wound(index)
            found, said = self.repair()
            self.assertEqual(found["damaged"], 0, said)
            self.assert_mended(before)

    def test_without_room_nothing_is_copied(self):
        source = self.history()
        before = self.refs(self.mirror(), ours=True)
        pack = self.packs(self.mirror())[-1]
        self.hurt(pack)
        self.configure_mirrors({"a": source}, top="limits: {reserve: 1000TiB}\n")
        found, said = self.repair(code=1)
        self.assertEqual(found["damaged"], 1)
        self.assertRegex(said, f"not mended: .*{os.path.basename(pack)}: there is no room: .*limits.reserve keeps ")
        self.assertEqual(self.aside(), [])
        self.configure_mirrors({"a": source})
        self.assertEqual(self.repair()[0]["damaged"], 0)
        self.assert_mended(before)

    def test_a_repair_that_was_cut_off_between_the_new_pack_and_the_damaged_one(self):
        self.history()
        before = self.refs(self.mirror(), ours=True)
        pack = self.packs(self.mirror())[-1]
        first = os.path.join(os.path.dirname(pack), "pack-" + "0" * 40)  # it is looked at before the new one
        self.hurt(pack)
        for extension in (".pack", ".idx"):
            os.rename(pack.removesuffix(".pack") + extension, first + extension)
            shutil.copy(first + extension, self.directory)
        self.repair()
        self.assertFalse(os.path.exists(first + ".pack"))
        for extension in (".pack", ".idx"):
            shutil.copy(os.path.join(self.directory, os.path.basename(first) + extension), first + extension)
        found, said = self.repair()
        self.assertEqual(found["damaged"], 0, said)
        self.assertFalse(os.path.exists(first + ".pack"))
        self.assert_mended(before)

    def test_what_is_nowhere_else_stays_and_is_named(self):
        source = self.history()
        mirror = self.mirror()
        kept = self.kept(mirror)
        lost = kept["heads/dev"]
        for path in self.packs(mirror):
            for row in git("verify-pack", "-v", path, cwd=mirror).splitlines():
                words = row.split()
                if words and words[0] == lost:
                    self.flip(path, int(words[4]) + int(words[3]) // 2)
        before, packs = self.refs(mirror, ours=True), self.packs(mirror)
        found, said = self.repair(code=1)
        self.assertEqual(found["damaged"], 1)
        self.assertRegex(said, rf"not mended: .*/keep/.*/heads/dev: .*{lost}")
        self.assertEqual(self.refs(mirror, ours=True), before)
        self.assertTrue(set(packs) <= set(self.packs(mirror)), "what is damaged and the only one stays where it is")
        self.assertEqual(self.aside(), [])
        self.assertNotIn("refs/heads/main:", said)
        self.assertEqual(git("rev-parse", "main", cwd=source), before["refs/heads/main"])

    def test_damage_that_no_ref_needs_keeps_nothing_from_being_mended(self):
        source = self.history()
        mirror = self.mirror()
        before = {name: oid for name, oid in self.refs(mirror, ours=True).items() if "/keep/" not in name}
        lost = self.kept(mirror)["heads/dev"]
        for name in self.refs(mirror, ours=True):
            if "/keep/" in name:
                git("update-ref", "-d", name, cwd=mirror)
        for path in self.packs(mirror):
            for row in git("verify-pack", "-v", path, cwd=mirror).splitlines():
                words = row.split()
                if words and words[0] == lost:
                    self.flip(path, int(words[4]) + int(words[3]) // 2)
        found, said = self.repair()
        self.assertEqual(found["damaged"], 0, said)
        self.assertIn("1 damaged objects that no ref needs are nowhere else", said)
        self.assert_mended(before)
        self.assertTrue(self.aside())
        self.assertTrue(os.path.exists(source))

    def test_a_configuration(self):
        source = self.history()
        before = self.refs(self.mirror(), ours=True)
        with open(os.path.join(self.mirror(), "config"), "w") as file:
            file.write("[core\nbare = tr\0")
        found, said = self.repair()
        self.assertEqual(found["damaged"], 0, said)
        self.assertEqual(git("config", "remote.origin.url", cwd=self.mirror()), source)
        self.assert_mended(before)
        self.assertEqual(self.run_mirrors().report["outcome"], "unchanged")

    def test_any_flipped_bit_is_found_and_mended(self):
        """One bit at a time, anywhere in packs and indexes; the seed is fixed and told when it fails."""
        self.history(extra="copies: {url: '" + self.out("copies/{name}.git") + "'}")
        before = self.refs(self.mirror(), ours=True)
        seed, count = 20261121, 100 if os.environ.get("AUTOBACKUPD_NIGHTLY") else 12
        chance = random.Random(seed)
        for number in range(count):
            files = self.packs(self.mirror()) + self.packs(self.mirror(), ".idx")
            path = files[chance.randrange(len(files))]
            at, bit = chance.randrange(os.path.getsize(path)), chance.randrange(8)
            with self.subTest(seed=seed, number=number, file=os.path.basename(path), at=at, bit=bit):
                self.flip(path, at, bit)
                self.assertEqual(self.told("verify", code=1)[0]["damaged"], 1)
                found, said = self.repair()
                self.assertEqual(found["damaged"], 0, said)
                self.assertEqual(self.refs(self.mirror(), ours=True), before)
                self.assert_sound(self.mirror())
        self.assert_mended(before)

    def test_killed_at_any_moment_nothing_is_lost(self):
        self.history(extra="copies: {url: '" + self.out("copies/{name}.git") + "'}")
        before = self.refs(self.mirror(), ours=True)
        whole = self.out("whole")
        for pack in self.packs(self.mirror()):
            self.hurt(pack)
        shutil.copytree(self.storage, whole, symlinks=True)
        begin = time.monotonic()
        self.repair()
        took = time.monotonic() - begin
        chance = random.Random(7)
        for number in range(int(os.environ.get("AUTOBACKUPD_KILLS", "12"))):
            with self.subTest(number=number):
                shutil.rmtree(self.storage)
                shutil.copytree(whole, self.storage, symlinks=True)
                process = subprocess.Popen([ctl(), "verify", "--repair", "--config", self.config], env=self.environment(), stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL)
                time.sleep(took * chance.random())
                process.send_signal(signal.SIGKILL)
                process.wait()
                found, said = self.repair()
                self.assertEqual(found["damaged"], 0, said)
                self.assert_mended(before)

    def test_a_run_clears_what_a_killed_repair_left(self):
        source = self.history()
        left = os.path.join(self.mirror(), "autobackup", "repair", "supply")
        os.makedirs(left)
        self.commit(source, "main", {"after.txt": "after\n"})
        self.run_mirrors()
        self.assertFalse(os.path.exists(os.path.dirname(left)))


class GithubRepairs(Asking, Hub):
    def test_pull_requests_that_are_not_kept_are_not_asked_for(self):
        self.describe("organization: acme\nrepositories: {include: [app]}\nwikis: false\npull_refs: none")
        self.run_code()
        source, mirror = self.hub.path("acme/app"), self.mirror("acme/app")
        tree = subprocess.run(["git", "mktree", "--missing"], cwd=source, input=f"100644 blob {'1' * 40}\tgone\n".encode(), capture_output=True, check=True)
        commit = git("-c", "user.name=t", "-c", "user.email=t@t", "commit-tree", "-m", "cannot be sent", tree.stdout.decode().strip(), cwd=source)
        git("update-ref", "refs/pull/999/head", commit, cwd=source)
        pack = self.packs(mirror)[-1]
        self.flip(pack, os.path.getsize(pack) // 2)
        found, said = self.told("verify", "--repair")
        self.assertEqual(found["damaged"], 0, said)
        self.assertIn("its source", said)


if __name__ == "__main__":
    unittest.main()
