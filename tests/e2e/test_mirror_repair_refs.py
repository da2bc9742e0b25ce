"""Damaged refs of mirrors: who knows what they were, and what stays damaged."""

import glob
import os
import shutil
import unittest

from harness import git
from mirror_repairs import RepairCase


class Refs(RepairCase):
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


if __name__ == "__main__":
    unittest.main()
