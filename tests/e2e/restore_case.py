"""What the tests of autobackupctl's own reading verbs share."""

import json
import os
import subprocess
import unittest
import zipfile

from harness import Case, Done, binary, git


def ctl():
    path = os.path.join(os.path.dirname(binary()), "autobackupctl")
    if not os.path.exists(path):
        raise unittest.SkipTest("autobackupctl is not built beside autobackupd")
    return path


class RestoreCase(Case):
    """A backed-up project 1, and autobackupctl."""

    def setUp(self):
        super().setUp()
        self.ctl = ctl()
        self.cvat = self.standin()
        self.target = os.path.join(self.directory, "target.git")

    def back_up(self, archive="{}", job="projects: [1]", git_lines=None, **more):
        if git_lines is None:
            git("init", "-q", "--bare", "-b", "main", self.target)
            git_lines = f"url: {self.target}"
        self.configure(self.cvat.url, job=job, git=git_lines, **more)
        if archive is not None:
            with open(self.config, "a") as file:
                file.write(f"    archive: {archive}\n")
        return self.run_job()

    def ask(self, *arguments, config=None, stdout=None, **environment):
        """autobackupctl; without a configuration unless one is asked for by config=True."""
        path = self.config if config or config is None else "/nonexistent.yaml"
        done = subprocess.run([self.ctl, *arguments, "--config", path], env=self.environment(**environment), stdout=stdout or subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=120)
        return Done(done.returncode, (done.stdout or b"").decode(errors="replace"), done.stderr.decode(errors="replace"))

    def good(self, *arguments, **more):
        done = self.ask(*arguments, **more)
        self.assertEqual(done.code, 0, done.err + done.out)
        return done

    def told(self, *arguments, **more):
        return json.loads(self.good(*arguments, "--json", **more).out)

    def snapshots(self, *arguments, **more):
        document = self.told("snapshots", *arguments, **more)
        self.assertEqual(document["format"], 1)
        return document["snapshots"]

    def zips(self, item="project-1"):
        folder = os.path.join(self.storage, "archives", "traffic-signs", item)
        return sorted((os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".zip")), key=lambda name: name.removesuffix(".zip"))

    def read(self, path):
        with open(path, "rb") as file:
            return file.read()

    def members(self, path):
        with zipfile.ZipFile(path) as archive:
            self.assertIsNone(archive.testzip())
            return {one.filename: archive.read(one) for one in archive.infolist()}
