"""autobackupctl verify --level spot of mirrors: the source is asked again, and what it gives is what is held, or that is told."""

import hashlib
import os
import shutil
import subprocess
import unittest

from harness import git
from large_mirrors import LargeMirrorCase
from mirrors import Asking, MirrorCase
from hub import Hub


class Spots(Asking, MirrorCase):
    def test_the_source_gives_what_is_held(self):
        a = self.source("a")
        self.configure_mirrors({"a": a})
        self.run_mirrors()
        before = self.refs(self.mirror(), ours=True)
        found, said = self.spot()
        self.assertEqual((found["level"], found["good"], found["damaged"]), ("spot", 1, 0), said)
        (one,) = found["copies"]
        self.assertEqual((one["where"], one["path"]), ("source", "a"))
        ref, oid = one["id"].split("@")
        self.assertEqual(git("rev-parse", ref, cwd=a), oid, "what was compared is told")
        self.assertNotIn("warning", said)
        self.assertEqual(self.refs(self.mirror(), ours=True), before)
        run = next(one for one in self.told("history", "mirrors")[0]["runs"] if "check" in one)
        self.assertEqual((run["check"]["kind"], run["outcome"]), ("spot", "success"))
        report = self.told("show", run["run_id"])[0]
        self.assertEqual([one["target"] for one in report["items"][0]["stages"]], [f"{ref}@{oid}"])
        self.assertGreater(report["items"][0]["stages"][0]["bytes"], 100)

    def test_those_that_were_not_asked_for_the_longest_come_first(self):
        names = [f"r{number}" for number in range(7)]
        source = self.source("a")
        self.configure_mirrors({name: source for name in names})
        self.run_mirrors()
        asked = []
        for _ in range(3):
            asked += sorted(one["path"] for one in self.spot()[0]["copies"])
        self.assertEqual(sorted(asked[:6]), names[:6], "of those that never were the first by name")
        self.assertEqual(asked[6:], ["r0", "r1", "r6"])

    def test_what_moved_is_told_and_no_damage(self):
        a = self.source("a")
        self.configure_mirrors({"a": a})
        self.run_mirrors()
        self.commit(a, "main", {"new.txt": "new\n"})
        git("update-ref", "refs/heads/topic", "dev", cwd=a)
        git("update-ref", "-d", "refs/tags/v1", cwd=a)
        git("symbolic-ref", "HEAD", "refs/heads/dev", cwd=a)
        found, said = self.spot()
        self.assertEqual(found["damaged"], 0)
        for words in ("1 ref has moved (refs/heads/main)", "1 is not saved yet (refs/heads/topic)", "1 is gone there (refs/tags/v1)",
                      "HEAD stands for refs/heads/dev", "the next run brings it"):
            self.assertIn(words, said)
        self.assertTrue(found["copies"][0]["id"].startswith("refs/heads/dev@"), "the tip that both have")
        self.run_mirrors()
        self.assertNotIn("moved", self.spot()[1])

    def test_damage_is_found_by_what_the_source_gives(self):
        a = self.source("a")
        git("update-ref", "-d", "refs/heads/dev", cwd=a)
        git("tag", "-d", "v1", cwd=a)
        self.configure_mirrors({"a": a})
        self.run_mirrors()
        blob = git("rev-parse", "main:file.txt", cwd=a)
        mirror = self.mirror()
        rows = git("verify-pack", "-v", self.packs(mirror)[-1], cwd=mirror).splitlines()
        row = next(line.split() for line in rows if line.startswith(blob))
        self.flip(self.packs(mirror)[-1], int(row[4]) + int(row[3]) - 2)
        found, said = self.spot(code=1)
        self.assertEqual(found["damaged"], 1)
        self.assertIn(f"blob {blob}, which the source gives, cannot be read", found["copies"][0]["problems"][0])
        run = next(one for one in self.told("history", "mirrors")[0]["runs"] if "check" in one)
        self.assertEqual((run["outcome"], run["check"]["damaged"]), ("failed", 1))

    def test_a_ref_that_names_nothing_is_damage_whatever_moved(self):
        a = self.source("a")
        self.configure_mirrors({"a": a})
        self.run_mirrors()
        path = os.path.join(self.mirror(), "packed-refs")
        with open(path) as file:
            text = file.read()
        dev = git("rev-parse", "dev", cwd=a)
        with open(path, "w") as file:
            file.write(text.replace(f"{dev} refs/heads/dev", f"{'0' if dev[0] != '0' else '1'}{dev[1:]} refs/heads/dev"))
        found, _ = self.spot(code=1)
        self.assertRegex(found["copies"][0]["problems"][0], f"refs/heads/dev names [0-9a-f]+, which is missing; the source has it at {dev}")

    def test_gone_or_silent_at_the_source_is_no_damage(self):
        a, b = self.source("a"), self.source("b")
        self.configure_mirrors({"a": a, "b": b})
        self.run_mirrors()
        shutil.move(b, b + ".away")
        found, said = self.spot()
        self.assertEqual([one["path"] for one in found["copies"]], ["a"])
        self.assertIn("b is no longer at the source, its copy stays", said)
        shutil.move(b + ".away", b)
        server = self.git_server("--create", "c.git")
        self.commit(os.path.join(server.repos, "c.git"), "main", {"c": "c"})
        self.configure_mirrors({"c": f"{server.url}/noauth/c.git"})
        self.run_mirrors()
        server.stop()
        done = self.ask("verify", "--level", "spot")
        self.assertEqual(done.code, 1, done.out)
        self.assertNotIn("damaged", done.out)
        self.configure_mirrors({"a": a})
        found, said = self.spot()
        self.assertEqual([one["path"] for one in found["copies"]], ["a"], "what is no longer configured has no source")

    def test_a_source_that_is_reached_through_ssh(self):
        ssh = self.ssh_server("--create", "a.git")
        path = os.path.join(ssh.repos, "a.git")
        for number in range(3):
            self.commit(path, "main", {"file.txt": f"{number}\n" + os.urandom(200).hex()})
        self.secret("ssh-key", ssh.key())
        self.configure_mirrors({"a": ssh.url("a.git")}, extra=f"auth: {{ssh_key: ssh-key, known_hosts: {ssh.file('known_hosts')}}}\n")
        self.run_mirrors()
        found, said = self.spot()
        self.assertEqual((found["good"], found["damaged"]), (1, 0), said)
        ref, oid = found["copies"][0]["id"].split("@")
        self.assertEqual((ref, git("rev-parse", ref, cwd=path)), ("refs/heads/main", oid))
        report = self.told("show", next(one for one in self.told("history", "mirrors")[0]["runs"] if "check" in one)["run_id"])[0]
        self.assertGreater(report["items"][0]["stages"][0]["bytes"], 200)
        mirror = self.mirror()
        self.flip(self.packs(mirror)[-1], os.path.getsize(self.packs(mirror)[-1]) // 2)
        self.assertEqual(self.spot(code=1)[0]["damaged"], 1)
        os.rename(path, path + ".away")
        done = self.ask("verify", "--level", "spot")  # nothing is left to compare with
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("a is no longer at the source", done.err)

    def test_a_large_tip_comes_without_its_files_or_not_at_all(self):
        """The limit is a gibibyte: a sparse-looking file that git packs to nothing."""
        server = self.git_server("--create", "a.git", "--filter", "--create", "b.git")
        path = os.path.join(server.repos, "a.git")
        big = os.path.join(self.directory, "big")
        with open(big, "wb") as file:
            file.truncate(1100 << 20)
        blob = git("-c", "core.bigFileThreshold=1m", "-c", "core.compression=1", "hash-object", "-w", big, cwd=path)
        environment = {**os.environ, "GIT_DIR": path, "GIT_INDEX_FILE": os.path.join(self.directory, "big-index"), "GIT_AUTHOR_NAME": "t",
                       "GIT_AUTHOR_EMAIL": "t@t", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@t"}
        subprocess.run(["git", "update-index", "--add", "--cacheinfo", f"100644,{blob},big"], env=environment, check=True)
        tree = subprocess.run(["git", "write-tree"], env=environment, check=True, capture_output=True).stdout.decode().strip()
        commit = subprocess.run(["git", "commit-tree", "-m", "big", tree], env=environment, check=True, capture_output=True).stdout.decode().strip()
        git("update-ref", "refs/heads/main", commit, cwd=path)
        other = os.path.join(server.repos, "b.git")
        shutil.copytree(os.path.join(path, "objects"), os.path.join(other, "objects"), dirs_exist_ok=True)
        git("update-ref", "refs/heads/main", commit, cwd=other)
        self.configure_mirrors({"a": f"{server.url}/noauth/a.git", "b": f"{server.url}/noauth/b.git"})
        self.run_mirrors()
        found, said = self.spot()
        self.assertEqual(found["damaged"], 0)
        ids = {one["path"]: one["id"] for one in found["copies"]}
        self.assertTrue(ids["a"].startswith("refs/heads/main@"), said)
        self.assertIsNone(ids["b"])
        self.assertIn("only the refs were compared", said)
        report = self.told("show", next(one for one in self.told("history", "mirrors")[0]["runs"] if "check" in one)["run_id"])[0]
        self.assertLess(sum(stage["bytes"] for item in report["items"] for stage in item["stages"]), 100_000)

    def test_it_can_be_planned(self):
        a = self.source("a")
        self.configure_mirrors({"a": a})
        with open(self.config, "a") as file:
            file.write("    checks: {spot: monthly}\n")
        done = self.call("check-config")
        self.assertEqual((done.code, "cvat: source" in done.err), (0, False), done.err)
        self.assertIn("a check spot".split()[-1], self.call("check-config", "--show").out)
        with open(self.config) as file:
            text = file.read()
        with open(self.config, "w") as file:
            file.write(text.replace("spot: monthly", "drill: monthly"))
        self.assertIn("'drill' is for a cvat: source", self.call("check-config").err)


class LargeSpots(Asking, LargeMirrorCase):
    def setUp(self):
        super().setUp()
        self.content = os.urandom(30_000)
        self.oid = hashlib.sha256(self.content).hexdigest()
        self.commit_large("a", {"x.bin": self.content})
        self.configure_mirrors({"a": f"http://127.0.0.1:{self.forge.port}/git/a.git"}, extra="auth: {username: bot, password: git-password}\n")
        self.run_mirrors()
        self.large = self.object("a", self.content)

    def test_a_large_file_is_downloaded_again(self):
        self.lfs.order("clear")
        found, said = self.spot()
        self.assertEqual((found["damaged"], "warning" in said), (0, False), said)
        self.assertEqual(len(self.lfs.requests("GET", self.oid)), 1, self.lfs.requests())

    def test_a_damaged_or_missing_one_is_told(self):
        self.flip(self.large, 1000)
        found, _ = self.spot(code=1)
        self.assertIn(f"large file {self.oid}, which the source gives, cannot be read", found["copies"][0]["problems"][0])
        os.remove(self.large)
        found, _ = self.spot(code=1)
        self.assertIn(self.oid, found["copies"][0]["problems"][0])

    def test_a_source_without_it_is_no_damage(self):
        os.remove(os.path.join(self.lfs.objects, "git_a.git", self.oid))
        found, said = self.spot()
        self.assertEqual(found["damaged"], 0)
        self.assertIn(f"the source does not give the large file {self.oid}", said)


class GithubSpots(Asking, Hub):
    def test_repositories_wikis_and_tokens(self):
        self.describe("organization: acme\nwikis: true")
        self.run_code()
        held = set()
        while len(held) < 30 and not ("acme/app" in held and any(name.endswith(".wiki") for name in held)):
            before = len(held)
            found, said = self.spot()
            self.assertEqual(found["damaged"], 0, found)
            held |= {one["path"] for one in found["copies"]}
            self.assertGreater(len(held), before, "each has its turn")
        self.assertNotIn(self.hub.token("alice"), said)


if __name__ == "__main__":
    unittest.main()
