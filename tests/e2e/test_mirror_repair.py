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
from mirrors import Asking, MirrorCase
from restore_case import ctl
from test_github import Hub


class Repairs(Asking, MirrorCase):
    def repair(self, code=0):
        return self.told("verify", "--repair", code=code)

    def out(self, name):
        return os.path.join(self.directory, name)

    def aside(self):
        return sorted(name for _, _, names in os.walk(os.path.join(self.storage, "damaged")) for name in names)

    def history(self, name="a", **more):
        """A mirror with kept refs and several packs; its source."""
        source = self.source(name)
        self.configure_mirrors({name: source}, **more)
        self.run_mirrors()
        self.commit(source, "dev", {"other.txt": "rewritten\n" * 50}, replace=True)
        git("tag", "-d", "v1", cwd=source)
        self.run_mirrors()
        self.commit(source, "main", {f"more/{number}.txt": f"{number}\n" * 300 for number in range(20)})
        self.run_mirrors()
        return source

    def assert_mended(self, before, name="a"):
        mirror = self.mirror(name)
        self.assertEqual(self.refs(mirror, ours=True), before)
        self.assert_sound(mirror)
        self.assertFalse(os.path.exists(os.path.join(mirror, "autobackup", "repair")))
        self.assertEqual(self.told("verify")[0]["damaged"], 0)

    def hurt(self, path):
        self.flip(path, os.path.getsize(path) // 2)

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

    def test_loose_objects_and_refs_of_somebody_elses_git(self):
        source = self.source()
        git("gc", "-q", cwd=source)
        os.makedirs(os.path.dirname(self.mirror()))
        git("clone", "-q", "--mirror", source, self.mirror())
        self.commit(source, "main", {"loose.txt": "loose\n" * 100})
        git("fetch", "-q", source, "refs/heads/main:refs/heads/main", cwd=self.mirror())
        self.configure_mirrors({"a": source})
        self.run_mirrors()
        before = self.refs(self.mirror(), ours=True)
        loose = glob.glob(os.path.join(self.mirror(), "objects/[0-9a-f][0-9a-f]/*"))
        self.assertTrue(loose)
        for path in loose[:2]:
            self.hurt(path)
        os.remove(loose[-1])
        found, said = self.repair()
        self.assertEqual(found["damaged"], 0, said)
        self.assert_mended(before)
        ref = os.path.join(self.mirror(), "refs/heads/main")
        os.makedirs(os.path.dirname(ref), exist_ok=True)
        for bit in (0, 6):
            with open(ref, "w") as file:
                file.write(before["refs/heads/main"] + "\n")
            self.flip(ref, 7, bit)
            found, said = self.repair()
            self.assertEqual(found["damaged"], 0, said)
            self.assert_mended(before)

    def test_packed_refs_as_far_as_anybody_knows(self):
        self.history(extra="copies: {url: '" + self.out("copies/{name}.git") + "'}")
        before = self.refs(self.mirror(), ours=True)
        path = os.path.join(self.mirror(), "packed-refs")
        with open(path) as file:
            text = file.read()
        keep = next(name for name in before if name.startswith("refs/autobackup/keep/"))
        line = f"{before[keep]} {keep}\n"
        for wound in (line.replace(line[:8], "zzzzzzzz"), line[:4] + "\x01" + line[5:], "garbage without a name\n"):
            with self.subTest(wound):
                with open(path, "w") as file:
                    file.write(text.replace(line, wound))
                self.assertEqual(self.told("verify", code=1)[0]["damaged"], 1)
                found, said = self.repair()
                self.assertEqual(found["damaged"], 0, said)
                self.assert_mended(before)
        with open(os.path.join(self.mirror(), "HEAD"), "w") as file:
            file.write("\0\0\0\0")
        found, said = self.repair()
        self.assertEqual(found["damaged"], 0, said)
        self.assertEqual(git("symbolic-ref", "HEAD", cwd=self.mirror()), "refs/heads/main")
        self.assert_mended(before)

    def lose_a_block(self, mirror):
        """A block of packed-refs that held all kept refs and the beginning of heads/main; what the file was."""
        path = os.path.join(mirror, "packed-refs")
        with open(path, "rb") as file:
            before = file.read()
        first, last = before.index(b"refs/autobackup/keep/") + 30, before.index(b"refs/heads/main") + 8
        with open(path, "wb") as file:
            file.write(before[:first] + bytes(last - first) + before[last:])
        return before

    def test_a_lost_block_of_packed_refs_comes_from_whoever_knows_it_all(self):
        source = self.history(extra=f"bundles: {{directory: {self.out('bundles')}, keep: 3}}")
        before = self.refs(self.mirror(), ours=True)
        git("update-ref", "refs/heads/unknown", "main", cwd=source)
        self.lose_a_block(self.mirror())
        found = self.told("verify", code=1)[0]
        self.assertIn("a line of packed-refs is not a ref", found["copies"][0]["problems"][0])
        found, said = self.repair()
        self.assertEqual(found["damaged"], 0, said)
        self.assert_mended(before)
        self.assertEqual(len(self.kept(self.mirror())), 2)
        self.lose_a_block(self.mirror())
        self.configure_mirrors({"a": source}, extra="copies: {url: '" + self.out("copies/{name}.git") + "'}")
        self.assertIn("not mended", self.repair(code=1)[1])

    def test_a_source_cannot_know_what_was_kept(self):
        source = self.history()
        git("update-ref", "refs/heads/unknown", "main", cwd=source)
        self.lose_a_block(self.mirror())
        path = os.path.join(self.mirror(), "packed-refs")
        with open(path, "rb") as file:
            damaged = file.read()
        os.remove(self.packs(self.mirror(), ".idx")[-1])
        for _ in range(2):
            found, said = self.repair(code=1)
            self.assertEqual(found["damaged"], 1)
            self.assertIn("a line of packed-refs cannot be read, and nobody tells all refs that stood there", said)
            with open(path, "rb") as file:
                self.assertEqual(file.read(), damaged)
        self.assertEqual(len(self.packs(self.mirror(), ".idx")), len(self.packs(self.mirror())), "everything else was mended")
        self.assertEqual(self.told("verify", code=1)[0]["damaged"], 1, "and it is found again")

    def test_a_value_that_nobody_knows_stays_damaged(self):
        source = self.history()
        path = os.path.join(self.mirror(), "packed-refs")
        before = self.refs(self.mirror(), ours=True)
        with open(path) as file:
            text = file.read()
        keep = next(name for name in before if name.startswith("refs/autobackup/keep/"))
        main = f"{before['refs/heads/main']} refs/heads/main\n"
        wounded = text.replace(f"{before[keep]} {keep}", f"zzzz{before[keep][4:]} {keep}").replace(main, "zzzz" + main[4:])
        with open(path, "w") as file:
            file.write(wounded)
        for _ in range(2):
            found, said = self.repair(code=1)
            self.assertRegex(said, f"not mended: .*{keep}: its value cannot be read, and nobody knows it")
            self.assertNotIn("with every ref", said)
            self.assertEqual(found["damaged"], 1)
            with open(path) as file:
                self.assertEqual(file.read(), wounded)
            with open(os.path.join(self.mirror(), "refs/heads/main")) as file:
                self.assertEqual(file.read(), before["refs/heads/main"] + "\n", "the source knew this one")
        self.assertTrue(os.path.exists(source))
        with open(path, "w") as file:
            file.write(wounded.replace(f"zzzz{before[keep][4:]} {keep}\n", ""))
        self.assertEqual(self.repair()[0]["damaged"], 0, "whoever gives a ref up takes its line away")
        del before[keep]
        self.assert_mended(before)

    def test_a_mirror_without_head_or_refs_is_still_one(self):
        a, b = self.source("a"), self.source("b")
        self.configure_mirrors({"a": a, "b": b})
        self.run_mirrors()
        before = self.refs(self.mirror(), ours=True)

        def without_refs():
            shutil.rmtree(os.path.join(self.mirror(), "refs"))

        for wound in (lambda: os.remove(os.path.join(self.mirror(), "HEAD")), without_refs):
            wound()
            for level in ("exists", "checksum"):
                found, said = self.told("verify", "--level", level, code=3)
                self.assertEqual((found["good"], found["damaged"]), (1, 1), said)
                (bad,) = [one for one in found["copies"] if one["outcome"] == "damaged"]
                self.assertEqual(bad["path"], self.mirror())
            found, said = self.repair()
            self.assertEqual((found["good"], found["damaged"]), (2, 0), said)
            self.assertEqual(git("symbolic-ref", "HEAD", cwd=self.mirror()), "refs/heads/main")
            self.assert_mended(before)
        self.assertEqual(self.run_mirrors().report["outcome"], "unchanged")

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
