"""Repositories that were saved and lie nowhere any more, and checks that could not be made: none of it passes for good."""

import fcntl
import os
import shutil
import unittest

from mirrors import Asking, MirrorCase
from hub import Hub


class Missing(Asking, MirrorCase):
    def checks(self, job="mirrors"):
        return [one for one in self.told("history", job)[0]["runs"] if "check" in one]

    def add_job(self, name, repository, url):
        with open(self.config, "a") as file:
            file.write(f"  {name}:\n    schedule: manual\n    retry: {{attempts: 1}}\n"
                       f"    mirror:\n      repositories:\n        - {{name: {repository}, url: {url}}}\n")

    def test_one_of_two_that_is_gone_is_damage(self):
        a, b = self.source("a"), self.source("b")
        self.configure_mirrors({"a": a, "b": b})
        self.run_mirrors()
        shutil.move(self.mirror("b"), self.mirror("b") + ".away")
        shutil.rmtree(self.mirror("b") + ".away")
        for level in ("exists", "checksum", "spot"):
            found, said = self.told("verify", "--level", level, code=3)
            self.assertEqual((found["good"], found["damaged"]), (1, 1), said)
            (bad,) = [one for one in found["copies"] if one["outcome"] == "damaged"]
            self.assertEqual(bad["path"], self.mirror("b"))
            self.assertIn("there is no repository, though b was saved", bad["problems"][0])
            self.assertEqual((self.checks()[0]["outcome"], self.checks()[0]["check"]["damaged"]), ("partial", 1))
        found, said = self.told("verify", "--repair", code=3)
        self.assertRegex(said, r"not mended: .*b\.git: there is no repository; the next run clones it anew")
        self.configure_mirrors({"a": a})
        self.assertEqual(self.told("verify")[0]["damaged"], 0, "what the configuration does not name is not missed")
        self.configure_mirrors({"a": a, "b": b})
        self.run_mirrors()
        self.assertEqual(self.told("verify")[0]["good"], 2)

    def test_all_of_them_gone_is_damage_for_each(self):
        self.configure_mirrors({"a": self.source("a"), "b": self.source("b")})
        self.run_mirrors()
        shutil.rmtree(os.path.join(self.storage, "mirrors"))
        for level in ("structure", "spot"):
            self.assertEqual(self.told("verify", "--level", level, code=1)[0]["damaged"], 2)
            self.assertEqual(self.checks()[0]["outcome"], "failed")

    def test_a_spot_that_compared_nothing_has_failed(self):
        places = {name: self.source(name) for name in ("a", "b", "c", "d")}
        self.configure_mirrors(places)
        self.run_mirrors()
        for name in ("a", "b", "c"):
            shutil.move(places[name], places[name] + ".away")
        done = self.ask("verify", "--level", "spot")
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("a is no longer at the source, its copy stays", done.err)
        self.assertEqual(self.checks()[0]["outcome"], "failed")
        found, said = self.spot()
        self.assertEqual([one["path"] for one in found["copies"]], ["d"], "those that did not answer had their turn")

    def test_what_is_wrong_with_one_job_hides_no_other(self):
        a, z = self.source("a"), self.source("z")
        self.configure_mirrors({"a": a})
        self.add_job("alpha", "z", z)
        self.run_mirrors()
        self.run_job(name="alpha")
        shutil.move(z, z + ".away")
        found, said = self.told("verify", "--level", "spot", code=1)
        self.assertEqual([one["path"] for one in found["copies"]], ["a"])
        self.assertIn("z", said)

    def test_a_repair_that_must_not_begin_tells_what_was_found(self):
        self.configure_mirrors({"a": self.source("a")})
        self.run_mirrors()
        pack = self.packs(self.mirror())[-1]
        self.flip(pack, os.path.getsize(pack) // 2)
        with open(os.path.join(self.storage, "locks/mirrors.lock")) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            found, said = self.told("verify", "--repair", code=1)
        self.assertEqual(found["damaged"], 1, said)
        self.assertEqual(self.told("verify", "--repair")[0]["damaged"], 0)


class GithubMissing(Asking, Hub):
    def test_a_directory_that_is_not_mounted(self):
        place = os.path.join(self.directory, "volume")
        self.describe(f"organization: acme\nrepositories: {{include: [app, lib]}}\nwikis: true\ndirectory: {place}")
        held = {name for name, word in self.outcomes(self.run_code()).items() if word == "cloned"}
        self.assertEqual(self.told("verify")[0]["good"], len(held))
        os.rename(place, place + ".away")
        os.mkdir(place)
        for level in ("structure", "spot"):
            found, said = self.told("verify", "--level", level, code=1)
            self.assertEqual((found["good"], found["damaged"]), (0, len(held)), said)
        self.assertEqual({os.path.isdir(one["path"].replace(place, place + ".away")) for one in found["copies"]}, {True}, found)
        os.rmdir(place)
        os.rename(place + ".away", place)
        self.assertEqual(self.told("verify")[0]["damaged"], 0)


if __name__ == "__main__":
    unittest.main()
