"""The lists of what no backup holds: filters and workspaces as the OpenAPI of 2.54 and exchange 28 have them."""

import unittest

from support import Client, start


class SideLists(unittest.TestCase):
    def setUp(self):
        self.server = start()
        self.addCleanup(self.server.stop)
        self.admin = Client(self.server.port)

    def rows(self, path, client=None):
        return (client or self.admin).get(path).json["results"]

    def test_issues(self):
        made = self.admin.post("/api/issues", {"job": 2, "frame": 3, "position": [1, 2], "message": "see"}).json
        self.assertEqual((made["resolved"], made["assignee"], made["comments"]["count"]), (False, None, 1))
        self.assertEqual([one["id"] for one in self.rows("/api/issues?sort=id")], [1, made["id"]])
        self.assertEqual([one["id"] for one in self.rows("/api/issues?resolved=false")], [made["id"]])
        self.assertEqual([one["id"] for one in self.rows("/api/issues?resolved=true")], [1])
        self.assertEqual([one["id"] for one in self.rows("/api/issues?task_id=1&job_id=2")], [made["id"]])
        logic = "%7B%22%3D%3D%22%3A%5B%7B%22var%22%3A%22resolved%22%7D%2Cfalse%5D%7D"
        self.assertEqual([one["id"] for one in self.rows(f"/api/issues?filter={logic}")], [made["id"]])
        self.assertEqual(self.rows("/api/issues?org=acme"), [])
        self.assertEqual(len(self.rows("/api/issues?org=")), 2)
        self.assertEqual(self.rows("/api/issues", Client(self.server.port, "bob")), [])

    def test_comments(self):
        before = self.rows("/api/issues")[0]
        made = self.admin.post("/api/comments", {"issue": 1, "message": "second"}).json
        after = self.rows("/api/issues")[0]
        self.assertEqual((after["comments"]["count"], after["updated_date"]), (2, before["updated_date"]))
        self.assertEqual([one["id"] for one in self.rows("/api/comments?issue_id=1&sort=id")][-1], made["id"])
        self.assertEqual(self.rows("/api/comments?job_id=2"), [])

    def test_a_webhook_never_tells_its_secret(self):
        self.admin.mutate("add_webhook", project=1, target_url="https://h/", secret="hush")
        self.admin.mutate("add_webhook", organization="acme", target_url="https://g/")
        self.assertNotIn("hush", self.admin.get("/api/webhooks").text)
        self.assertEqual([one["type"] for one in self.rows("/api/webhooks?sort=id")], ["project", "organization"])
        self.assertEqual([one["target_url"] for one in self.rows("/api/webhooks?org=acme")], ["https://g/"])
        self.assertEqual([one["target_url"] for one in self.rows("/api/webhooks?project_id=1")], ["https://h/"])
        self.assertEqual(self.rows("/api/webhooks", Client(self.server.port, "wanda")), [])

    def test_quality_settings(self):
        self.assertEqual(self.rows("/api/quality/settings"), [])
        self.admin.mutate("quality_settings", task=1, set={"iou_threshold": 0.5})
        self.admin.mutate("quality_settings", task=1, set={"oks_sigma": 0.1})
        found = self.rows("/api/quality/settings?task_id=1")
        self.assertEqual([(one["iou_threshold"], one["oks_sigma"]) for one in found], [(0.5, 0.1)])
        self.assertEqual(self.rows("/api/quality/settings?org=acme"), [])


if __name__ == "__main__":
    unittest.main()
