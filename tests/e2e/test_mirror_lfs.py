"""Large files of mirrors: a real git-lfs clones from the mirror and finds every object."""

import hashlib
import json
import os
import unittest

from harness import git, stage
from large_mirrors import PASSWORD, LargeMirrorCase
from mirrors import lfs_clone, pointer
from servers import LfsServer

class LargeFilesOfMirrors(LargeMirrorCase):
    def assert_lfs_clone(self, name, files):
        clone = lfs_clone(self, self.mirror(name))
        for path, content in files.items():
            with open(os.path.join(clone, path), "rb") as file:
                self.assertEqual(file.read(), content, path)

    def test_every_object_of_all_history_and_refs(self):
        old, new, other = os.urandom(3000), os.urandom(4000), os.urandom(100_000)
        self.commit_large("a", {"x.bin": old})
        self.commit_large("a", {"x.bin": new})
        self.commit_large("a", {"y.bin": other}, branch="side")
        done = self.run_mirrors()
        self.assertEqual(done.item("a")["outcome"], "cloned", done.report)
        self.assertEqual(stage(done.item("a"), "lfs")["bytes"], len(old) + len(new) + len(other))
        for content in (old, new, other):
            with open(self.object("a", content), "rb") as file:
                self.assertEqual(file.read(), content)
        self.assert_lfs_clone("a", {"x.bin": new})
        self.lfs.order("clear")
        done = self.run_mirrors()
        self.assertEqual(done.report["outcome"], "unchanged")
        self.assertEqual(self.lfs.requests(), [], "nothing moved, but large files were asked for")
        more = os.urandom(5000)
        self.commit_large("a", {"z.bin": more})
        self.assertEqual(self.run_mirrors().item("a")["outcome"], "updated")
        asked = self.lfs.requests("POST", "batch")
        self.assertEqual(len(asked), 1)
        self.assert_lfs_clone("a", {"x.bin": new, "z.bin": more})

    def test_one_object_in_two_mirrors_takes_the_disk_once(self):
        content = os.urandom(50_000)
        self.commit_large("a", {"x.bin": content})
        self.run_mirrors("--only", "a")
        self.lfs.order("clear")
        self.commit_large("b", {"y.bin": content})
        self.run_mirrors()
        self.assertEqual(os.stat(self.object("a", content)).st_ino, os.stat(self.object("b", content)).st_ino)
        self.assertEqual(self.lfs.requests("GET"), [], "an object that another mirror holds was fetched again")

    def test_a_missing_object_is_told_by_path_and_tried_again(self):
        content, missing = os.urandom(3000), os.urandom(4000)
        self.commit_large("a", {"x.bin": content})
        self.commit_large("a", {"deep/lost.bin": missing}, hold=False)
        done = self.run_mirrors(code=3)
        item = done.item("a")
        self.assertEqual(item["outcome"], "partial")
        self.assertEqual(item["refs"]["new"], 1)
        oid = hashlib.sha256(missing).hexdigest()
        self.assertTrue(any("deep/lost.bin" in text and oid in text for text in item["warnings"]), item["warnings"])
        self.assertEqual(stage(item, "lfs")["error"]["code"], "not_found")
        self.assertTrue(os.path.exists(self.object("a", content)), "one missing object kept another from being saved")
        done = self.run_mirrors(code=3)
        self.assertEqual((done.item("a")["outcome"], done.item("b")["outcome"]), ("partial", "unchanged"))
        self.put("a", missing)
        done = self.run_mirrors()
        self.assertEqual((done.report["outcome"], done.item("a")["outcome"]), ("success", "updated"))
        self.assert_lfs_clone("a", {"deep/lost.bin": missing})
        self.assertEqual(self.run_mirrors().report["outcome"], "unchanged")

    def test_a_wrong_byte_is_found_and_fetched_again(self):
        content = os.urandom(3000)
        self.commit_large("a", {"x.bin": content})
        self.lfs.order("fault", where="get", flip=100)
        self.run_mirrors()
        self.assert_lfs_clone("a", {"x.bin": content})

    def test_hundreds_of_objects_go_by_the_hundred(self):
        files = {f"{number}.bin": os.urandom(200) for number in range(230)}
        self.commit_large("a", files)
        self.lfs.order("fault", where="get", delay=0.02, count=40)
        self.run_mirrors("--only", "a")
        self.assertEqual(len(self.lfs.requests("POST", "batch")), 3)
        self.assertEqual(self.lfs.order("log")["most_at_once"], 2, "limits.per_host is 2")
        self.assert_lfs_clone("a", {"7.bin": files["7.bin"]})

    def test_lfs_that_is_switched_on_later_finds_all_history(self):
        content = os.urandom(3000)
        self.commit_large("a", {"x.bin": content})
        self.configure_forge("lfs: false")
        self.run_mirrors()
        self.assertFalse(os.path.exists(self.object("a", content)))
        self.configure_forge()
        self.assertEqual(self.run_mirrors().item("a")["outcome"], "updated")
        self.assert_lfs_clone("a", {"x.bin": content})

    def test_credentials_stay_with_the_git_server(self):
        other = LfsServer(self.place("other-lfs"))
        self.addCleanup(other.stop)
        self.commit(self.path("a"), "main", {".lfsconfig": f"[lfs]\n\turl = http://127.0.0.1:{other.port}/stolen\n"})
        self.commit_large("a", {"x.bin": os.urandom(3000)})
        done = self.run_mirrors(code=3)
        self.assertEqual(done.item("a")["outcome"], "partial")
        asked = other.order("log")["requests"]
        self.assertTrue(asked, "the server that .lfsconfig names was not asked")
        self.assertNotIn("Basic", json.dumps(asked))
        self.assertNotIn(PASSWORD, json.dumps(asked))

    def test_over_a_path(self):
        content = os.urandom(3000)
        source = self.source("local")
        self.commit(source, "main", {"x.bin": pointer(content)})
        oid = hashlib.sha256(content).hexdigest()
        folder = os.path.join(source, "lfs", "objects", oid[:2], oid[2:4])
        os.makedirs(folder)
        with open(os.path.join(folder, oid), "wb") as file:
            file.write(content)
        self.configure_mirrors({"local": source})
        self.run_mirrors()
        with open(self.object("local", content), "rb") as file:
            self.assertEqual(file.read(), content)
        self.assertNotEqual(os.stat(self.object("local", content)).st_ino, os.stat(os.path.join(folder, oid)).st_ino)

    def test_over_ssh_the_server_says_where(self):
        self.lfs.order("set", tokens=["RemoteAuth ssh-upload", "RemoteAuth ssh-download"])
        ssh = self.ssh_server("--create", "a.git", "--lfs", str(self.lfs.port))
        source = os.path.join(ssh.repos, "a.git")
        git("symbolic-ref", "HEAD", "refs/heads/main", cwd=source)
        content = os.urandom(3000)
        folder = os.path.join(self.lfs.objects, source.strip("/").replace("/", "_"))
        os.makedirs(folder)
        with open(os.path.join(folder, hashlib.sha256(content).hexdigest()), "wb") as file:
            file.write(content)
        self.commit(source, "main", {"x.bin": pointer(content)})
        self.secret("git-key", ssh.key())
        value = f"url: \"{ssh.url('a.git')}\", auth: {{ssh_key: git-key, known_hosts: {ssh.file('known_hosts')}}}"
        self.configure_mirrors({"a": value})
        done = self.run_mirrors()
        self.assertGreater(done.report["traffic"]["bytes_received"], 3000)
        with open(self.object("a", content), "rb") as file:
            self.assertEqual(file.read(), content)
        batches = self.lfs.requests("POST", "objects/batch")
        self.assertEqual([one["headers"]["authorization"] for one in batches], ["RemoteAuth ssh-download"])
        self.assertNotIn("RemoteAuth", done.out + done.err)


if __name__ == "__main__":
    unittest.main()
