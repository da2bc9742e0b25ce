"""A drill into a CVAT server: everything is imported there, compared, and gone again, whatever happens in between."""

import json
import os
import unittest

from drills import Staged
from drills import Saved

NO_SHAPES = {"status": 200, "body": {"version": 0, "tags": [], "shapes": [], "tracks": []}}


class Whole(Staged):
    def test_of_every_family_and_nothing_is_left(self):
        for family in "ABCD":
            with self.subTest(family):
                self.cvat = self.standin("--family", family)
                self.storage = os.path.join(self.directory, "storage-" + family)
                self.target = os.path.join(self.directory, family + ".git")
                server = self.standin("--family", family)  # with projects of its own
                before = self.standing(server)
                self.saved(job="projects: [1]\ntasks: [9]", server=server)
                report = self.drill()
                self.assertEqual((report["outcome"], report["check"]), ("success", {"kind": "drill", "copies": 2, "damaged": 0, "server": "staging"}))
                self.assertEqual([(one["kind"], self.stages(one)) for one in report["items"]], [("cvat_project", self.GOOD), ("cvat_task", self.GOOD)])
                self.assertEqual((report["errors"], report["warnings"]), ([], []))
                self.assertGreater(report["traffic"]["bytes_sent"], 0)
                self.assertEqual(self.standing(server), before)
                self.assertEqual(len(self.asked("DELETE", "/api/", server)), 2)

    def test_what_it_makes_is_called_so_from_its_first_moment_and_one_is_there_at_a_time(self):
        self.saved(job="projects: [1, 3]\ntasks: [9]")
        self.staging.order("config", {"import_ms": 300})
        process = self.begin()
        seen, most = set(), 0
        while process.poll() is None:
            now = [one["name"] for one in self.listed(self.staging)] + [one["name"] for one in self.listed(self.staging, "tasks") if one["project_id"] is None]
            seen.update(now)
            most = max(most, len(now))
        self.assertEqual((process.returncode, most), (0, 1), process.stderr.read())
        for name in seen:
            self.assertRegex(name, r"^autobackupd drill [0-9A-Z]{26} of traffic-signs: (project|task) \d+$")

    def test_asked_for_once_and_into_an_organisation(self):
        self.back_up()
        server = self.staging
        done = self.good("drill", "traffic-signs", "--to-cvat", server.url, "--server-username", "admin", "--server-password-file", self.password,
                         "--organization", "acme", "--json")
        report = json.loads(done.out)
        self.assertEqual((report["check"]["server"], report["outcome"]), (server.url, "success"))
        self.assertTrue(any({name.lower(): value for name, value in one["headers"].items()}.get("x-organization") == "acme" for one in self.asked("POST", "/api/projects/backup/")))
        self.assertEqual(self.listed(server), [])
        self.point_to(server)
        self.assertEqual(self.drill("--to-cvat", "staging")["check"]["server"], "staging")
        self.assertEqual(self.ask("drill", "traffic-signs", "--to-cvat", server.url, "--organization", "nowhere", "--server-username", "admin",
                                  "--server-password-file", self.password).code, 2)
        unknown = self.ask("drill", "traffic-signs", "--to-cvat", "stagin")
        self.assertEqual(unknown.code, 2)
        self.assertIn('did you mean "staging"', unknown.err)
        self.assertIn("drill into staging, 1 restores, 0 failed", self.good("drill", "traffic-signs").out)

    def test_a_side_file_assigns_nobody_there(self):
        self.cvat.mutate("set_job", task=1, index=0, stage="acceptance", state="completed", assignee=2)
        self.saved()
        self.drill()
        self.assertEqual([one for one in self.asked("PATCH", "/api/") if "backup" not in one["path"]], [])

    def test_what_is_too_large_for_one_upload_goes_apart_and_goes_away(self):
        self.back_up()
        with open(self.zips()[0], "rb") as file:
            size = len(file.read())
        server = self.fresh("--upload-limit", str(size - 1000))
        self.point_to(server)
        report = self.drill()
        self.assertEqual(self.stages(report["items"][0]), self.GOOD)
        self.assertGreater(len(self.asked("POST", "/api/tasks/backup/", server)), 0)
        self.assertEqual((self.listed(server), self.listed(server, "tasks")), ([], []))
        tiny = self.fresh("--upload-limit", "3000")
        self.point_to(tiny)
        report = self.drill(code=1)
        self.assertIn("the server takes", self.error(report["items"][0], "compare")["message"])
        self.assertEqual((self.listed(tiny), self.listed(tiny, "tasks")), ([], []))


class TheSourceItself(Staged):
    def test_its_own_projects_stay_and_the_scratch_is_no_new_one(self):
        self.saved(job="projects: all\ntasks: all", server=self.cvat)
        before = self.standing(self.cvat)
        self.cvat.order("config", {"import_ms": 50})
        self.cvat.fault(r"/api/jobs/\d+/annotations", {"delay": 4}, count=1, method="GET")
        process = self.begin()
        self.wait_asked("GET", "/annotations", self.cvat)
        names = [one["name"] for one in self.listed(self.cvat) if one["name"].startswith("autobackupd drill ")]
        self.assertEqual(len(names), 1, "the drill stands in the middle")
        self.assertEqual(len(self.standing(self.cvat)["projects"]), len(before["projects"]) + 1)
        run = self.run_job("--force")
        process.wait(120)
        self.assertEqual(process.returncode, 0, process.stderr.read())
        self.assertEqual({(one["kind"], one["id"]) for one in run.report["items"]},
                         {("cvat_project", one[0]) for one in before["projects"]} | {("cvat_task", one[0]) for one in before["tasks"]})
        self.assertIn(names[0], " ".join(run.report["warnings"]))
        self.assertEqual(self.standing(self.cvat), before)
        self.assertEqual(self.run_job().report["outcome"], "unchanged")


class Failures(Saved):
    def test_an_import_that_the_server_refuses(self):
        self.configure(self.cvat.url, job="tasks: [9]", git=f"url: {self.target}")
        self.run_job()
        self.point_to(self.staging)
        self.staging.order("export", {"type": "import", "kind": "fail", "target": "task", "message": "ValueError: no room\n", "count": -1})
        report = self.drill(code=3)
        task = next(one for one in report["items"] if one["kind"] == "cvat_task")
        self.assertEqual(self.error(task, "import")["peer"], "ValueError: no room")
        self.assertEqual(task["outcome"], "failed")
        self.empty()

    def test_a_server_that_drops_shapes(self):
        self.staging.fault(r"/api/jobs/\d+/annotations", NO_SHAPES, count=-1, method="GET")
        report = self.drill(code=1)
        (item,) = report["items"]
        self.assertEqual([(one["stage"], one["outcome"]) for one in item["stages"]], [("import", "ok"), ("compare", "failed"), ("remove", "ok")])
        self.assertRegex(self.error(item, "compare")["message"], r"has 0 (shapes|tags|tracks), the backup \d+")
        self.assertEqual(report["check"]["damaged"], 1)
        self.empty()

    def test_a_removal_that_is_refused_is_done_later(self):
        self.staging.fault("/api/projects/", {"status": 403, "body": {"detail": "not you"}}, count=2, method="DELETE")
        report = self.drill(code=3)
        (item,) = report["items"]
        failed = self.error(item, "remove")
        self.assertEqual(failed["peer"], "not you")
        self.assertIn("autobackupd drill ", failed["object"])
        self.assertIn("autobackupd drill ", report["errors"][0]["object"], "what stays there is named")
        self.assertEqual(len(self.listed(self.staging)), 1)
        report = self.drill()
        self.assertIn("removed what an earlier drill left: project", report["warnings"][0])
        self.empty()

    def test_while_one_stays_no_other_is_imported(self):
        self.configure(self.cvat.url, job="projects: [1, 3]", git=f"url: {self.target}")
        self.run_job()
        self.point_to(self.staging)
        self.staging.fault("/api/projects/", {"status": 403, "body": {"detail": "not you"}}, count=-1, method="DELETE")
        report = self.drill(code=3)
        self.assertEqual([one["outcome"] for one in report["items"]], ["unchanged", "failed"])
        self.assertIn("it was not tried", self.error(report["items"][1], "import")["message"])
        self.assertEqual(len(self.listed(self.staging)), 1)
        self.staging.order("clear", {})
        self.drill()
        self.staging.fault("/api/projects/", {"status": 403, "body": {"detail": "not you"}}, count=1, method="DELETE")
        report = self.drill()
        self.assertEqual([one["outcome"] for one in report["items"]], ["unchanged", "unchanged"])
        self.assertEqual([one["outcome"] for one in report["items"][0]["stages"]], ["ok", "ok", "failed", "ok"], "it went at the second try")
        self.empty()

    def test_what_an_earlier_drill_left_keeps_no_later_one_from_proving_the_backup(self):
        self.staging.fault("/api/projects/", {"status": 403, "body": {"detail": "not you"}}, count=2, method="DELETE")
        self.drill(code=3)
        (left,) = self.listed(self.staging)
        self.staging.fault(f"/api/projects/{left['id']}", {"status": 403, "body": {"detail": "another account made it"}}, count=-1)
        for _ in range(2):
            report = self.drill()
            self.assertEqual([self.stages(one) for one in report["items"]], [self.GOOD])
            self.assertEqual(report["errors"], [])
            (warning,) = report["warnings"]
            self.assertRegex(warning, f'^an earlier drill has left something: .*project {left["id"]} "autobackupd drill .* of staging.*another account made it')
            self.assertEqual([one["id"] for one in self.listed(self.staging)], [left["id"]])
        self.staging.order("clear", {})
        self.assertIn("removed what an earlier drill left", " ".join(self.drill()["warnings"]))
        self.empty()

    def test_what_somebody_has_renamed_stays(self):
        self.staging.fault("/api/projects/", {"status": 403}, count=2, method="DELETE")
        self.drill(code=3)
        (left,) = self.listed(self.staging)
        self.staging.mutate("rename_project", project=left["id"], name="mine now")
        report = self.drill()
        self.assertIn("is not as the drill has made it", " ".join(report["warnings"]))
        self.assertEqual([one["name"] for one in self.listed(self.staging)], ["mine now"])

    def test_a_server_that_is_away_or_full(self):
        self.staging.order("config", {"health": {"DiskUsage": "warning: 95.0% disk usage exceeds 90%"}})
        report = self.drill(code=1)
        self.assertIn("95.0%", report.get("errors", [{}])[0].get("peer", "") if "errors" in report else report["err"])
        self.staging.stop()
        done = self.ask("drill", "traffic-signs", "--json")
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("127.0.0.1", done.err)
        (run, _) = self.told("history", "traffic-signs", "--limit", "2")["runs"]
        self.assertEqual((run["outcome"], run["check"]["server"]), ("failed", "staging"))

    def test_a_damaged_copy_is_told_though_another_is_whole(self):
        self.flip(self.zips()[0], os.path.getsize(self.zips()[0]) // 2)
        report = self.drill(code=3)
        (item,) = report["items"]
        self.assertEqual([(one["stage"], one["outcome"]) for one in item["stages"]],
                         [("restore", "failed"), ("import", "ok"), ("compare", "ok"), ("remove", "ok")])
        self.assertEqual((report["check"]["copies"], report["check"]["damaged"]), (2, 1))
        self.empty()

    def test_two_at_once_are_one_too_many(self):
        import fcntl
        os.makedirs(os.path.join(self.storage, "locks"), exist_ok=True)
        with open(os.path.join(self.storage, "locks/drill:traffic-signs.lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertEqual(self.ask("drill", "traffic-signs").code, 4)


if __name__ == "__main__":
    unittest.main()
