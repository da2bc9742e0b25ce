"""autobackupctl snapshots and restore: every version comes back, from every kind of copy, as the server itself would give it."""

import os
import shutil
import signal
import subprocess
import time
import unittest
import zipfile

import own_export
from harness import git, token_of, waiting
from restore_case import RestoreCase
from servers import LfsServer

KEYS = {"id", "job", "item", "name", "time", "bytes", "where", "commit", "archive", "verified", "restorable", "reason", "held"}


class Snapshots(RestoreCase):
    def test_every_version_and_where_it_lies(self):
        item = self.back_up().item(1)
        self.cvat.mutate("add_shape", task=1)
        self.run_job("--no-push")
        first, second = self.snapshots()
        self.assertEqual(set(first), KEYS)
        self.assertEqual((first["job"], first["item"], first["name"]), ("traffic-signs", "project:1", "Demo project"))
        self.assertEqual(first["where"], ["vault", "archive", self.target])
        self.assertEqual(second["where"], ["vault", "archive"])
        self.assertEqual(first["commit"], item["commit"])
        self.assertEqual(first["archive"], self.zips()[0])
        self.assertEqual(first["bytes"], os.path.getsize(self.zips()[0]))
        self.assertRegex(first["id"], r"^project-1@\d{8}T\d{6}Z$")
        self.assertEqual(first["verified"]["level"], "checksum")
        self.assertEqual((first["restorable"], first["reason"], first["held"]), (True, None, False))
        self.assertEqual(self.snapshots("traffic-signs"), [first, second])
        table = self.good("snapshots").out
        self.assertIn(first["id"], table)
        self.assertIn("SNAPSHOT", table)
        unknown = self.ask("snapshots", "trafic-signs")
        self.assertEqual(unknown.code, 2)
        self.assertIn('did you mean "traffic-signs"', unknown.err)

    def test_a_copy_needs_neither_configuration_nor_daemon(self):
        forge = self.git_server("--create", "a.git", "--filter")
        url = f"{forge.url}/noauth/a.git"
        self.back_up(git_lines=f"url: {url}")
        clone, bare = self.out("clone"), self.out("bare.git")
        git("clone", "-q", url, clone)
        git("clone", "-q", "--bare", url, bare)
        archives = self.out("copied/traffic-signs")
        shutil.copytree(os.path.join(self.storage, "archives/traffic-signs"), archives)
        own = self.snapshots()[0]
        for place, where in {clone: ["vault"], bare: ["vault"], self.vault: ["vault"], archives: ["archive"], self.out("copied"): ["archive"],
                             self.storage: ["vault", "archive"], url: [url], "file://" + bare: ["file://" + bare]}.items():
            found = self.snapshots("--from", place, config=False)
            one = next(one for one in found if one["where"] == where)
            self.assertEqual((one["id"], one["bytes"], one["name"], one["restorable"]), (own["id"], own["bytes"], own["name"], True), place)
        nothing = self.ask("snapshots", "--from", self.out("nowhere"), config=False)
        self.assertEqual(nothing.code, 2)
        self.assertIn("there is nothing of this name", nothing.err)


class Restore(RestoreCase):
    def assert_as_own(self, path, kind="project", number=1):
        """Members, their order, headers and contents are those of the server's own export; unzip is content."""
        own = self.out("own.zip")
        with open(own, "wb") as file:
            file.write(own_export.fetch_zip(self.cvat, token_of("admin"), kind, number))
        with zipfile.ZipFile(own) as theirs, zipfile.ZipFile(path) as ours:
            a, b = ours.infolist(), theirs.infolist()
            self.assertEqual([one.filename for one in a], [one.filename for one in b])
            for mine, its in zip(a, b):
                self.assertEqual((mine.compress_type, mine.flag_bits, mine.external_attr, mine.CRC, mine.file_size, mine.extra, mine.create_system,
                                  mine.header_offset), (its.compress_type, its.flag_bits, its.external_attr, its.CRC, its.file_size, its.extra,
                                                        its.create_system, its.header_offset), mine.filename)
                self.assertEqual(ours.read(mine), theirs.read(its), mine.filename)
        self.assertEqual(os.path.getsize(path), os.path.getsize(own))
        self.assertEqual(subprocess.run(["unzip", "-tqq", path], check=False, capture_output=True).returncode, 0)

    def test_a_zip_from_every_kind_of_copy_is_the_servers_own(self):
        forge = self.git_server("--create", "a.git", "--filter")
        url = f"{forge.url}/noauth/a.git"
        self.back_up(git_lines=f"url: {url}")
        clone = self.out("clone")
        git("clone", "-q", url, clone)
        for number, place in enumerate([["traffic-signs", "--from", "vault"], ["traffic-signs", "--from", "archive"], ["--from", clone], ["--from", url],
                                        ["--from", os.path.join(self.storage, "archives")], ["traffic-signs"]]):
            path = self.out(f"{number}.zip")
            self.good("restore", *place, "--to-zip", path, config=len(place) > 0 and place[0] == "traffic-signs")
            self.assert_as_own(path)
            self.assertEqual(self.read(path), self.read(self.zips()[0]), place)
        with open(self.out("piped.zip"), "wb") as file:
            self.assertEqual(self.ask("restore", "traffic-signs", "--to-zip", "-", stdout=file).code, 0)
        self.assertEqual(self.read(self.out("piped.zip")), self.read(self.zips()[0]))
        for words in ('restore traffic-signs --to-zip /dev/stdout --force | cat >"$2"', 'restore traffic-signs --to-zip >(cat >"$2") --force && wait $!'):
            os.remove(self.out("piped.zip"))
            done = subprocess.run(["/bin/bash", "-c", 'set -o pipefail; "$1" --config "$3" ' + words, "bash", self.ctl, self.out("piped.zip"), self.config],
                                  env=self.environment(), capture_output=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.read(self.out("piped.zip")), self.read(self.zips()[0]), words)

    def test_byte_for_byte_what_the_server_gave(self):
        self.back_up(job="projects: [1]\nexport: project")
        self.good("restore", "traffic-signs", "--from", "vault", "--to-zip", self.out("v.zip"))
        # The server's cache gives the same file again.
        own = own_export.fetch_zip(self.cvat, token_of("admin"), "project", 1)
        self.assertEqual(self.read(self.out("v.zip")), own)

    def test_the_server_takes_it_and_gives_back_an_equal_project(self):
        self.back_up()
        self.good("restore", "traffic-signs", "--to-zip", self.out("p.zip"))
        token = token_of("admin")
        before = own_export.fetch(self.cvat, token, "project", 1)
        after = own_export.fetch(self.cvat, token, "project", own_export.restore(self.cvat, token, "project", self.out("p.zip")))
        self.assertEqual(after, before)

    def test_a_task_out_of_a_project(self):
        self.back_up()
        for place in ("vault", "archive"):
            path = self.out(place + ".zip")
            self.good("restore", "traffic-signs", "--from", place, "--item", "task:1", "--to-zip", path)
            self.assertEqual(self.members(path), own_export.fetch(self.cvat, token_of("admin"), "task", 1))
        self.assertGreater(own_export.restore(self.cvat, token_of("admin"), "task", self.out("vault.zip")), 1)
        none = self.ask("restore", "traffic-signs", "--item", "task:4", "--to-zip", self.out("n.zip"))
        self.assertEqual(none.code, 2)
        self.assertFalse(os.path.exists(self.out("n.zip")))

    def test_an_older_version(self):
        self.back_up(archive=None)
        old = self.files(self.vault)
        time.sleep(1.1)
        self.cvat.mutate("add_shape", task=1)
        self.run_job()
        first, second = self.snapshots()
        for choice in (["--at", first["time"]], ["--snapshot", first["id"]]):
            self.good("restore", "traffic-signs", *choice, "--to-zip", self.out("a.zip"), "--force")
            expected = {name.split("/", 1)[1]: content for name, content in old.items() if "/" in name}
            self.assertEqual(self.members(self.out("a.zip")), expected)
        self.good("restore", "traffic-signs", "--to-zip", self.out("a.zip"), "--force")
        self.assert_as_own(self.out("a.zip"))
        early = self.ask("restore", "traffic-signs", "--at", "2020-01-01", "--to-zip", self.out("b.zip"))
        self.assertEqual(early.code, 2)
        self.assertIn("the oldest is " + first["id"], early.err)
        self.assertIn(second["id"], self.good("restore", "traffic-signs", "--to-zip", self.out("b.zip"), "--dry-run").out)
        self.assertFalse(os.path.exists(self.out("b.zip")))

    def test_several_items_must_be_named(self):
        self.back_up(job="projects: [1, 2]")
        several = self.ask("restore", "traffic-signs", "--to-zip", self.out("a.zip"))
        self.assertEqual(several.code, 2)
        self.assertIn("project:1", several.err)
        self.assertIn("project:2", several.err)
        self.good("restore", "traffic-signs", "--item", "project:2", "--to-zip", self.out("a.zip"))

    def test_nothing_is_overwritten_and_nothing_half_made_is_left(self):
        self.back_up()
        with open(self.out("a.zip"), "w") as file:
            file.write("mine")
        self.assertEqual(self.ask("restore", "traffic-signs", "--to-zip", self.out("a.zip")).code, 2)
        self.assertEqual(self.read(self.out("a.zip")), b"mine")
        with open("/dev/full", "wb") as full:
            self.assertEqual(self.ask("restore", "traffic-signs", "--to-zip", "-", stdout=full).code, 1)
        before = sorted(os.listdir(self.directory))
        self.flip(self.zips()[0], 60)
        damaged = self.ask("restore", "traffic-signs", "--from", "archive", "--to-zip", self.out("b.zip"))
        self.assertEqual(damaged.code, 1)
        self.assertIn("SHA-256", damaged.err)
        self.assertEqual(sorted(os.listdir(self.directory)), before)
        other = self.told("restore", "traffic-signs", "--to-zip", self.out("b.zip"))
        self.assertEqual(other["from"], "the vault")
        self.assertIn("restored from the vault instead", other["warnings"][-1])
        self.assert_as_own(self.out("b.zip"))

    def test_files(self):
        self.back_up()
        self.good("restore", "traffic-signs", "--to-directory", self.out("files"))
        own = own_export.fetch(self.cvat, token_of("admin"), "project", 1)
        for name, content in own.items():
            self.assertEqual(self.read(os.path.join(self.out("files"), name)), content)

    def test_the_history_as_bundle_and_into_another_repository(self):
        self.back_up(archive=None)
        time.sleep(1.1)
        self.cvat.mutate("add_shape", task=1)
        self.run_job()
        self.good("restore", "traffic-signs", "--to-bundle", self.out("a.bundle"))
        git("bundle", "verify", self.out("a.bundle"), cwd=self.vault)
        git("clone", "-q", "-b", "main", self.out("a.bundle"), self.out("clone"))
        tip = git("rev-parse", "main", cwd=self.vault)
        self.assertEqual(git("rev-parse", "HEAD", cwd=self.out("clone")), tip)
        self.assert_sound(self.out("clone"))
        forge = self.git_server("--create", "new.git")
        url = f"{forge.url}/git/new.git"
        with open(self.out("password"), "w") as file:
            file.write("bot-password\n")
        login = ["--username", "bot", "--password-file", self.out("password")]
        refused = self.ask("restore", "traffic-signs", "--to-git", url)
        self.assertEqual(refused.code, 1)
        pushed = self.told("restore", "traffic-signs", "--to-git", url, *login)
        self.assertTrue(pushed["changed"])
        new = os.path.join(forge.repos, "new.git")
        self.assertEqual(git("rev-parse", "main", cwd=new), tip)
        self.assert_sound(new)
        self.assertFalse(self.told("restore", "traffic-signs", "--to-git", url, *login)["changed"])
        first = self.snapshots()[0]
        self.good("restore", "traffic-signs", "--snapshot", first["id"], "--to-git", url, "--ref", "old", *login)
        self.assertEqual(git("rev-parse", "old", cwd=new), first["commit"])
        other = self.out("other")
        git("init", "-q", "-b", "main", other)
        git("commit", "-q", "--allow-empty", "-m", "theirs", cwd=other)
        git("push", "-q", new, "main:refs/heads/theirs", cwd=other)
        theirs = self.ask("restore", "traffic-signs", "--to-git", url, "--ref", "theirs", *login)
        self.assertEqual(theirs.code, 1)
        self.assertIn("nothing is overwritten", theirs.err)

    def test_a_stop_leaves_nothing(self):
        forge = self.git_server("--create", "a.git", "--filter")
        self.back_up(git_lines=f"url: {forge.url}/noauth/a.git")
        stalled = self.proxy(forge.port, "down:stall:1500:60")
        temporary = self.place("tmp")
        process = subprocess.Popen([self.ctl, "restore", "--from", f"http://127.0.0.1:{stalled.port}/noauth/a.git", "--to-zip", self.out("a.zip"),
                                    "--config", "/nonexistent"], env=self.environment(TMPDIR=temporary), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with waiting(20, "the fetch to begin") as again:
            while not os.listdir(temporary):
                again()
        time.sleep(1)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=15)
        self.assertEqual(process.returncode, 5, err)
        self.assertEqual(os.listdir(temporary), [])
        self.assertFalse(os.path.exists(self.out("a.zip")))


class Ssh(RestoreCase):
    def test_a_target_through_ssh_with_the_jobs_own_key(self):
        forge = self.ssh_server("--create", "a.git")
        self.secret("git-key", forge.key())
        url = forge.url("a.git")
        self.back_up(git_lines=f"url: {url}\nauth: {{ssh_key: git-key, known_hosts: {forge.file('known_hosts')}}}")
        temporary = self.place("tmp")
        shown = self.snapshots("--from", url, TMPDIR=temporary)[0]["where"]
        self.assertEqual(len(shown), 1)
        self.assertNotIn("@127.0.0.1", shown[0])
        self.good("restore", "--from", url, "--to-zip", self.out("a.zip"), TMPDIR=temporary)
        self.assertEqual(self.read(self.out("a.zip")), self.read(self.zips()[0]))
        left = [name for _, folders, names in os.walk(temporary) for name in folders + names]
        self.assertEqual([name for name in left if not name.startswith("autobackupctl-ssh-")], [])


class LargeFiles(RestoreCase):
    def test_large_files_take_the_place_of_their_pointers(self):
        self.secret("git-password", "git-password-value")
        lfs = LfsServer(self.place("lfs"))
        self.addCleanup(lfs.stop)
        forge = self.git_server("--create", "annotations.git", "--filter", "--password", "git-password-value", "--lfs", str(lfs.port))
        url = f"{forge.url}/git/annotations.git"
        self.back_up(archive=None, git_lines=f"url: {url}\nauth: {{username: bot, password: git-password}}\nlarge_file_limit: 2000B")
        own = own_export.fetch(self.cvat, token_of("admin"), "project", 1)
        password = os.path.join(self.credentials, "git-password")
        shutil.copy(password, self.out("password"))
        plain = self.out("clone")
        git("clone", "-q", f"http://bot:git-password-value@127.0.0.1:{forge.port}/git/annotations.git", plain)
        pointers = self.ask("restore", "--from", plain, "--to-zip", self.out("p.zip"), config=False)
        self.assertEqual(pointers.code, 1)
        self.assertIn("large files are not in", pointers.err)
        for number, place in enumerate([["traffic-signs"], ["--from", url, "--username", "bot", "--password-file", self.out("password")], ["--from", url]]):
            path = self.out(f"{number}.zip")
            self.good("restore", *place, "--to-zip", path, config=number != 1)
            self.assertEqual(self.members(path), own)
        bundle = self.ask("restore", "traffic-signs", "--to-bundle", self.out("a.bundle"))
        self.assertEqual(bundle.code, 3, bundle.err)
        self.assertIn("not in the bundle", bundle.err)


class Memory(RestoreCase):
    standin_options = ("--seed", "big:2:120:1048576:1")

    def test_memory_stays_flat(self):
        self.back_up(job="projects: all")
        (one,) = self.snapshots()
        self.assertGreater(one["bytes"], 120 << 20)
        for place in ("vault", "archive"):
            process = subprocess.Popen([self.ctl, "restore", "traffic-signs", "--from", place, "--to-zip", self.out(place + ".zip"), "--config", self.config],
                                       env=self.environment(), stderr=subprocess.PIPE)
            process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            process.stderr.close()
            self.assertEqual(process.returncode, 0)
            self.assertLess(usage.ru_maxrss, 64 << 10, place)
        self.assertEqual(self.read(self.out("vault.zip")), self.read(self.out("archive.zip")))


if __name__ == "__main__":
    unittest.main()
