"""autobackupctl and a slip of the hand: a password in a URL, a storage that is not mounted, a file that is there, a job that is none."""

import os
import shutil
import stat
import subprocess
import threading
import unittest

from harness import binary
from restore_case import RestoreCase

SECRET = "s3cretpw"


class Slips(RestoreCase):
    def test_a_password_in_a_url_is_refused_and_never_printed(self):
        self.back_up()
        for host in (f"http://bot:{SECRET}@127.0.0.1:1/x.git", f"https://{SECRET}@127.0.0.1:1/x.git", f"http://bot:{SECRET}/x@127.0.0.1:1/x.git",
                     f"http:/bot:{SECRET}@127.0.0.1/x.git", f"ftp://bot:{SECRET}@127.0.0.1/x.git", f"file://bot:{SECRET}@h/x.git",
                     f"ssh://bot:{SECRET}@127.0.0.1/x.git", f"http://bot:{SECRET}@[::1/x", f"HTTP://bot:{SECRET}@h:99999/"):
            for arguments in (["snapshots", "--from", host], ["snapshots", host], ["restore", "--from", host, "--to-zip", self.out("a.zip")],
                              ["restore", "traffic-signs", "--to-git", host], ["restore", "traffic-signs", "--to-git", host, "--dry-run"],
                              ["restore", "traffic-signs", "--to-cvat", host], ["restore", "traffic-signs", "--to-cvat", host, "--dry-run"],
                              ["drill", "traffic-signs", "--to-cvat", host], ["verify", host], ["verify", "--from", host], ["history", host],
                              ["verify", "traffic-signs", host], ["snapshots", f"--form={host}"]):
                done = self.ask(*arguments, "--log-level", "trace")
                self.assertEqual(done.code, 2, (arguments, done.err))
                self.assertNotIn(SECRET, done.out + done.err, arguments)
                self.assertTrue(done.err, arguments)
        told = self.ask("snapshots", "--from", f"http://bot:{SECRET}@h.example.org/x.git").err
        self.assertIn("--from http://h.example.org/x.git: a user name or password in a URL is not allowed", told)
        named = self.ask("restore", "traffic-signs", "--to-git", "ssh://botuser@h.example.org/x.git", "--dry-run")
        self.assertEqual(named.code, 0, named.err)
        self.assertNotIn("botuser", named.out)

    def test_a_storage_that_is_not_there_is_no_good_backup(self):
        self.back_up()
        self.good("verify")
        away = self.out("away")
        os.rename(self.storage, away)
        for verb in (["verify"], ["verify", "traffic-signs"], ["drill", "traffic-signs"], ["snapshots"], ["restore", "traffic-signs", "--to-zip", self.out("a.zip")]):
            done = self.ask(*verb)
            self.assertEqual(done.code, 1, (verb, done.out))
            self.assertIn("mounted", done.err)
            self.assertFalse(os.path.exists(self.storage), verb)
        os.mkdir(self.storage)  # the mount point
        for verb in (["verify"], ["drill", "traffic-signs"]):
            done = self.ask(*verb)
            self.assertEqual(done.code, 1, (verb, done.out))
            self.assertEqual(os.listdir(self.storage), [], verb)
        os.rmdir(self.storage)
        os.rename(away, self.storage)
        for name in ("vaults", "archives"):
            shutil.rmtree(os.path.join(self.storage, name))
        for verb in (["verify"], ["drill", "traffic-signs"]):
            self.assertEqual(self.ask(*verb).code, 1, verb)

    def test_nothing_saved_yet_is_told(self):
        self.cvat.fault("/api/*", {"status": 500}, count=200)
        self.configure(self.cvat.url)
        self.run_job(code=1)
        shutil.rmtree(os.path.join(self.storage, "vaults"))  # made for what did not come
        done = self.ask("verify")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("nothing was saved yet", done.err)

    def test_a_dry_run_refuses_what_the_real_one_would(self):
        self.back_up()
        there = self.out("there")
        with open(there, "w") as file:
            file.write("mine")
        for option in ("--to-zip", "--to-bundle", "--to-directory"):
            for dry in ([], ["--dry-run"]):
                done = self.ask("restore", "traffic-signs", option, there, *dry)
                self.assertEqual(done.code, 2, (option, dry))
                self.assertIn("write", done.err)
        self.assertEqual(self.read(there), b"mine")
        self.assertEqual(self.ask("restore", "traffic-signs", "--to-zip", there, "--force", "--dry-run").code, 0)
        bundle = self.ask("restore", "traffic-signs", "--to-bundle", "-")
        self.assertEqual(bundle.code, 2)
        self.assertIn("--to-bundle -", bundle.err)

    def test_force_replaces_no_device_fifo_or_link(self):
        self.back_up()
        whole = self.read(self.zips()[0])
        target, link, fifo = self.out("target.zip"), self.out("link.zip"), self.out("fifo")
        with open(target, "w") as file:
            file.write("old")
        os.symlink("target.zip", link)
        self.good("restore", "traffic-signs", "--to-zip", link, "--force")
        self.assertTrue(os.path.islink(link))
        self.assertEqual(self.read(target), whole)
        os.mkfifo(fifo)
        read = []
        reader = threading.Thread(target=lambda: read.append(self.read(fifo)))
        reader.start()
        self.good("restore", "traffic-signs", "--to-zip", fifo, "--force")
        reader.join(30)
        self.assertEqual(read, [whole])
        self.assertTrue(stat.S_ISFIFO(os.stat(fifo).st_mode))
        self.assertEqual(self.ask("restore", "traffic-signs", "--to-bundle", fifo, "--force").code, 2)
        self.assertTrue(stat.S_ISFIFO(os.stat(fifo).st_mode))
        link_to_null = self.out("null")
        os.symlink("/dev/null", link_to_null)
        self.good("restore", "traffic-signs", "--to-zip", link_to_null, "--force")
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))
        self.assertTrue(os.path.islink(link_to_null))

    def test_history_of_a_job_that_is_none(self):
        self.back_up()
        done = self.ask("history", "trafic-signs")
        self.assertEqual((done.code, done.out), (2, ""))
        self.assertIn('did you mean "traffic-signs"', done.err)
        self.good("history", "traffic-signs")

    def test_versions_help_and_lost_output(self):
        for program in (self.ctl, binary()):
            for arguments in ([program, "--version"], *([[program, "run", "--version"]] if program == binary() else [])):
                out = subprocess.run(arguments, env=self.environment(), capture_output=True, check=True).stdout.decode()
                for library in ("Boost 1.", "libgit2 ", "OpenSSL ", "SQLite 3", "zlib ", "yaml-cpp 0.", "spdlog ", "fmt ", "libdeflate ", "libsystemd ", "CLI11 "):
                    self.assertIn(library, out, arguments)
        self.configure(self.cvat.url)
        self.assertIn("--yes", self.good("restore", "--help").out)
        for arguments in ([binary(), "--version"], [binary(), "--help"], [binary(), "check-config", "--json", "--config", self.config],
                          [binary(), "check-config", "--show", "--config", self.config], [binary(), "schema"], [self.ctl, "--version"],
                          [self.ctl, "restore", "--help"]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run(arguments, env=self.environment(), stdout=full, stderr=subprocess.PIPE, timeout=60)
            self.assertEqual(done.returncode, 1, arguments)
            self.assertIn(b"standard output", done.stderr, arguments)


if __name__ == "__main__":
    unittest.main()
