"""autobackupctl verify --repair: what is damaged is made anew from a copy that is whole, proved, and only then put in its place."""

import json
import os
import random
import unittest

from harness import git
from restore_case import RestoreCase


class Repair(RestoreCase):
    def repair(self, code=0):
        done = self.ask("verify", "--repair", "--json")
        self.assertEqual(done.code, code, done.err + done.out)
        return json.loads(done.out), done.err

    def aside(self):
        return sorted(name for _, _, names in os.walk(os.path.join(self.storage, "damaged")) for name in names)

    def packs(self, extension=".pack"):
        folder = os.path.join(self.vault, "objects/pack")
        return sorted((os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(extension)), key=os.path.getsize)

    def damage(self, path):
        self.flip(path, os.path.getsize(path) // 2)

    def assert_whole(self):
        git("fsck", "--full", "--strict", cwd=self.vault)
        self.assertEqual(self.told("verify")["damaged"], 0)
        self.good("restore", "traffic-signs", "--from", "vault", "--to-zip", self.out("whole.zip"), "--force")
        self.members(self.out("whole.zip"))
        self.assertFalse(os.path.exists(os.path.join(self.storage, "spool/.repair/traffic-signs")))
        self.cvat.mutate("add_shape", task=1)
        self.run_job()

    def test_a_dated_zip_comes_from_the_vault(self):
        self.back_up()
        path = self.zips()[0]
        before = self.read(path)
        manifest = path.removesuffix("zip") + "json"
        for wound in ("flipped", "cut", "missing"):
            with self.subTest(wound):
                if wound == "flipped":
                    self.damage(path)
                elif wound == "cut":
                    os.truncate(path, 1000)
                else:
                    os.remove(path)
                found, said = self.repair()
                self.assertEqual((found["good"], found["damaged"]), (2, 0))
                self.assertIn("mended: ", said)
                self.assertEqual(self.read(path), before)
                with open(manifest) as file:
                    self.assertEqual(json.load(file)["verified"]["level"], "checksum")
        self.assertEqual(self.aside(), [os.path.basename(path)] * 2)
        self.assert_whole()

    def test_a_manifest_comes_from_the_vault(self):
        self.back_up()
        path = self.zips()[0]
        manifest = path.removesuffix("zip") + "json"
        before = self.read(path)
        self.flip(manifest, 300)
        _, said = self.repair()
        self.assertIn("its manifest was made anew", said)
        self.assertEqual(self.read(path), before, "the ZIP was whole and stays")
        self.assertEqual(self.aside(), [os.path.basename(manifest)])
        self.assertEqual(self.snapshots()[0]["where"][:2], ["vault", "archive"])
        self.assert_whole()

    def test_a_pack_comes_from_the_target(self):
        self.back_up(archive=None)
        pack = self.packs()[-1]
        before = git("rev-parse", "main", cwd=self.vault)
        self.damage(pack)
        found, said = self.repair()
        self.assertEqual(found["damaged"], 0, found)
        self.assertIn("was made anew, every object of it is whole", said)
        self.assertEqual(git("rev-parse", "main", cwd=self.vault), before)
        self.assertIn(os.path.basename(pack), self.aside())
        self.assert_whole()

    def test_a_pack_comes_from_a_dated_zip(self):
        self.back_up(git_lines="")
        self.damage(self.packs()[-1])
        found, said = self.repair()
        self.assertEqual(found["damaged"], 0, said)
        self.assert_whole()

    def test_both_damaged_and_the_target_whole(self):
        self.back_up()
        before = self.read(self.zips()[0])
        self.damage(self.packs()[-1])
        self.damage(self.zips()[0])
        found, said = self.repair()
        self.assertEqual(found["damaged"], 0, said)
        self.assertEqual(self.read(self.zips()[0]), before)
        self.assert_whole()

    def test_a_partial_clone_stays_one(self):
        """A vault that continues somebody's branch lacks the old files on purpose: they are promised by the target, and no damage."""
        forge = self.git_server("--create", "annotations.git", "--filter")
        path = os.path.join(forge.repos, "annotations.git")
        work = self.out("work")
        git("init", "-q", "-b", "main", work)
        os.makedirs(os.path.join(work, "cvat_backup_project_1"))
        for name, content in (("README.md", "ours\n"), ("big.bin", "x" * 100_000), ("cvat_backup_project_1/old.txt", "old\n")):
            with open(os.path.join(work, name), "w") as file:
                file.write(content)
        git("add", "-A", cwd=work)
        git("commit", "-q", "-m", "by hand", cwd=work)
        git("push", "-q", path, "main", cwd=work)
        blob = git("rev-parse", "main:big.bin", cwd=work)
        self.back_up(archive=None, git_lines=f"url: {forge.url}/noauth/annotations.git")
        self.assertEqual(git("config", "remote.origin.promisor", cwd=self.vault), "true")
        settings = git("config", "--list", "--local", cwd=self.vault)
        promisors = self.packs(".promisor")
        self.assertTrue(promisors)
        self.assertEqual(self.told("verify")["damaged"], 0, "what is promised is not missing")
        wounds = [pack for pack in self.packs() if pack.replace(".pack", ".promisor") in promisors]
        wounds += [self.packs()[-1], wounds[0].replace(".pack", ".idx")]
        for path in wounds:
            with self.subTest(os.path.basename(path)):
                before = git("rev-parse", "main", cwd=self.vault)
                if not os.path.exists(path):
                    continue  # an earlier wound's pack has another name now
                self.damage(path)
                self.assertEqual(self.ask("verify").code, 1)
                found, said = self.repair()
                self.assertEqual(found["damaged"], 0, (found, said))
                self.assertEqual(git("rev-parse", "main", cwd=self.vault), before)
                self.assertEqual(git("config", "--list", "--local", cwd=self.vault), settings)
                self.assertGreaterEqual(len(self.packs(".promisor")), len(promisors), "what takes a pack's place is of promises still")
                self.assertNotIn(blob, git("cat-file", "--batch-check", "--batch-all-objects", cwd=self.vault), "what is promised was not fetched")
                git("fsck", "--full", "--strict", cwd=self.vault)
        self.cvat.mutate("add_shape", task=1)
        self.assertEqual(self.run_job().report["outcome"], "success")
        git("fsck", "--full", "--strict", cwd=self.vault)

    def test_an_index_is_made_anew(self):
        self.back_up(archive=None, git_lines="")
        index = self.packs(".idx")[-1]
        self.damage(index)
        found, said = self.repair()
        self.assertEqual(found["damaged"], 0, said)
        self.assert_whole()

    def test_large_files_come_from_the_target_or_a_dated_zip(self):
        git("init", "-q", "--bare", "-b", "main", self.target)
        self.back_up(git_lines=f"url: {self.target}\nlarge_file_limit: 1KB")
        folder = os.path.join(self.vault, "lfs/objects")
        files = sorted(os.path.join(place, name) for place, _, names in os.walk(folder) for name in names)
        self.assertTrue(files)
        before = self.read(files[0])
        self.damage(files[0])
        found, said = self.repair()
        self.assertEqual(found["damaged"], 0, said)
        self.assertEqual(self.read(files[0]), before)
        self.assertEqual(self.aside(), [os.path.basename(files[0])])
        for path in self.zips():
            os.remove(path)
        os.remove(files[0])
        found, said = self.repair()
        self.assertEqual(found["damaged"], 0, said)
        self.assertEqual(self.read(files[0]), before, "the target has it")

    def test_what_is_nowhere_else_stays_as_it_is(self):
        self.back_up(archive=None, git_lines="")
        pack = self.packs()[-1]
        self.damage(pack)
        before = self.read(pack)
        found, said = self.repair(code=1)
        self.assertEqual(found["damaged"], 1)
        self.assertIn("not mended: ", said)
        self.assertEqual(self.read(pack), before)
        self.assertEqual(self.aside(), [])

    def test_any_flipped_bit_is_mended(self):
        """One bit at a time, anywhere in archives and packs; the seed is fixed and told when it fails."""
        self.back_up()
        seed, count = 20261121, 60 if os.environ.get("AUTOBACKUPD_NIGHTLY") else 8
        chance = random.Random(seed)
        for number in range(count):
            files = self.zips() + [path.removesuffix("zip") + "json" for path in self.zips()] + self.packs() + self.packs(".idx")
            path = files[number % len(files)]
            at, bit = chance.randrange(os.path.getsize(path)), chance.randrange(8)
            with self.subTest(seed=seed, number=number, file=os.path.basename(path), at=at, bit=bit):
                self.flip(path, at, bit)
                self.assertNotEqual(self.ask("verify").code, 0)
                found, said = self.repair()
                self.assertEqual((found["good"], found["damaged"]), (2, 0), said)
        self.assert_whole()

    def test_it_is_for_our_own_storage(self):
        self.back_up()
        self.assertEqual(self.ask("verify", self.vault, "--repair").code, 2)
        self.assertEqual(self.ask("verify", "--repair", "--level", "structure").code, 2)
        self.assertEqual(self.repair()[0]["damaged"], 0, "what is whole is left alone")
        self.assertEqual(self.aside(), [])


if __name__ == "__main__":
    unittest.main()
