"""autobackupctl restore --to-cvat: what was backed up stands on a server again, and says so itself; and what cannot be is named."""

import json
import os
import shutil
import signal
import subprocess
import time
import unittest
import zipfile

import own_export
from harness import waiting
from to_cvat import ToCvat


class Whole(ToCvat):
    def test_a_project_from_every_kind_of_copy(self):
        forge = self.git_server("--create", "a.git", "--filter")
        url = f"{forge.url}/noauth/a.git"
        self.back_up(git_lines=f"url: {url}")
        for place in (["traffic-signs"], ["traffic-signs", "--from", "vault"], ["--from", url], ["--from", os.path.join(self.storage, "archives")]):
            server = self.fresh()
            told = self.restored(server, *place)
            self.assertEqual((told["kind"], told["name"], told["whole"], told["differences"]), ("project", "Demo project", True, []))
            self.assertEqual([(task["task"], task["problem"]) for task in told["tasks"]], [(1, None), (2, None), (3, None)])
            self.assertIn("compared and equal", told["err"])
            self.assert_equal(server, told["id"])
            self.assertEqual([task["id"] for task in self.listed(server, "tasks")], [task["id"] for task in told["tasks"]])

    def test_a_task_alone_and_one_out_of_a_project(self):
        self.back_up(job="projects: [1]\ntasks: [9]")
        for item, of in (("task:9", 9), ("task:1", 1)):
            server = self.fresh()
            told = self.restored(server, "traffic-signs", "--item", item)
            self.assertEqual((told["kind"], told["whole"], len(told["tasks"])), ("task", True, 1))
            self.assert_equal(server, told["id"], "task", of)

    def test_backed_up_again_it_is_the_same(self):
        self.back_up()
        server = self.fresh()
        number = self.restored(server)["id"]
        held = {name: content for name, content in self.files(self.vault).items() if name.startswith("cvat_backup_project_1/")}
        shutil.rmtree(self.storage)
        self.configure(server.url, job=f"projects: [{number}]")
        self.run_job()
        again = {name.split("/", 1)[1]: content for name, content in self.files(self.vault).items() if name.startswith(f"cvat_backup_project_{number}/")}
        self.assertEqual(again, {name.split("/", 1)[1]: content for name, content in held.items()})

    def test_every_family_into_itself_and_the_oldest_into_the_newest(self):
        for family in "ABCD":
            source = self.standin("--family", family)
            shutil.rmtree(self.storage, ignore_errors=True)
            self.configure(source.url, job="projects: [1]")
            self.run_job()
            for other in dict.fromkeys((family, "D")):
                server = self.fresh("--family", other)
                told = self.restored(server)
                self.assertTrue(told["whole"], (family, other, told))
                if family == other:
                    self.assert_equal(server, told["id"], family=family, source=source)

    def test_a_server_of_the_configuration_its_organisation_and_another_name(self):
        self.back_up()
        server = self.fresh()
        self.configure(self.cvat.url, job="projects: [1]", git=f"url: {self.target}")
        with open(self.config) as file:
            text = file.read()
        with open(self.config, "w") as file:
            file.write(text.replace("jobs:\n", f"  spare:\n    cvat: {server.url}\n    auth: {{token: lab-token}}\n    organization: acme\njobs:\n"))
        told = self.told("restore", "traffic-signs", "--to-cvat", "spare", "--name", "Back again")
        self.assertEqual((told["to"], told["organization"], told["name"], told["whole"]), ("spare", "acme", "Back again", True))
        project = self.get(server, f"/api/projects/{told['id']}")
        self.assertEqual((project["name"], project["organization_id"]), ("Back again", 1))
        own = self.told("restore", "traffic-signs", "--to-cvat", "spare", "--organization", "")
        self.assertIsNone(self.get(server, f"/api/projects/{own['id']}")["organization_id"])
        self.assertEqual(self.ask("restore", "traffic-signs", "--to-cvat", "spare", "--organization", "nowhere").code, 2)
        unknown = self.ask("restore", "traffic-signs", "--to-cvat", "spar")
        self.assertEqual(unknown.code, 2)
        self.assertIn('did you mean "spare"', unknown.err)
        self.assertEqual(len(self.listed(server)), 2)

    def test_an_older_server_and_a_wrong_password(self):
        self.back_up()
        old = self.fresh("--version", "2.53.0")
        refused = self.restored(old, code=1)
        self.assertIn("the backup was made by CVAT 2.54.1, this server is CVAT 2.53.0, which is older", refused["err"])
        with open(self.password, "w") as file:
            file.write("wrong")
        server = self.fresh()
        self.assertIn("refuses this user name and password", self.restored(server, code=1)["err"])
        self.assertEqual(self.listed(old) + self.listed(server), [])

    def test_a_dry_run_changes_nothing(self):
        self.back_up()
        server = self.fresh()
        done = self.good("restore", "traffic-signs", "--to-cvat", server.url, "--username", "admin", "--password-file", self.password, "--dry-run")
        self.assertIn("would restore project-1@", done.out)
        self.assertIn("CVAT 2.54.1", done.out)
        self.assertIn("3 tasks in one upload", done.out)
        self.assertEqual([one for one in server.requests() if one["method"] not in ("GET", "OPTIONS") and one["path"] != "/api/auth/login"], [])

    def test_a_damaged_archive_is_not_taken_where_the_vault_is_whole(self):
        self.back_up()
        self.flip(self.zips()[0], 3000)
        server = self.fresh()
        told = self.restored(server)
        self.assertEqual((told["from"], told["whole"]), ("the vault", True))
        self.assertIn("a copy is not whole", told["warnings"][0])
        self.assert_one(server)

    def test_media_of_a_share_of_an_old_server_become_its_own(self):
        archives = self.place("brought/task-7")
        with zipfile.ZipFile(os.path.join(os.path.dirname(own_export.__file__), "../data/cvat/samples/A-task-images-annotations.zip")) as archive, \
                zipfile.ZipFile(os.path.join(archives, "20261121T013000Z.zip"), "w") as out:
            for one in archive.infolist():
                content = archive.read(one)
                if one.filename == "task.json":
                    self.assertIn(b'"storage":"local"', content)
                    content = content.replace(b'"storage":"local"', b'"storage":"share"')
                out.writestr(one.filename, content)
        server = self.fresh("--family", "A")
        told = self.restored(server, "--from", self.out("brought"), config=False)
        self.assertEqual((told["kind"], told["differences"]), ("task", []))
        after = own_export.fetch(server, self.token, "task", told["id"], "A")
        self.assertIn(b'"storage":"local"', after["task.json"])


class Faults(ToCvat):
    def setUp(self):
        super().setUp()
        self.back_up()
        self.server = self.fresh()

    def assert_restored_once(self):
        told = self.restored(self.server)
        self.assertTrue(told["whole"], told)
        self.assert_equal(self.server, told["id"])
        self.assert_one(self.server)
        return told

    def asked(self, method, path):
        return [one for one in self.server.requests() if one["method"] == method and path in one["path"] + "?" + one["query"]]

    def test_a_lost_answer_to_the_finish_makes_no_second_project(self):
        self.server.fault(r"/backup/\?filename=", {"status": 504, "after": True}, method="POST")
        self.assert_restored_once()
        self.assertEqual(len(self.asked("POST", "filename=")), 1)

    def test_a_finish_that_did_not_arrive_is_repeated(self):
        self.server.fault(r"/backup/\?filename=", {"status": 502}, method="POST")
        self.assert_restored_once()
        self.assertEqual(len(self.asked("POST", "filename=")), 2)

    def test_chunks_that_are_lost_late_or_refused(self):
        for action in ({"status": 502}, {"status": 504, "after": True}, {"cut": 0, "with": "rst", "where": "before"}):
            with self.subTest(action):
                self.server.order("reset", {})
                self.server.fault("/api/projects/backup/", action, method="PATCH")
                self.assert_restored_once()

    def test_the_way_to_the_server_is_cut_in_the_upload(self):
        proxy = self.proxy(self.server.port, "--connections", "3", "up:cut:20000:rst")
        direct, self.server.url = self.server.url, f"http://127.0.0.1:{proxy.port}"
        self.assertTrue(self.restored(self.server)["whole"])
        self.server.url = direct
        self.assert_one(self.server)

    def test_a_server_that_comes_back_without_the_upload(self):
        with open(self.password, "w") as file:
            file.write(self.token)  # a file alone holds a token
        self.server.fault("/api/projects/backup/", {"status": 502}, method="PATCH")
        process = subprocess.Popen([self.ctl, "restore", "traffic-signs", "--to-cvat", self.server.url, "--server-password-file", self.password, "--json",
                                    "--config", self.config], env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        with waiting(30, "the upload") as again:
            while again() and not self.asked("HEAD", "/api/projects/backup/"):
                time.sleep(0.05)
        self.server.order("reset", {})
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        told = json.loads(out)
        self.assert_equal(self.server, told["id"])
        self.assert_one(self.server)

    def test_an_import_that_fails_is_told_in_the_servers_words(self):
        self.back_up_task()
        self.server.order("export", {"type": "import", "kind": "fail", "message": "ValueError: no room\n", "count": -1})
        done = self.restored(self.server, "traffic-signs", "--item", "task:9", code=1)
        self.assertIn("ValueError: no room", done["err"])
        self.assertEqual(self.listed(self.server, "tasks"), [])

    def back_up_task(self):
        self.configure(self.cvat.url, job="projects: [1]\ntasks: [9]", git=f"url: {self.target}")
        self.run_job()

    def test_a_stop_while_the_server_imports(self):
        self.server.order("config", {"import_ms": 60000})
        process = subprocess.Popen([self.ctl, "restore", "traffic-signs", "--to-cvat", self.server.url, "--username", "admin", "--password-file", self.password,
                                    "--config", self.config], env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        with waiting(30, "the import") as again:
            while again() and not self.asked("GET", "/api/requests/action"):
                time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=15)
        self.assertEqual(process.returncode, 5, err)
        self.assertIn("goes on to import", err.decode())


if __name__ == "__main__":
    unittest.main()
