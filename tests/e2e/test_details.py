"""The side file: what is in it, what makes a new one, what it costs to find that out, and what must not be in it."""

import json
import unittest

from harness import Case, git, token_of

SIDE = "cvat_backup_project_1.details.json"


class Details(Case):
    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.configure(self.cvat.url, job="projects: [1]")

    def side(self, name=SIDE):
        return json.loads(self.files(self.vault)[name])

    def tip(self):
        return git("rev-parse", "main", cwd=self.vault)

    def asked(self):
        """Paths of the requests since the log was cleared, in alphabetical order."""
        return sorted(one["path"] for one in self.cvat.requests())

    def run_again(self, *options, **more):
        """A run whose requests alone are in the log."""
        self.cvat.order("log/clear", {})
        return self.run_job(*options, **more)

    def assert_only_side_file(self, done, number=1, name=SIDE):
        """The item is saved by a commit of its side file, without an export; the run after it is unchanged."""
        self.assertEqual(done.item(number)["outcome"], "saved", done.item(number))
        self.assertEqual(done.item(number)["warnings"], [])
        self.assertEqual([path for path in self.asked() if "backup" in path], [])
        self.assertEqual(git("diff", "--name-only", "main~1", "main", cwd=self.vault).splitlines(), [name])
        tip = self.tip()
        self.assertEqual(self.run_job().item(number)["outcome"], "unchanged")
        self.assertEqual(self.tip(), tip)


class Content(Details):
    def test_everything_that_a_backup_leaves_out(self):
        issue = self.cvat.mutate("add_issue", task=1, index=1, frame=3, message="wrong label", owner=3)["issue"]
        self.cvat.mutate("add_comment", issue=issue, message="done\nnow", owner=2)
        self.cvat.mutate("patch_issue", issue=issue, set={"assignee": 2})
        self.cvat.mutate("quality_settings", task=1, set={"iou_threshold": 0.55})
        self.run_job()
        side = self.side()
        self.assertEqual((side["format"], side["kind"], side["id"], side["owner"], side["assignee"]), (1, "project", 1, "admin", "alice"))
        self.assertIsInstance(side["guide_id"], int)
        self.assertIn("source_storage", side)
        self.assertNotIn("members", side, "the personal space has none")
        self.assertEqual([task["id"] for task in side["tasks"]], [1, 2, 3, 4])
        first = side["tasks"][0]
        self.assertEqual(first["quality_settings"]["iou_threshold"], 0.55)
        self.assertEqual(list(first["quality_settings"]), ["id", *sorted(list(first["quality_settings"])[1:])])
        self.assertNotIn("quality_settings", side["tasks"][1])
        jobs = first["jobs"]
        self.assertEqual([job["id"] for job in jobs], sorted(job["id"] for job in jobs))
        self.assertEqual(jobs[0]["assignee"], "alice")
        old, new = jobs[0]["issues"], jobs[1]["issues"]
        self.assertEqual([(one["resolved"], [c["message"] for c in one["comments"]]) for one in old], [(True, ["look here"])])
        self.assertEqual(old[0]["position"], [1, 1, 5, 5])
        self.assertEqual((new[0]["frame"], new[0]["owner"], new[0]["assignee"]), (3, "bob", "alice"))
        self.assertEqual([(one["owner"], one["message"]) for one in new[0]["comments"]], [("bob", "wrong label"), ("alice", "done\nnow")])
        text = self.files(self.vault)[SIDE].decode()
        self.assertNotIn("updated_date", text)
        self.assertEqual(len(text.splitlines()), 2 + len(side["tasks"]), "one task a line")

    def test_webhooks_without_their_secrets(self):
        url = "https://user:pa55@hooks.example.org/services/T024/XyZ0123456789abcdefghij?token=t0k3n"
        made = self.cvat.mutate("add_webhook", project=1, target_url=url, secret="hush-hush", description="to the chat")["webhook"]
        self.cvat.mutate("add_webhook", project=2, target_url="https://elsewhere.example.org/")
        self.run_job()
        found = self.side()["webhooks"]
        self.assertEqual([one["id"] for one in found], [made])
        self.assertEqual(found[0]["target_url"], "https://hooks.example.org/services/T024/…?…")
        self.assertEqual((found[0]["description"], found[0]["events"], found[0]["owner"]), ("to the chat", ["create:task", "update:job"], "admin"))
        everything = b"".join(self.files(self.vault).values())
        for secret in (b"hush-hush", b"pa55", b"XyZ0123456789abcdefghij", b"t0k3n"):
            self.assertNotIn(secret, everything)
        self.cvat.mutate("deliver", webhook=made)
        tip = self.tip()
        self.cvat.mutate("move_date", project=2)
        self.assertEqual(self.run_job().item(1)["outcome"], "unchanged")
        self.assertEqual(self.tip(), tip, "a delivery is no change")

    def test_members_who_are_named(self):
        self.cvat.mutate("add_member", user=3, organization="acme", role="supervisor")
        self.cvat.mutate("add_member", user=4, organization="acme", role="worker")
        self.cvat.mutate("add_issue", task=8, index=0, owner=3)
        self.configure(self.cvat.url, job="projects: [5, 6]")
        self.run_job()
        sides = [self.side(f"cvat_backup_project_{number}.details.json") for number in (5, 6)]
        self.assertEqual([side["organization_slug"] for side in sides], ["acme", "acme"])
        named = {one["user"]: one["role"] for side in sides for one in side["members"]}
        self.assertEqual({name: named.get(name) for name in ("alice", "bob")}, {"alice": "maintainer", "bob": "supervisor"})
        self.assertNotIn("wanda", named, "who has to do with neither of them")


class Changes(Details):
    def test_an_issue_its_comment_and_its_end(self):
        self.run_job()
        issue = self.cvat.mutate("add_issue", task=2, index=0, message="blurred")["issue"]
        self.assert_only_side_file(self.run_again())
        self.cvat.mutate("add_comment", issue=issue, message="not so")
        self.assert_only_side_file(self.run_again())
        self.assertIn(b"not so", self.files(self.vault)[SIDE])
        self.cvat.mutate("patch_issue", issue=issue, set={"resolved": True})
        self.assert_only_side_file(self.run_again())
        self.cvat.mutate("patch_issue", issue=issue, set={"resolved": False})
        self.assert_only_side_file(self.run_again())
        self.cvat.mutate("delete_issue", issue=issue)
        self.assert_only_side_file(self.run_again())
        self.assertNotIn(b"blurred", self.files(self.vault)[SIDE])
        self.assert_sound(self.vault)

    def test_quality_settings(self):
        """They move the task's date, so that its backup is fetched again; it is the same."""
        self.run_job()
        self.cvat.mutate("quality_settings", task=1, set={"iou_threshold": 0.9})
        self.assertEqual(self.run_job().item(1)["outcome"], "saved")
        self.assertEqual(git("diff", "--name-only", "main~1", "main", cwd=self.vault).splitlines(), [SIDE])
        self.assertEqual(self.side()["tasks"][0]["quality_settings"]["iou_threshold"], 0.9)

    def test_an_issue_of_a_task_of_its_own(self):
        self.configure(self.cvat.url, job="projects: none\ntasks: [1]")
        self.run_job()
        members = {name: text for name, text in self.files(self.vault).items() if "/" in name}
        self.cvat.mutate("add_issue", task=1, index=0, message="in a task")
        done = self.run_again()
        self.assert_only_side_file(done, name="cvat_backup_task_1.details.json")
        self.assertNotIn("archive", done.item(1))
        files = self.files(self.vault)
        self.assertEqual({name: text for name, text in files.items() if "/" in name}, members)
        self.assertIn(b"in a task", files["cvat_backup_task_1.details.json"])

    def test_a_dry_run_changes_nothing(self):
        self.run_job()
        tip = self.tip()
        self.cvat.mutate("add_issue", task=1, index=0)
        self.run_job("--dry-run")
        self.assertEqual(self.tip(), tip)


class OfOldServers(Details):
    def test_an_issue(self):
        for family in "ABC":
            with self.subTest(family):
                self.cvat = self.standin("--family", family)
                self.configure(self.cvat.url, job="projects: [1]", name=f"signs-{family.lower()}")
                name = f"signs-{family.lower()}"
                self.run_job(name=name)
                self.cvat.mutate("add_issue", task=2, index=0, message="old server")
                self.assertEqual(self.run_job(name=name).item(1)["outcome"], "saved")
                self.assertEqual(self.run_job(name=name).item(1)["outcome"], "unchanged")


class Cost(Details):
    NEWEST = ["/api/jobs", "/api/projects", "/api/tasks"]

    def unchanged(self):
        done = self.run_again()
        self.assertEqual(done.item(1)["outcome"], "unchanged")
        self.assertEqual(done.report["traffic"]["api_requests"], len(self.asked()))
        return self.asked()

    def test_of_an_unchanged_run(self):
        self.configure(self.cvat.url, job="projects: [1]\ndetails: false")
        self.run_job()
        without = self.unchanged()
        self.assertEqual(without, self.NEWEST, "an administrator sees everything in one list")
        self.configure(self.cvat.url, job="projects: [1]")
        self.run_job()
        few = self.unchanged()
        self.assertEqual(few, sorted(self.NEWEST + ["/api/issues"]), "one list, whatever there is in it")
        for number in range(40):
            self.cvat.mutate("add_issue", task=1 + number % 3, index=0, message=f"note {number}")
        self.assertEqual(self.run_job().item(1)["outcome"], "saved")
        self.assertEqual(self.unchanged(), few)

    def test_of_an_unchanged_run_of_others(self):
        """Each workspace by itself: organisation acme and the personal space of a member."""
        self.secret("lab-token", token_of("alice"))
        for details, more in (("false", []), ("true", ["/api/issues"] * 2)):
            self.configure(self.cvat.url, job=f"projects: [1]\ndetails: {details}")
            self.run_job()
            self.assertEqual(self.unchanged(), sorted(["/api/organizations"] + self.NEWEST * 2 + more))

    def test_of_a_changed_run(self):
        """The lists are asked for once a workspace, not once a project or task."""
        self.configure(self.cvat.url, job="projects: all")
        self.run_job()
        self.cvat.mutate("add_issue", task=1, index=0)
        self.run_again()
        asked = self.asked()
        # The open issues are looked at before and after the server is asked who it is; then come the whole lists.
        self.assertEqual(asked.count("/api/issues"), 2 + 2)
        self.assertEqual(asked.count("/api/comments"), 1, "acme has no issues")
        self.assertEqual(asked.count("/api/webhooks"), 2)
        self.assertEqual(asked.count("/api/quality/settings"), 2)
        self.assertEqual(asked.count("/api/memberships"), 1, "of the organisation")


class NotTold(Details):
    def test_lists_that_are_not_shown(self):
        for path, status in (("/api/webhooks", 403), ("/api/quality", 404), ("/api/memberships", 403)):
            self.cvat.fault(path, {"status": status, "body": {"detail": "no"}}, count=-1)
        self.configure(self.cvat.url, job="projects: [1, 5]")
        done = self.run_job()
        self.assertEqual([item["outcome"] for item in done.report["items"]], ["saved", "saved"])
        words = ("the side files lack what lab does not show to this account: webhooks of the personal space, quality settings of the "
                 "personal space, webhooks of acme, quality settings of acme, memberships of acme")
        self.assertEqual(done.report["warnings"], [words])
        for key in ("webhooks", "quality_settings", "members"):
            self.assertNotIn(key, self.side())
        self.assertEqual(len(self.side()["tasks"][0]["jobs"][0]["issues"]), 1, "what is shown is in it")
        done = self.run_again()
        self.assertEqual(done.report["outcome"], "unchanged")
        self.assertEqual(done.report["warnings"], [words], "it still holds")
        self.assertNotIn("/api/webhooks", self.asked())

    def test_issues_that_are_not_shown(self):
        self.cvat.fault("/api/issues", {"status": 403, "body": {"detail": "no"}}, count=-1)
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.assertNotIn("issues", self.side()["tasks"][0]["jobs"][0])
        tip = self.tip()
        self.assertEqual(self.run_job().report["outcome"], "unchanged")
        self.assertEqual(self.tip(), tip)

    def test_a_list_that_fails_leaves_the_side_file_as_it_is(self):
        self.run_job()
        before = self.files(self.vault)[SIDE]
        self.cvat.mutate("add_issue", task=1, index=0, message="unheard")
        self.cvat.fault("/api/comments", {"status": 500}, count=3)
        done = self.run_job()
        self.assertEqual(done.item(1)["outcome"], "unchanged")
        self.assertIn("the side files stay as they are", " ".join(done.report["warnings"]))
        self.assertEqual(self.files(self.vault)[SIDE], before)
        self.assertEqual(self.run_job().item(1)["outcome"], "saved", "and the next run asks again")
        self.assertIn(b"unheard", self.files(self.vault)[SIDE])

    def test_annotations_are_saved_while_the_issues_fail(self):
        self.run_job()
        before = self.files(self.vault)
        self.cvat.mutate("add_shape", task=1)
        self.cvat.fault("/api/issues", {"status": 500}, count=-1)
        done = self.run_job()
        self.assertEqual(done.item(1)["outcome"], "saved")
        after = self.files(self.vault)
        self.assertEqual(after[SIDE], before[SIDE])
        self.assertNotEqual(after["cvat_backup_project_1/task_0/annotations.json"], before["cvat_backup_project_1/task_0/annotations.json"])
        self.cvat.order("clear", {})
        self.assertEqual(self.run_job().item(1)["outcome"], "unchanged")


if __name__ == "__main__":
    unittest.main()
