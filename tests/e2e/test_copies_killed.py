"""kill -9 while mirrors are sent on."""

import os
import random
import time
import unittest

from harness import git, stage, waiting
from mirrors import CopiesCase


class Killed(CopiesCase):
    def configure_copies(self, source, more=""):
        """The git that works for a run goes on for a moment when that is killed: whoever comes next waits for its locks."""
        self.configure_mirrors({"a": source}, extra=f"copies: {{url: \"{self.out('copies')}/{{name}}.git\"}}\n{more}",
                               retry="{attempts: 30, delay: 50ms, max_delay: 100ms}")

    def test_a_lock_of_another_push_is_waited_for(self):
        a, copy = self.source("a"), self.out("copies/a.git")
        self.configure_copies(a)
        self.run_mirrors()
        lock, asked, hook = (os.path.join(copy, name) for name in ("refs/heads/main.lock", "asked", "hooks/pre-receive"))
        os.makedirs(os.path.dirname(hook), exist_ok=True)
        with open(hook, "w") as file:
            file.write(f"#!/bin/sh\ncat >/dev/null\necho >> {asked}\n")
        os.chmod(hook, 0o755)
        self.commit(a, "main", {"file.txt": "more\n"})
        open(lock, "w").close()
        process = self.start("run", self.job_name, "--json")
        with waiting(20, "a second try") as again:
            while again() and not (os.path.exists(asked) and os.path.getsize(asked) > 1):
                pass
        os.remove(lock)
        done = self.finish(process)
        self.assertEqual(done.code, 0, done.err + done.out)
        self.assertEqual(self.refs(copy), self.refs(a))
        self.commit(a, "main", {"file.txt": "still more\n"})
        open(lock, "w").close()
        failed = stage(self.run_mirrors(code=3).item("a"), "push")
        self.assertEqual(failed["error"]["code"], "push_rejected")
        self.assertIn("main.lock': File exists", failed["error"]["peer"])
        os.remove(lock)
        self.run_mirrors()
        self.assertEqual(self.refs(copy), self.refs(a))

    def test_at_any_moment_the_next_run_converges(self):
        a = self.source("a")
        copy, folder = self.out("copies/a.git"), self.out("bundles/a")
        self.configure_copies(a, f"bundles: {{directory: {self.out('bundles')}, keep: 2}}")
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
