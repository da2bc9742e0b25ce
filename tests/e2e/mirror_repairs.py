"""Damage done to mirrors, and what a repair says of it."""

import os

from harness import git
from mirrors import Asking, MirrorCase


class RepairCase(Asking, MirrorCase):
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
