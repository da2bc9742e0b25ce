"""What root does by hand in a storage of the daemon's user leaves nothing there that the daemon could not use."""

import json
import os
import pwd
import shutil
import stat
import subprocess
import unittest

from harness import Case, Done, binary, git, waiting
from mirrors import MirrorCase
from restore_case import ctl

USER = "nobody"


class AsRoot:
    def enter(self):
        if os.geteuid() != 0:
            self.skipTest("this test gives files to another user: it needs root")
        try:
            self.user = pwd.getpwnam(USER)
        except KeyError:
            self.skipTest(f"there is no user {USER}")
        os.chmod(self.directory, 0o755)
        self.programs = self.place("bin")
        for path in (binary(), ctl()):  # where any user may run them
            shutil.copy(path, self.programs)
            os.chmod(os.path.join(self.programs, os.path.basename(path)), 0o755)
        os.chmod(self.credentials, 0o700)

    def give_away(self, *paths):
        for top in paths:
            os.chown(top, self.user.pw_uid, self.user.pw_gid)
            for place, folders, names in os.walk(top):
                for name in folders + names:
                    os.lchown(os.path.join(place, name), self.user.pw_uid, self.user.pw_gid)

    def assert_theirs(self, *paths):
        seen = 0
        for top in paths or (self.storage,):
            for place, folders, names in os.walk(top):
                for name in folders + names:
                    path = os.path.join(place, name)
                    status = os.lstat(path)
                    self.assertEqual((status.st_uid, status.st_gid), (self.user.pw_uid, self.user.pw_gid), path)
                    self.assertFalse(stat.S_IMODE(status.st_mode) & 0o022 and not stat.S_ISLNK(status.st_mode), path)
                    ours = top == self.storage and stat.S_ISREG(status.st_mode) and not os.path.basename(path).startswith("state.sqlite")
                    self.assertEqual(stat.S_IMODE(status.st_mode) & (0o007 if ours else 0), 0, path)
                    seen += 1
        self.assertGreater(seen, 10)

    def program(self, name, *arguments, as_user=None, code=0):
        done = subprocess.run([os.path.join(self.programs, name), *arguments, "--config", self.config], env=self.environment(), capture_output=True,
                              timeout=120, user=as_user, group=as_user and self.user.pw_gid, extra_groups=[] if as_user else None)
        done = Done(done.returncode, done.stdout.decode(), done.stderr.decode())
        self.assertEqual(done.code, code, done.err + done.out)
        return done


class Versions(AsRoot, Case):
    def test_every_verb_that_writes(self):
        self.enter()
        cvat = self.standin()
        target = os.path.join(self.directory, "target.git")
        git("init", "-q", "--bare", "-b", "main", target)
        self.configure(cvat.url, job="projects: [1]", git=f"url: {target}")
        with open(self.config, "a") as file:
            file.write("    archive: {keep: {last: 2}}\n")
        os.chmod(self.config, 0o644)
        os.makedirs(self.storage)
        self.give_away(self.storage, target)

        self.program("autobackupd", "run", "traffic-signs")
        self.assert_theirs(self.storage, target)
        shot = json.loads(self.program("autobackupctl", "snapshots", "--json").out)["snapshots"][0]["id"]
        for words in (("verify",), ("verify", "--level", "spot"), ("drill", "traffic-signs"), ("hold", shot), ("release", shot),
                      ("history",), ("next",), ("prune", "traffic-signs"),
                      ("restore", "traffic-signs", "--to-zip", os.path.join(self.directory, "out.zip"))):
            self.program("autobackupctl", *words)
            self.assert_theirs(self.storage, target)
        self.assertEqual(os.stat(os.path.join(self.directory, "out.zip")).st_uid, 0, "what root restores is root's")

        pack = max((os.path.join(self.vault, "objects/pack", name) for name in os.listdir(os.path.join(self.vault, "objects/pack"))
                    if name.endswith(".pack")), key=os.path.getsize)
        self.flip(pack, os.path.getsize(pack) // 2)
        self.assertIn("mended: ", self.program("autobackupctl", "verify", "--repair").err)
        self.assert_theirs(self.storage, target)
        self.assertTrue(os.path.isdir(os.path.join(self.storage, "damaged")))

        # The daemon's own user goes on with all of it; the secrets are root's, as systemd would hand them over.
        for place, folders, names in os.walk(self.credentials):
            for path in [place] + [os.path.join(place, name) for name in names]:
                os.chown(path, self.user.pw_uid, self.user.pw_gid)
        cvat.mutate("add_shape", task=1)
        self.program("autobackupd", "run", "traffic-signs", as_user=USER)
        self.program("autobackupctl", "verify", as_user=USER)
        self.assert_theirs(self.storage, target)


class Secrets(AsRoot, Case):
    """What root reads before it becomes the storage's owner."""

    def setUp(self):
        super().setUp()
        self.enter()
        self.cvat = self.standin()
        self.asked = self.out("asked")
        self.token = "cat " + os.path.join(self.credentials, "lab-token")
        self.write()
        os.makedirs(self.storage)
        self.give_away(self.storage)

    def write(self, then=None):
        """A token that a command tells."""
        self.configure(self.cvat.url, job="projects: [1]")
        with open(self.config) as file:
            text = file.read()
        command = f"echo $$ >>{self.asked}; {then or self.token}"
        with open(self.config, "w") as file:
            file.write(text.replace("{token: lab-token}", f"{{token: {{command: [/bin/sh, -c, '{command}']}}}}"))
        os.chmod(self.config, 0o644)

    def times(self):
        with open(self.asked) as file:
            return len(file.read().split())

    def test_each_is_asked_for_once_and_only_where_it_is_needed(self):
        self.program("autobackupd", "run", "traffic-signs")
        self.assertEqual(self.times(), 1)
        for level in ("exists", "structure", "checksum"):
            self.program("autobackupctl", "verify", "--level", level)
        self.assertEqual(self.times(), 1)
        self.program("autobackupctl", "verify", "--level", "spot")
        self.assertEqual(self.times(), 2)
        self.assert_theirs(self.storage)

    def test_a_stop_is_heard_meanwhile(self):
        self.program("autobackupd", "run", "traffic-signs")
        self.write("exec sleep 20")
        for words in (("verify", "--level", "spot"), ("verify", "--repair"), ("drill", "traffic-signs")):
            with self.subTest(verb=words):
                os.remove(self.asked)
                process = subprocess.Popen([os.path.join(self.programs, "autobackupctl"), *words, "--config", self.config], env=self.environment(),
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                for clean in (process.stdout.close, process.stderr.close, process.wait, process.kill):
                    self.addCleanup(clean)
                with waiting(20, "the command") as again:
                    while again() and not os.path.exists(self.asked):
                        pass
                done = self.stop(process)
                self.assertEqual(done.code, 5, done.err)


class Mirrors(AsRoot, MirrorCase):
    def test_spot_and_repair(self):
        self.enter()
        server = self.git_server("--create", "a.git")
        path = os.path.join(server.repos, "a.git")
        git("symbolic-ref", "HEAD", "refs/heads/main", cwd=path)
        self.commit(path, "main", {f"{number}.txt": f"{number}\n" * 500 for number in range(20)})
        copies = self.place("copies")
        self.configure_mirrors({"a": f"{server.url}/git/a.git"},
                               extra=f"auth: {{username: bot, password: git-password}}\ncopies: {{url: '{copies}/{{name}}.git'}}")
        os.chmod(self.config, 0o644)
        os.makedirs(self.storage)
        self.give_away(self.storage, copies)
        self.program("autobackupd", "run", "mirrors")
        self.assert_theirs(self.storage, copies)
        self.program("autobackupctl", "verify", "--level", "spot")
        self.assert_theirs(self.storage, copies)
        (pack,) = [os.path.join(self.mirror(), "objects/pack", name) for name in os.listdir(os.path.join(self.mirror(), "objects/pack"))
                   if name.endswith(".pack")]
        self.flip(pack, os.path.getsize(pack) // 2)
        self.assertIn("mended: ", self.program("autobackupctl", "verify", "--repair").err)
        self.assert_theirs(self.storage, copies)
        self.assert_sound(self.mirror())


if __name__ == "__main__":
    unittest.main()
