"""autobackupctl drill: a restore on trial finds what would fail on the worst day, and leaves nothing behind."""

import hashlib
import json
import os
import re
import subprocess
import unittest

from mirrors import MirrorCase
from restore_case import RestoreCase, ctl


class Drill(RestoreCase):
    def drill(self, code=0):
        done = self.ask("drill", "traffic-signs", "--json")
        self.assertEqual(done.code, code, done.err + done.out)
        self.assertEqual(os.listdir(os.path.join(self.storage, "spool/.drill")), [])
        return json.loads(done.out)

    def stages(self, item):
        return [(one["stage"], one.get("target"), one["outcome"]) for one in item["stages"]]

    def errors(self, report):
        return " ".join(one["error"]["message"] for item in report["items"] for one in item["stages"] if "error" in one)

    def pack(self):
        packs = os.path.join(self.vault, "objects/pack")
        return max((os.path.join(packs, name) for name in os.listdir(packs) if name.endswith(".pack")), key=os.path.getsize)

    def test_everything_comes_back(self):
        self.back_up(job="projects: [1]\ntasks: unassigned")
        report = self.drill()
        self.assertEqual((report["outcome"], report["check"]["damaged"]), ("success", 0))
        project = next(one for one in report["items"] if one["kind"] == "cvat_project")
        self.assertEqual(self.stages(project), [("restore", "vault", "ok"), ("compare", "vault", "ok"), ("restore", "archive", "ok"), ("compare", "archive", "ok")])
        self.assertIn("drill, ", self.good("drill", "traffic-signs").out)
        history = self.told("history", "traffic-signs")["runs"]
        self.assertEqual([one.get("check", {}).get("kind") for one in history], ["drill", "drill", None])

    def test_a_damaged_copy_fails_though_another_is_whole(self):
        self.back_up()
        self.flip(self.pack(), os.path.getsize(self.pack()) // 2)
        report = self.drill(code=3)
        self.assertIn(("restore", "vault", "failed"), self.stages(report["items"][0]))
        self.assertIn(("compare", "archive", "ok"), self.stages(report["items"][0]))
        self.flip(self.zips()[0], os.path.getsize(self.zips()[0]) // 2)
        self.assertEqual(self.drill(code=1)["outcome"], "failed")

    def test_counts_that_differ_from_the_manifest_are_told(self):
        self.back_up()
        path = self.zips()[0].removesuffix("zip") + "json"
        with open(path) as file:
            text = file.read()
        changed = re.sub(r'"shapes": ?(\d+)', lambda found: f'"shapes": {int(found[1]) + 1}', text)
        self.assertNotEqual(changed, text)
        with open(path, "w") as file:
            file.write(self.signed(changed))
        self.assertEqual(self.ask("verify").code, 0, "the manifest is sound in itself")
        self.assertIn("the manifest says", self.errors(self.drill(code=3)))

    def signed(self, text):
        """With the checksum of what stands before it."""
        at = text.rindex('\n "checksum":')
        digest = hashlib.sha256(text[:at].encode()).hexdigest()
        return text[:at] + re.sub(r"[0-9a-f]{64}", digest, text[at:])

    def test_without_room_it_says_so_first(self):
        self.back_up()
        with open(self.config) as file:
            text = file.read()
        with open(self.config, "w") as file:
            file.write("limits: {reserve: 900TiB}\n" + text)
        report = self.drill(code=1)
        self.assertIn("limits.reserve keeps", self.errors(report))

    def test_a_killed_drill_leaves_nothing_for_long(self):
        self.back_up()
        left = os.path.join(self.storage, "spool/.drill/traffic-signs")
        environment = self.environment()
        process = subprocess.Popen(["strace", "-f", "-o", "/dev/null", "-e", "inject=fsync:signal=KILL", ctl(), "drill", "traffic-signs", "--config", self.config],
                                   env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        process.wait(60)
        self.assertNotEqual(process.returncode, 0)
        self.assertTrue(os.path.exists(left), "it was killed in the middle")
        self.drill()

    def test_two_at_once_are_one_too_many(self):
        self.back_up()
        import fcntl
        os.makedirs(os.path.join(self.storage, "locks"), exist_ok=True)
        with open(os.path.join(self.storage, "locks/drill:traffic-signs.lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertEqual(self.ask("drill", "traffic-signs").code, 4)

    def test_what_is_not_there_is_no_success(self):
        self.back_up(archive=None)
        os.rename(self.vault, self.vault + ".away")
        done = self.ask("drill", "traffic-signs")
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("there is no version, though some were saved", done.err)
        self.assertEqual(self.ask("drill", "other").code, 2)


class Mirrors(MirrorCase):
    def verify(self, *more):
        done = subprocess.run([ctl(), "verify", "mirrors", "--json", "--config", self.config, *more], env=self.environment(), capture_output=True, timeout=60)
        return done.returncode, json.loads(done.stdout)

    def test_mirrors_are_verified_too(self):
        self.configure_mirrors({"a": self.source("a"), "group/b": self.source("b")})
        self.run_mirrors()
        for level in ("exists", "structure", "checksum"):
            code, found = self.verify("--level", level)
            self.assertEqual((code, found["good"], [one["where"] for one in found["copies"]]), (0, 2, ["mirror", "mirror"]), found)
        packs = os.path.join(self.mirror("a"), "objects/pack")
        pack = next(os.path.join(packs, name) for name in os.listdir(packs) if name.endswith(".pack"))
        size = os.path.getsize(pack)
        self.flip(pack, size // 2)
        code, found = self.verify()
        self.assertEqual((code, found["damaged"]), (3, 1))
        self.flip(pack, size // 2)
        self.assertEqual(self.verify()[0], 0)
        large = os.path.join(self.mirror("group/b"), "lfs/objects/ab/cd")
        os.makedirs(large)
        with open(os.path.join(large, "abcd" + "0" * 60), "w") as file:
            file.write("not what its name says")
        code, found = self.verify()
        self.assertEqual(code, 3, found)
        self.assertIn("abcd000", str(found["copies"][1]["problems"]))
        os.rename(os.path.join(self.mirror("a"), "objects"), os.path.join(self.mirror("a"), "objects.away"))
        os.makedirs(os.path.join(self.mirror("a"), "objects/pack"))
        self.assertEqual(self.verify("--level", "exists")[1]["damaged"], 1)
        done = subprocess.run([ctl(), "drill", "mirrors", "--config", self.config], env=self.environment(), capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main()
