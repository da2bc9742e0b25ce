"""What lies where a mirror is to be, what else lies in it, and its packs and many refs."""

import os
import unittest

from harness import git
from mirrors import MirrorCase


class Places(MirrorCase):
    def test_force_brings_back_what_the_mirror_has_lost(self):
        source = self.source()
        self.configure_mirrors({"a": source})
        self.run_mirrors()
        packs = os.path.join(self.mirror(), "objects", "pack")
        for name in os.listdir(packs):
            os.remove(os.path.join(packs, name))
        done = self.run_mirrors("--force")
        self.assertNotEqual(done.item("a")["outcome"], "failed")
        self.assert_mirrored(source)

    def test_a_mirror_clone_of_git_is_taken_over(self):
        source = self.source()
        os.makedirs(os.path.dirname(self.mirror()))
        git("clone", "-q", "--mirror", source, self.mirror())
        git("config", "remote.origin.url", f"file://bot:token-in-the-url@localhost{source}", cwd=self.mirror())
        git("branch", "ours", "main", cwd=self.mirror())  # loose, and not at the source
        self.configure_mirrors({"a": source})
        new = self.commit(source, "main", {"n": "n"})
        done = self.run_mirrors()
        self.assertEqual((done.item("a")["outcome"], done.item("a")["after"]), ("updated", new[:8]))
        self.assert_mirrored(source)
        self.assertEqual(list(self.kept(self.mirror())), ["heads/ours"])
        with open(os.path.join(self.mirror(), "config")) as file:
            self.assertNotIn("token-in-the-url", file.read())

    def test_what_is_no_bare_repository_is_left_alone(self):
        source = self.source()
        os.makedirs(self.mirror())
        with open(os.path.join(self.mirror(), "letter.txt"), "w") as file:
            file.write("mine")
        self.configure_mirrors({"a": source})
        done = self.run_mirrors(code=1)
        self.assertEqual(done.errors("a")[0]["code"], "repository_invalid")
        self.assertEqual(os.listdir(self.mirror()), ["letter.txt"])

    def test_notes_and_strange_refs_come_along(self):
        source = self.source()
        git("notes", "add", "-m", "a note", "main", cwd=source)
        git("update-ref", "refs/pull/7/head", "dev", cwd=source)
        git("update-ref", "refs/pull/7/merge", "main", cwd=source)
        blob = git("rev-parse", "main:file.txt", cwd=source)
        git("update-ref", "refs/tags/blob", blob, cwd=source)
        git("update-ref", "refs/autobackup/keep/20200101T000000Z/heads/x", "main", cwd=source)
        self.configure_mirrors({"a": source})
        self.run_mirrors()
        self.assertEqual(self.refs(self.mirror()), self.refs(source))
        self.assertEqual(self.kept(self.mirror()), {})
        self.assert_sound(self.mirror())

    def test_small_packs_are_joined(self):
        source = self.source()
        self.configure_mirrors({"a": source})
        for number in range(20):
            self.commit(source, "main", {f"{number}.txt": "x"})
            done = self.run_mirrors("--log-level", "info")
            if "small packs of the mirror a" in done.err:
                break
        self.assertRegex(done.err, r"joined 1\d small packs of the mirror a of job mirrors: \d+ objects, ")
        packs = [name for name in os.listdir(os.path.join(self.mirror(), "objects", "pack")) if name.endswith(".pack")]
        self.assertLess(len(packs), 5)
        self.commit(source, "main", {"after.txt": "x"})
        self.run_mirrors()
        self.assert_mirrored(source)

    def write_pulls(self, source, tips):
        """refs/pull/N/head, past git: a file for each would take minutes."""
        refs = {name: oid for name, oid in self.refs(source).items() if not name.startswith("refs/pull/")}
        refs.update({f"refs/pull/{number}/head": oid for number, oid in enumerate(tips)})
        with open(os.path.join(source, "packed-refs"), "w") as file:
            file.write("# pack-refs with: sorted \n" + "".join(f"{oid} {name}\n" for name, oid in sorted(refs.items())))

    def test_many_refs(self):
        source = self.source()
        tips = [git("rev-parse", f"main~{number}", cwd=source) for number in range(3)]
        self.write_pulls(source, [tips[number % 3] for number in range(41_000)])
        self.configure_mirrors({"a": source})
        self.assertEqual(self.run_mirrors().item("a")["refs"]["new"], 41_004)
        self.assertEqual(self.refs(self.mirror()), self.refs(source))
        new = self.commit(source, "main", {"n": "n"})
        done = self.run_mirrors()
        self.assertEqual(done.item("a")["after"], new[:8])
        loose = [name for _, _, names in os.walk(os.path.join(self.mirror(), "refs")) for name in names]
        self.assertEqual(loose, [], "refs of a mirror lie in one file")
        self.write_pulls(source, [tips[(number + (number < 20_000)) % 3] for number in range(41_000)])
        done = self.run_mirrors()
        refs = done.item("a")["refs"]
        self.assertEqual(refs["moved"] + refs["forced"], 20_000)
        self.assertEqual(self.refs(self.mirror()), self.refs(source))


if __name__ == "__main__":
    unittest.main()
