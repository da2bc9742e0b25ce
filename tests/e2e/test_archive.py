"""Dated ZIPs: names, manifests, content, and what is kept of them."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import unittest
import zipfile

import own_export
from harness import SAMPLES, Case, stage, token_of

NAME = re.compile(r"\d{8}T\d{6}Z(-\d+)?\.zip")


class Archives(Case):
    job = "projects: [1]"

    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.configure_archive("{}")

    def configure_archive(self, archive, job=None):
        self.configure(self.cvat.url, job=job or self.job)
        with open(self.config, "a") as file:
            file.write(f"    archive: {archive}\n")

    def zips(self, item="project-1"):
        folder = os.path.join(self.storage, "archives", "traffic-signs", item)
        return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".zip"))

    def members(self, path):
        with zipfile.ZipFile(path) as archive:
            self.assertIsNone(archive.testzip())
            return {one.filename: archive.read(one) for one in archive.infolist()}

    def assert_good(self, path, item, kind="project", number=1):
        """The file, its report, its manifest and the server's own export agree."""
        self.assertRegex(os.path.basename(path), NAME)
        with open(path, "rb") as file:
            content = file.read()
        digest = hashlib.sha256(content).hexdigest()
        self.assertEqual(item["archive"], {"path": os.path.relpath(path, self.storage), "bytes": len(content), "sha256": digest})
        self.assertEqual(stage(item, "archive")["outcome"], "ok")
        self.assertEqual(self.members(path), own_export.fetch(self.cvat, token_of("admin"), kind, number))
        if shutil.which("unzip"):
            self.assertEqual(subprocess.run(["unzip", "-tqq", path], check=False, capture_output=True).returncode, 0)
        with open(path.removesuffix("zip") + "json") as file:
            manifest = json.load(file)
        self.assertIn(digest, json.dumps(manifest))
        self.assertIn(item["commit"], json.dumps(manifest))
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o640)
        self.assertEqual(os.stat(os.path.dirname(path)).st_mode & 0o777, 0o750)
        return manifest

    def test_one_that_failed_is_made_by_the_next_run(self):
        folder = os.path.join(self.storage, "archives", "traffic-signs", "project-1")
        os.makedirs(os.path.dirname(folder))
        with open(folder, "w"):
            pass  # no directory can be made there
        done = self.run_job(code=3)
        self.assertEqual([one["operation"] for one in done.errors(1)], ["make directory"])
        os.remove(folder)
        report = self.run_job().report
        item = report["items"][0]
        self.assertEqual((report["outcome"], item["outcome"]), ("success", "unchanged"))
        path = self.zips()[0]
        with open(path, "rb") as file:
            content = file.read()
        told = {"path": os.path.relpath(path, self.storage), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        self.assertEqual(stage(item, "archive")["bytes"], len(content))
        commit = subprocess.run(["git", "-c", "safe.directory=*", "rev-parse", "main"], cwd=self.vault, capture_output=True, text=True, check=True)
        self.assert_good(path, {**item, "archive": told, "commit": commit.stdout.strip()})
        self.assertEqual(self.run_job("--force").report["outcome"], "unchanged")
        self.assertEqual(len(self.zips()), 1)

    def test_a_first_one(self):
        done = self.run_job()
        self.assertEqual(len(self.zips()), 1)
        manifest = self.assert_good(self.zips()[0], done.item(1))
        self.assertEqual(manifest["format"], 1)
        subject = subprocess.run(["git", "log", "-1", "--format=%s", "main"], cwd=self.vault, capture_output=True, text=True,
                                 check=True).stdout
        self.assertIn(os.path.basename(self.zips()[0]), subject)

    def test_the_members_lie_as_the_server_lays_them(self):
        """Order, STORED, attributes and the sizes in every header: what the server's own restore expects."""
        self.run_job()
        with zipfile.ZipFile(self.zips()[0]) as ours, zipfile.ZipFile(self.sample()) as own:
            mine, theirs = ours.infolist(), own.infolist()
            self.assertEqual([one.filename for one in mine], [one.filename for one in theirs])
            for a, b in zip(mine, theirs):
                self.assertEqual((a.compress_type, a.flag_bits, a.external_attr, a.CRC, a.file_size, a.extra, a.create_system),
                                 (b.compress_type, b.flag_bits, b.external_attr, b.CRC, b.file_size, b.extra, b.create_system), a.filename)

    def sample(self):
        return os.path.join(SAMPLES, "project-images-video-gt-skeleton-guide.zip")

    def test_the_manifest_carries_a_checksum_of_itself(self):
        self.run_job()
        path = self.zips()[0].removesuffix("zip") + "json"
        with open(path) as file:
            text = file.read()
        head, _, tail = text.rpartition('\n "checksum": "sha256:')
        self.assertEqual(tail[:64], hashlib.sha256(head.encode()).hexdigest())
        self.assertEqual(tail[64:], '"\n}\n')
        self.assertEqual([one["name"] for one in json.loads(text)["members"]], list(self.members(self.zips()[0])))

    def test_equal_content_makes_no_second(self):
        self.run_job()
        self.assertEqual(self.run_job("--force").item(1)["outcome"], "unchanged")
        self.assertEqual(len(self.zips()), 1)

    def test_only_details_make_none(self):
        self.run_job()
        self.cvat.mutate("set_job", task=1, index=1, assignee=3)
        item = self.run_job().item(1)
        self.assertEqual(item["outcome"], "saved")
        self.assertEqual(len(self.zips()), 1)

    def test_the_second_in_the_same_second(self):
        """Several changes one after the other: no name is used twice, none is lost."""
        items = [self.run_job().item(1)]
        for _ in range(12):
            self.cvat.mutate("add_shape", task=1)
            items.append(self.run_job().item(1))
        self.assertEqual({os.path.join(self.storage, item["archive"]["path"]) for item in items}, set(self.zips()))
        seconds = [os.path.basename(path)[:16] for path in self.zips()]
        if len(seconds) != len(set(seconds)):
            self.assertTrue([path for path in self.zips() if path.endswith("Z-2.zip")])
        for path, item in zip(sorted(self.zips(), key=os.path.getmtime), items):
            self.assertEqual(os.path.getsize(path), item["archive"]["bytes"])

    def test_the_whole_export_is_kept_as_it_came(self):
        self.configure_archive("{}", "projects: [1]\nexport: project")
        done = self.run_job()
        self.assert_good(self.zips()[0], done.item(1))

    def test_a_task(self):
        self.configure_archive("{}", "projects: none\ntasks: [1]")
        done = self.run_job()
        self.assert_good(self.zips("task-1")[0], done.item(1), "task")

    def test_a_kept_task_is_in_the_next_one(self):
        self.run_job()
        self.cvat.mutate("add_shape", task=2)
        done = self.run_job()
        newest = os.path.join(self.storage, done.item(1)["archive"]["path"])
        self.assert_good(newest, done.item(1))

    def test_keep_leaves_the_last(self):
        self.configure_archive("{keep: {last: 2}}")
        kept = []
        for _ in range(4):
            self.cvat.mutate("add_shape", task=1)
            kept.append(os.path.join(self.storage, self.run_job().item(1)["archive"]["path"]))
        self.assertEqual(self.zips(), sorted(kept[-2:]), kept)
        for path in kept[:2]:
            self.assertFalse(os.path.exists(path.removesuffix("zip") + "json"))

    def test_without_archive_there_is_none(self):
        self.configure(self.cvat.url, job=self.job)
        item = self.run_job().item(1)
        self.assertNotIn("archive", item)
        self.assertFalse(os.path.exists(os.path.join(self.storage, "archives")))


if __name__ == "__main__":
    unittest.main()
