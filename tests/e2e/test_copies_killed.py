"""kill -9 while mirrors are sent on."""

import os
import random
import time
import unittest

from harness import git
from mirrors import CopiesCase


class Killed(CopiesCase):
    def test_at_any_moment_the_next_run_converges(self):
        a = self.source("a")
        copy, folder = self.out("copies/a.git"), self.out("bundles/a")
        self.configure_mirrors({"a": a}, extra=f"copies: {{url: \"{self.out('copies')}/{{name}}.git\"}}\nbundles: {{directory: {self.out('bundles')}, keep: 2}}")
        self.run_mirrors()
        chance = random.Random(7)
        for number in range(int(os.environ.get("AUTOBACKUPD_KILLS", "12"))):
            self.commit(a, "main", {"file.txt": f"{number}\n", "large.bin": os.urandom(300_000)})
            self.commit(a, "dev", {"dev.txt": f"{number}\n"}, parent="main", replace=True)
            process = self.start("run", self.job_name, "--json")
            time.sleep(chance.uniform(0.02, 0.5))
            process.kill()
            self.finish(process)
            if number % 3 == 0:
                self.converge(a, copy, folder)
        self.converge(a, copy, folder)

    def converge(self, source, copy, folder):
        self.run_mirrors()
        self.assertEqual(self.refs(self.mirror()), self.refs(source))
        self.assertEqual(self.refs(copy, ours=True), self.refs(self.mirror(), ours=True))
        self.assert_sound(self.mirror(), copy)
        self.assertEqual(self.run_mirrors().report["outcome"], "unchanged")
        names = sorted(os.listdir(folder))
        self.assertTrue(1 <= len(names) <= 2, names)
        heads = [git("bundle", "list-heads", os.path.join(folder, name)) for name in names]
        self.assertTrue(any(git("rev-parse", "main", cwd=source) in one for one in heads), heads)


if __name__ == "__main__":
    unittest.main()
