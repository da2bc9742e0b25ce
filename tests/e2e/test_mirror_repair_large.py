"""autobackupctl verify --repair of mirrors: large files come back from whoever has them."""

import hashlib
import os
import shutil
import unittest

from large_mirrors import LargeMirrorCase
from mirrors import Asking, lfs_clone
from servers import LfsServer
from hub import Hub


class LargeRepairs(Asking, LargeMirrorCase):
    def setUp(self):
        super().setUp()
        self.contents = [os.urandom(20_000), os.urandom(30_000)]
        for name in ("a", "b"):
            for content in self.contents:
                self.commit_large(name, {"x.bin": content})
        self.configure_forge(f"copies: {{url: '{self.directory}/copies/{{name}}.git'}}\n")
        self.run_mirrors()

    def held(self, number, name="a"):
        return self.object(name, self.contents[number])

    def assert_whole(self):
        for name in ("a", "b"):
            for number, content in enumerate(self.contents):
                with open(self.held(number, name), "rb") as file:
                    self.assertEqual(file.read(), content)
            lfs_clone(self, self.mirror(name))
        self.assertEqual(self.told("verify")[0]["damaged"], 0)

    def test_from_the_source_for_all_that_share_it(self):
        """An object is one file with several names: its damage is that of both mirrors."""
        self.assertGreaterEqual(os.stat(self.held(0)).st_nlink, 3)
        self.flip(self.held(0), 5000)
        os.truncate(self.held(1), 100)
        self.assertEqual(self.told("verify", code=1)[0]["damaged"], 2)
        found, said = self.told("verify", "--repair")
        self.assertEqual(found["damaged"], 0, said)
        self.assertIn("was put back from its source", said)
        self.assert_whole()

    def test_one_that_went_away_is_found_and_comes_back(self):
        for name in ("a", "b"):
            os.remove(self.held(1, name))
        found, _ = self.told("verify", code=1)
        self.assertEqual(found["damaged"], 2)
        self.assertIn("is not in", found["copies"][0]["problems"][0])
        found, said = self.told("verify", "--repair")
        self.assertEqual(found["damaged"], 0, said)
        self.assertIn("the store that the mirrors share", said)
        self.assert_whole()

    def damage_what_the_source_has_no_longer(self):
        shutil.rmtree(self.lfs.objects)
        os.makedirs(self.lfs.objects)
        self.flip(self.held(0), 5000)

    def test_from_a_copy_when_the_source_has_it_no_longer(self):
        self.damage_what_the_source_has_no_longer()
        found, said = self.told("verify", "--repair")
        self.assertEqual(found["damaged"], 0, said)
        self.assertIn("was put back from the copy at ", said)
        self.assert_whole()
        self.flip(self.held(0), 5000)
        shutil.rmtree(os.path.join(self.directory, "copies"))
        found, said = self.told("verify", "--repair", code=3)
        self.assertEqual([one["outcome"] for one in found["copies"]], ["damaged", "good"], "each has its own file since")
        self.assertIn("is whole nowhere else", said)

    def test_from_a_copy_over_ssh(self):
        """Its objects come where git-lfs-authenticate of its server says."""
        lfs = LfsServer(self.place("lfs-of-the-copy"))
        self.addCleanup(lfs.stop)
        lfs.order("set", tokens=["RemoteAuth ssh-download"])
        ssh = self.ssh_server("--create", "a.git", "--create", "b.git", "--lfs", str(lfs.port))
        self.secret("ssh-key", ssh.key())
        for name in ("a", "b"):
            shutil.rmtree(os.path.join(ssh.repos, f"{name}.git"))
            shutil.copytree(self.mirror(name), os.path.join(ssh.repos, f"{name}.git"))
            folder = os.path.join(lfs.objects, os.path.join(ssh.repos, f"{name}.git").strip("/").replace("/", "_"))
            os.makedirs(folder)
            for content in self.contents:
                with open(os.path.join(folder, hashlib.sha256(content).hexdigest()), "wb") as file:
                    file.write(content)
        self.configure_forge(f"copies: {{url: \"{ssh.url('{name}.git')}\", auth: {{ssh_key: ssh-key, known_hosts: {ssh.file('known_hosts')}}}}}\n")
        self.damage_what_the_source_has_no_longer()
        found, said = self.told("verify", "--repair")
        self.assertEqual(found["damaged"], 0, said)
        self.assertIn("was put back from the copy at ssh://", said)
        self.assertNotIn("RemoteAuth", said)
        self.assertEqual({one["headers"]["authorization"] for one in lfs.requests("POST", "objects/batch")}, {"RemoteAuth ssh-download"})
        self.assert_whole()


class GithubRepairs(Asking, Hub):
    def test_damage_is_mended_over_the_forge(self):
        self.describe("organization: acme\nwikis: true")
        self.run_code()
        self.hub.mutate("force_push", repo="acme/app", branch="main")
        self.run_code("--only", "acme/app")
        app, wiki = self.mirror("acme/app"), self.mirror("acme/docs", "wiki")
        before = {path: self.refs(path) for path in (app, wiki)}
        for path in (self.packs(app)[0], self.packs(wiki)[-1]):
            self.flip(path, os.path.getsize(path) // 2)
        self.assertEqual(self.told("verify", code=3)[0]["damaged"], 2)
        found, said = self.told("verify", "--repair")
        self.assertEqual(found["damaged"], 0, said)
        self.assertNotIn(self.hub.token("alice"), said)
        for path, refs in before.items():
            self.assertEqual(self.refs(path), refs)
            self.assert_sound(path)


if __name__ == "__main__":
    unittest.main()
