"""autobackupctl verify, prune, hold and release: what is damaged is found, what is needed is never removed."""

import fcntl
import json
import os
import shutil
import sqlite3
import time
import unittest

from harness import git
from restore_case import RestoreCase


class Verify(RestoreCase):
    def manifest(self, zip_path):
        with open(zip_path.removesuffix("zip") + "json") as file:
            return json.load(file)

    def test_good_copies(self):
        self.back_up()
        for level in ("exists", "structure", "checksum"):
            found = self.told("verify", "--level", level)
            self.assertEqual((found["level"], found["good"], found["damaged"]), (level, 2, 0))
            self.assertEqual({one["where"] for one in found["copies"]}, {"vault", "archive"})
        self.assertIn("2 copies checked at level checksum: 2 good, 0 damaged", self.good("verify", "traffic-signs").out)
        self.assertEqual(self.told("verify", self.storage, config=False)["good"], 2)
        self.assertEqual(self.told("verify", self.vault, config=False)["good"], 1)
        git("clone", "-q", self.vault, self.out("clone"))
        self.assertEqual(self.told("verify", self.out("clone"), config=False)["good"], 1)
        with sqlite3.connect(os.path.join(self.storage, "state.sqlite")) as state:
            text = "\n".join(state.iterdump())
        self.assertIn('"level":"checksum"', text.replace("\\", "").replace(" ", ""))

    def test_damage_is_found_recorded_and_forgotten_when_it_is_gone(self):
        self.back_up()
        path = self.zips()[0]
        self.flip(path, 500)
        found = self.ask("verify", "--json")
        self.assertEqual(found.code, 3)
        (bad,) = [one for one in json.loads(found.out)["copies"] if one["outcome"] == "damaged"]
        self.assertEqual(bad["path"], path)
        self.assertIn("SHA-256", " ".join(bad["problems"]))
        self.assertEqual(self.manifest(path)["verified"]["level"], "failed")
        self.assertTrue(self.snapshots()[0]["restorable"])
        self.assertIn("found damaged", self.snapshots()[0]["reason"])
        self.assertIn("damaged", self.ask("verify").out)
        self.flip(path, 500)
        self.good("verify")
        self.assertEqual(self.manifest(path)["verified"]["level"], "checksum")
        self.assertIsNone(self.snapshots()[0]["reason"])

    def test_everything_damaged_is_one(self):
        self.back_up(archive=None)
        packs = os.path.join(self.vault, "objects/pack")
        pack = max((os.path.join(packs, name) for name in os.listdir(packs) if name.endswith(".pack")), key=os.path.getsize)
        self.flip(pack, os.path.getsize(pack) // 2)
        self.assertEqual(self.ask("verify", "--level", "exists").code, 0)
        self.assertEqual(self.ask("verify").code, 1)

    def test_a_run_that_goes_on_is_not_disturbed(self):
        self.back_up()
        with open(os.path.join(self.storage, "locks/traffic-signs.lock")) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = self.good("verify")
            self.assertIn("not recorded", done.err)
            snapshot = self.snapshots()[0]["id"]
            for verb in (["prune", "traffic-signs"], ["hold", snapshot], ["release", snapshot]):
                self.assertEqual(self.ask(*verb).code, 4, verb)
            self.good("restore", "traffic-signs", "--to-zip", self.out("a.zip"))


class Keep(RestoreCase):
    def back_up_versions(self, count, archive="{}"):
        self.back_up(archive=archive)
        for _ in range(count - 1):
            time.sleep(1.05)
            self.cvat.mutate("add_shape", task=1)
            self.run_job()

    def configure_keep(self, keep):
        with open(self.config) as file:
            text = file.read()
        with open(self.config, "w") as file:
            file.write(text[: text.index("    archive:")] + f"    archive: {{keep: {keep}}}\n")

    def test_prune_tells_why_and_removes_what_it_told(self):
        self.back_up_versions(3)
        zips = self.zips()
        self.assertIn("no rules", self.good("prune", "traffic-signs", "--dry-run").out)
        self.configure_keep("{last: 1}")
        plan = self.told("prune", "traffic-signs", "--dry-run")
        self.assertEqual([(one["keep"], one["reason"], one["removed"]) for one in plan["snapshots"]],
                         [(False, "no rule keeps it", False)] * 2 + [(True, "last", False)])
        self.assertEqual(self.zips(), zips)
        held = self.snapshots()[0]["id"]
        self.good("hold", held)
        self.assertIn("2 kept", self.good("prune", "traffic-signs").out)
        self.assertEqual(self.zips(), [zips[0], zips[2]])
        self.assertFalse(os.path.exists(zips[1].removesuffix("zip") + "json"))
        self.assertEqual(["archive" in one["where"] for one in self.snapshots()], [True, False, True])
        self.good("release", held)
        self.good("prune", "traffic-signs")
        self.assertEqual(self.zips(), [zips[2]])

    def test_the_runs_own_retention_keeps_what_is_held_and_counts_what_is_whole(self):
        self.back_up_versions(2)
        zips = self.zips()
        self.good("hold", self.snapshots()[0]["id"])
        for name in os.listdir(self.storage):
            if name.startswith("state.sqlite"):
                os.remove(os.path.join(self.storage, name))
        self.assertTrue(self.snapshots()[0]["held"])
        os.truncate(zips[1], 100)
        self.configure_keep("{last: 1}")
        time.sleep(1.05)
        self.cvat.mutate("add_shape", task=1)
        self.run_job()
        self.assertEqual(self.zips()[:2], zips, "one is held, one is damaged: nobody counts it, nobody removes it")

    def test_after_a_failed_run_nothing_is_removed(self):
        self.back_up_versions(2)
        self.configure_keep("{last: 1}")
        self.cvat.fault("/api/", {"status": 500}, count=-1)
        self.run_job(code=1)
        before = self.zips()
        refused = self.ask("prune", "traffic-signs")
        self.assertEqual(refused.code, 4, refused.err)
        self.assertIn("failed", refused.err)
        self.assertEqual(self.zips(), before)
        self.assertIn("nothing would be removed now", self.good("prune", "traffic-signs", "--dry-run").err)

    def test_hold_names_what_it_cannot_find(self):
        self.back_up()
        name = self.snapshots()[0]["id"]
        wrong = self.ask("hold", f"{name[:-2]}{'8' if name[-2] == '9' else '9'}Z")
        self.assertEqual(wrong.code, 2)
        self.assertIn("did you mean", wrong.err)
        self.assertEqual(self.told("hold", self.snapshots()[0]["id"])["held"], True)
        shutil.rmtree(os.path.join(self.storage, "archives"))
        self.assertTrue(self.snapshots()[0]["held"], "the vault holds it too")


if __name__ == "__main__":
    unittest.main()
