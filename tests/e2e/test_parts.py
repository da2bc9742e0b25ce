"""Of a backup that the vault holds only what differs is downloaded; whatever looks odd on the way ends in the whole file."""

import glob
import os
import shutil
import subprocess
import time
import unittest
import zipfile

import own_export
from harness import Case, git, stage, token_of

DOWNLOAD = "backup/download"
TAIL, PART = {"Range": r"bytes=-\d"}, {"Range": r"bytes=\d+-\d"}
PICTURE = 200_000
TASK = 10 * PICTURE  # media of one task


class Parts(Case):
    standin_options = ("--seed", "big:3:30:200000:1")
    job = "projects: [1]"

    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.configure(self.cvat.url, job=self.job)
        self.run_job()
        self.cvat.order("log/clear", {})

    def downloads(self):
        return self.cvat.requests(path=DOWNLOAD)

    def sent(self):
        return sum(one["sent"] for one in self.downloads())

    def went_whole(self):
        """Requests for a whole file (or its rest)."""
        return [one for one in self.downloads() if one["status"] == 200]

    def assert_right(self):
        """Member by member what the server's own export holds."""
        self.cvat.order("clear", {})
        self.cvat.order("export", {"kind": "expire"})
        self.cvat.order("export", {"kind": "rebuild"})
        own = own_export.fetch(self.cvat, token_of("admin"), "project", 1)
        held = {name.partition("/")[2]: content for name, content in self.files(self.vault).items()
                if name.startswith("cvat_backup_project_1/")}
        self.assertEqual(sorted(held), sorted(own))
        for name, content in own.items():
            self.assertEqual(held[name], content, name)
        self.assert_sound(self.vault)
        self.assert_no_leftovers()

    def edit_and_run(self, task=1, **options):
        self.cvat.mutate("add_shape", task=task)
        done = self.run_job(**options)
        self.assertEqual(done.report["outcome"], "success", done.report)
        return done

    def assert_parts_after(self, action, headers, count=1, skip=0):
        """A fault that is survived with parts alone."""
        self.cvat.fault(DOWNLOAD, action, count=count, skip=skip, headers=headers)
        done = self.edit_and_run()
        self.assertEqual(self.went_whole(), [])
        self.assertLess(stage(done.item(1), "download")["bytes"], TASK)
        self.assert_right()
        return done

    def assert_whole_after(self, action, headers, count=1, skip=0):
        """A fault after which the whole file is fetched, and the run is green."""
        self.cvat.fault(DOWNLOAD, action, count=count, skip=skip, headers=headers)
        done = self.edit_and_run()
        self.assertEqual(len(self.went_whole()), 1)
        self.assert_right()
        return done


class Spared(Parts):
    def test_a_changed_task_costs_its_texts(self):
        done = self.edit_and_run()
        self.assertEqual(self.went_whole(), [])
        self.assertEqual(stage(done.item(1), "download")["bytes"], self.sent())
        self.assertLess(self.sent(), 1_000_000)
        self.assert_right()

    def test_everything_again_with_force(self):
        report = self.run_job("--force").report
        self.assertEqual(report["items"][0]["outcome"], "unchanged")
        self.assertEqual(self.went_whole(), [])
        self.assertLess(self.sent(), TASK)
        self.assert_right()

    def test_a_picture_that_differs_comes(self):
        """One of the same name and length on a share: its CRC-32 tells."""
        self.cvat.mutate("replace_media", task=2)
        self.edit_and_run(task=2)
        self.assertEqual(self.went_whole(), [])
        self.assertGreater(self.sent(), PICTURE)
        self.assertLess(self.sent(), TASK)
        self.assert_right()

    def test_download_whole(self):
        self.configure(self.cvat.url, job="projects: [1]\ndownload: whole")
        self.edit_and_run()
        self.assertEqual(len(self.went_whole()), 1)
        self.assertGreater(self.sent(), TASK)
        self.assert_right()

    def test_a_task_of_its_own(self):
        self.configure(self.cvat.url, job="projects: none\ntasks: [1]")
        self.run_job()
        self.cvat.order("log/clear", {})
        self.edit_and_run()
        self.assertEqual(self.went_whole(), [])
        self.assertLess(self.sent(), 1_000_000)
        self.assertEqual(self.files(self.vault)["cvat_backup_task_1/annotations.json"],
                         own_export.fetch(self.cvat, token_of("admin"), "task", 1)["annotations.json"])

    def test_the_whole_project_with_dated_zips(self):
        """The ZIP is written from the vault: the file in the spool has holes."""
        self.configure(self.cvat.url, job="projects: [1]\nexport: project")
        with open(self.config, "a") as file:
            file.write("    archive: {}\n")
        done = self.edit_and_run()
        self.assertEqual(self.went_whole(), [])
        self.assertLess(self.sent(), 2 * TASK)
        path = os.path.join(self.storage, done.item(1)["archive"]["path"])
        with zipfile.ZipFile(path) as archive:
            self.assertIsNone(archive.testzip())
            content = {name: archive.read(name) for name in archive.namelist()}
        self.assertEqual(content, own_export.fetch(self.cvat, token_of("admin"), "project", 1))
        self.assert_right()

    def test_not_enough_room_for_the_whole_is_enough_for_the_parts(self):
        """The space is looked at for what comes."""
        free = os.statvfs(self.directory)
        reserve = (free.f_bavail * free.f_frsize - 3_000_000) // 1024
        self.configure(self.cvat.url, job=self.job, top=f"limits: {{reserve: {reserve}KiB}}")
        self.cvat.mutate("add_shape", task=1)
        done = self.call("run", "traffic-signs", "--json")
        if done.code != 0 and "reserve" in done.out:
            self.skipTest("other programs are using up the disk meanwhile")
        self.assertEqual(done.code, 0, done.err)


class NotTrusted(Parts):
    def test_a_folder_that_somebody_else_has_edited(self):
        """The manifest does not describe it any more: everything is fetched."""
        clone = os.path.join(self.directory, "clone")
        git("clone", "-q", self.vault, clone)
        for number in range(10):
            with open(os.path.join(clone, "cvat_backup_project_1", "task_0", "data", f"img_{number:06d}.jpg"), "r+b") as file:
                file.write(b"edited")
        git("commit", "-q", "-a", "-m", "by hand", cwd=clone)
        git("push", "-q", "origin", "main", cwd=clone)
        self.edit_and_run()
        self.assertEqual(len(self.went_whole()), 1)
        self.assert_right()

    def test_blobs_that_a_partial_clone_lacks(self):
        forge = self.git_server("--create", "annotations.git", "--filter")
        shutil.rmtree(self.storage)
        self.configure(self.cvat.url, job=self.job, git=f"url: {forge.url}/noauth/annotations.git")
        self.run_job()
        shutil.rmtree(self.storage)
        done = self.run_job("--force")
        self.assertEqual(done.report["outcome"], "unchanged", done.report)
        missing = subprocess.run(["git", "rev-list", "--objects", "--missing=print", "main"], cwd=self.vault, capture_output=True,
                                 check=True).stdout
        self.assertIn(b"\n?", b"\n" + missing)
        self.cvat.order("log/clear", {})
        self.edit_and_run()
        self.assertEqual(len(self.went_whole()), 3)
        self.assertEqual(self.files(self.vault).keys(), self.files(os.path.join(forge.repos, "annotations.git")).keys())


class Faults(Parts):
    def test_no_ranges_here(self):
        """The whole comes in answer to the first question; that answer is not read to its end."""
        self.cvat.fault(DOWNLOAD, {"drop": {"request": ["Range"]}}, headers=TAIL)
        done = self.edit_and_run()
        self.assertEqual(len(self.went_whole()), 2)
        self.assertEqual(stage(done.item(1), "download")["bytes"], self.went_whole()[-1]["sent"])
        self.assert_right()

    def test_no_etag(self):
        self.assert_whole_after({"drop": {"answer": ["ETag"]}}, TAIL)

    def test_no_content_range(self):
        self.assert_whole_after({"drop": {"answer": ["Content-Range"]}}, TAIL)

    def test_another_file_between_two_parts(self):
        self.cvat.mutate("replace_media", task=1)  # so that a part is needed besides the end
        self.assert_whole_after({"status": 412}, PART)

    def test_another_file_that_a_server_gives_all_the_same(self):
        """Without If-Match a 206 of another file comes: its ETag tells."""
        self.cvat.mutate("replace_media", task=1)
        self.assert_whole_after({"drop": {"answer": ["ETag"]}}, PART)

    def test_a_part_cut_in_the_middle_is_continued(self):
        self.cvat.mutate("replace_media", task=1)
        done = self.assert_parts_after({"cut": 100_000, "with": "fin"}, PART)
        self.assertEqual(stage(done.item(1), "download")["resumed"], 1)

    def test_the_end_cut_in_the_middle_is_continued(self):
        done = self.assert_parts_after({"cut": 100_000, "with": "rst"}, TAIL)
        self.assertEqual(stage(done.item(1), "download")["resumed"], 1)

    def test_a_passing_trouble(self):
        self.cvat.mutate("replace_media", task=1)
        self.assert_parts_after({"status": 503}, PART)

    def test_a_line_that_always_breaks(self):
        """The parts are given up after the configured tries."""
        self.cvat.mutate("replace_media", task=1)
        self.assert_whole_after({"cut": 10, "with": "rst"}, PART, count=3)

    def test_a_flipped_bit_in_a_part(self):
        self.cvat.mutate("replace_media", task=1)
        self.assert_whole_after({"flip": 50_000}, PART)

    def test_a_flipped_bit_in_the_directory(self):
        self.assert_whole_after({"flip": -60}, TAIL)

    def test_the_file_has_expired(self):
        self.cvat.fault(DOWNLOAD, {"status": 404, "body": '"The exported file has expired, please retry exporting"'}, count=2)
        self.edit_and_run()
        self.assert_right()

    def test_a_stop_leaves_nothing_behind(self):
        self.cvat.mutate("add_shape", task=1)
        self.cvat.fault(DOWNLOAD, {"stall": 1000, "seconds": 20}, headers=TAIL)
        process = self.start("run", "traffic-signs", "--json")
        while not self.downloads():
            self.assertIsNone(process.poll())
        done = self.stop(process)
        self.assertEqual(done.code, 5, done.err)
        self.assert_no_leftovers()
        self.cvat.order("clear", {})
        self.run_job()
        self.assert_right()


class Stopped(Parts):
    standin_options = ("--seed", "big:2:4:2000000:1")

    def stop_in_a_part(self, way):
        """Ends a run in the middle of the part that brings a picture of 2 MB; the next one has to ask for the rest alone."""
        self.cvat.mutate("replace_media", task=1)
        self.cvat.mutate("add_shape", task=1)
        self.cvat.fault(DOWNLOAD, {"stall": 1_500_000, "seconds": 20}, headers=PART)
        process = self.start("run", "traffic-signs", "--json")
        growing = os.path.join(self.storage, "spool", "**", "*.parts")
        self.wait_for(lambda: any(os.stat(path).st_blocks * 512 > 1_500_000 for path in glob.glob(growing, recursive=True)), process)
        way(process)
        self.cvat.order("clear", {})
        self.cvat.order("log/clear", {})

    def wait_for(self, condition, process):
        end = time.monotonic() + 30
        while not condition():
            self.assertIsNone(process.poll())
            self.assertLess(time.monotonic(), end, "it never came so far")
            time.sleep(0.01)

    def test_a_stop_in_a_part_goes_on_where_it_was(self):
        def way(process):
            done = self.stop(process)
            self.assertEqual(done.code, 5, done.err)
        self.stop_in_a_part(way)
        done = self.run_job()
        self.assertEqual(self.went_whole(), [])
        self.assertEqual(stage(done.item(1), "download")["resumed"], 1)
        self.assertLess(self.sent(), 1_900_000, "what had come was asked for again")
        self.assert_right()


if __name__ == "__main__":
    unittest.main()
