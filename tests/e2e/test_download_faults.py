"""Downloads that break, stall, lie or change: the earlier backup stays, the error says what happened, the next run completes."""

import os
import re
import shutil
import threading
import unittest
import urllib.parse
from http.server import BaseHTTPRequestHandler, HTTPServer

from harness import Case, token_of

DOWNLOAD = "backup/download"
TASK_4_ZIP = 2_000_000  # project 4 holds one task of 20 pictures of 100,000 bytes


class Downloads(Case):
    job = "projects: [4]\ndownload: whole"  # parts: test_parts.py

    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.configure(self.cvat.url, job=self.job)

    def pictures(self):
        """The media of the vault's copy of project 4."""
        files = self.files(self.vault)
        return {name: content for name, content in files.items() if name.endswith(".jpg")}

    def edit(self):
        number = next(iter(re.findall(r"tasks/(\d+)/backup", self.cvat.requests(path="backup/export")[-1]["path"])))
        self.cvat.mutate("add_shape", task=int(number))
        self.cvat.order("log/clear", {})

    def assert_survives(self, action, resumed=None, count=1):
        """One fault: the run is green all the same."""
        self.cvat.fault(DOWNLOAD, action, count=count)
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success", report)
        got = [one for item in report["items"] for one in item["stages"] if one["stage"] == "download"][0]
        if resumed is not None:
            self.assertEqual(got["resumed"], resumed, got)
        self.assertEqual(len(self.pictures()), 20)
        self.assert_sound(self.vault)
        self.assert_no_leftovers()

    def assert_fails(self, action, code, peer=None, operation="GET", stage_name="download", exit_code=1):
        """The fault at every try: failed, the earlier backup intact, then all well again."""
        self.run_job()
        before = self.files(self.vault)
        self.edit()
        self.cvat.fault(DOWNLOAD, action, count=-1)
        done = self.run_job(code=exit_code)
        failed = [one for one in done.report["items"][0]["stages"] if one["outcome"] == "failed"]
        self.assertEqual([one["stage"] for one in failed], [stage_name], failed)
        error = failed[0]["error"]
        self.assertIn(error["code"], (code,) if isinstance(code, str) else code, error)
        self.assertEqual(error["operation"], operation)
        self.assertRegex(error["object"], r"^task \d+ of lab$")
        self.assertRegex(failed[0]["task"], r"^task \d+$")
        if peer is not None:
            self.assertIn(peer, error["peer"])
        self.assertEqual(self.files(self.vault), before)
        self.cvat.order("clear", {})
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.assert_sound(self.vault)
        self.assert_no_leftovers()
        return error


class Broken(Downloads):
    def test_cut_at_the_first_byte(self):
        self.assert_survives({"cut": 0, "with": "fin"}, resumed=0)

    def test_cut_before_the_head(self):
        self.assert_survives({"cut": 0, "where": "before", "with": "rst"})

    def test_cut_by_fin_in_the_middle(self):
        self.assert_survives({"cut": 700_001, "with": "fin"}, resumed=1)

    def test_cut_one_byte_before_the_end(self):
        self.assert_survives({"cut": -1, "with": "fin"}, resumed=1)

    def test_cut_by_rst(self):
        self.assert_survives({"cut": 1_000_000, "with": "rst"})

    def test_cut_again_and_again_where_each_try_brings_a_megabyte(self):
        self.assert_survives({"cut": 1_100_000, "with": "fin"}, count=1)

    def test_cut_for_ever(self):
        error = self.assert_fails({"cut": 0, "with": "fin"}, "connection_closed")
        self.assertTrue(error["transient"])

    def test_reset_for_ever(self):
        self.assert_fails({"cut": 10, "with": "rst"}, ("connection_reset", "connection_closed"))

    def test_a_flipped_bit_is_found_and_fetched_again(self):
        self.assert_survives({"flip": 500_000})

    def test_a_flipped_bit_every_time(self):
        self.assert_fails({"flip": 500_000}, "archive_invalid", operation="verify", stage_name="verify")

    def test_truncated_with_a_length_that_fits(self):
        self.assert_fails({"truncate": 900_000}, "archive_invalid", operation="verify", stage_name="verify")

    def test_a_length_that_is_too_long(self):
        error = self.assert_fails({"wrong_length": 7}, "bad_response")
        self.assertIn("shorter", error["message"])

    def test_a_length_that_is_too_short(self):
        self.assert_fails({"wrong_length": -7}, ("archive_invalid", "bad_response"), operation="verify", stage_name="verify")

    def test_no_length_at_all(self):
        """Nothing would tell a cut from the end."""
        error = self.assert_fails({"no_length": True}, "bad_response")
        self.assertIn("length", error["message"])

    def test_a_slow_line(self):
        self.assert_survives({"drip": 4_000_000})

    def test_a_login_page(self):
        self.assert_fails({"html": True}, "bad_response")

    def test_statuses(self):
        for status, code in ((500, "server_error"), (502, "server_error"), (503, "server_error"), (504, "server_error"),
                             (403, "forbidden"), (401, "unauthorized")):
            with self.subTest(status=status):
                self.cvat.order("reset", {})
                self.assert_fails({"status": status, "body": {"detail": "words of the server"}}, code, peer="words of the server")
                shutil.rmtree(self.storage)

    def test_rate_limited_once(self):
        self.assert_survives({"status": 429, "headers": {"Retry-After": "1"}, "body": {"detail": "throttled"}})

    def test_the_requested_range_is_beyond_the_end(self):
        self.cvat.fault(DOWNLOAD, {"cut": 700_000, "with": "fin"})
        self.cvat.fault(DOWNLOAD, {"status": 416, "headers": {"Content-Range": "bytes */5"}})
        self.assertEqual(self.run_job().report["outcome"], "success")
        self.assertEqual(len(self.pictures()), 20)


class Stalls(Downloads):
    def setUp(self):
        super().setUp()
        with open(self.config) as file:
            text = file.read()
        with open(self.config, "w") as file:
            file.write(text.replace("poll_max: 200ms}", "poll_max: 200ms, no_progress: 500ms}"))

    def test_a_stall_is_given_up_and_resumed(self):
        self.assert_survives({"stall": 800_000, "seconds": 5}, resumed=1)

    def test_a_stall_for_ever(self):
        self.assert_fails({"stall": 1000, "seconds": 3}, "no_progress")

    def test_no_answer_for_ever(self):
        self.assert_fails({"delay": 3}, "no_progress")

    def test_a_slow_line_that_moves_is_no_stall(self):
        self.assert_survives({"drip": 900_000}, resumed=0)


class Elsewhere(Downloads):
    def test_credentials_do_not_follow_to_another_origin(self):
        seen = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                seen.append(dict(self.headers))
                self.send_response(404)
                self.end_headers()

            def log_message(self, *words):
                pass
        stranger = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=stranger.serve_forever, daemon=True).start()
        self.addCleanup(stranger.server_close)
        self.addCleanup(stranger.shutdown)
        self.cvat.fault(DOWNLOAD, {"redirect": f"http://127.0.0.1:{stranger.server_port}/x.zip"}, count=-1)
        self.run_job(code=1)
        self.assertTrue(seen)
        for headers in seen:
            self.assertNotIn("Authorization", headers)
            self.assertNotIn(token_of("admin"), str(headers))

    def test_a_redirect_within_the_server_keeps_them(self):
        self.run_job()
        number = int(re.findall(r"tasks/(\d+)/backup", self.cvat.requests(path="backup/export")[-1]["path"])[0])
        self.cvat.mutate("add_shape", task=number)
        path = f"/api/tasks/{number}/backup/download?rq_id="
        rq_id = next(one for one in self.cvat.order("state")["records"] if f"target=task&target_id={number}&" in one)
        self.cvat.fault(DOWNLOAD, {"redirect": self.cvat.url + path + urllib.parse.quote(rq_id, safe="") + "&second=1"})
        self.assertEqual(self.run_job().report["outcome"], "success")

    def test_a_redirect_in_a_circle(self):
        self.cvat.fault(DOWNLOAD, {"redirect": "/api/tasks/1/backup/download?again"}, count=-1)
        done = self.run_job(code=1)
        self.assertIn("redirect_refused", [error["code"] for error in done.errors()])

    def test_a_result_url_of_another_host_is_rebased(self):
        self.cvat.order("export", {"kind": "result_host", "host": "http://cvat.internal:9999", "count": -1})
        self.assertEqual(self.run_job().report["outcome"], "success")


class Changing(Downloads):
    def test_the_file_changes_before_the_resume(self):
        """The first part of one file and the rest of another must never be joined."""
        self.cvat.fault(DOWNLOAD, {"cut": 700_000, "with": "fin", "sleep": 0.2})
        process = self.start("run", "traffic-signs", "--json")
        while not [one for one in self.cvat.requests(path=DOWNLOAD) if one["sent"]]:
            self.assertIsNone(process.poll())
        self.cvat.order("export", {"kind": "swap"})
        done = self.finish(process)
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(len(self.pictures()), 20)
        self.assert_sound(self.vault)

    def test_the_file_expired(self):
        self.cvat.fault(DOWNLOAD, {"status": 404, "body": '"The exported file has expired, please retry exporting"'})
        self.assert_survives({"cut": 5, "with": "fin"})

    def test_the_record_expired(self):
        self.cvat.fault(DOWNLOAD, {"status": 400, "body": "Unknown export request id"})
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success")

    def test_it_expires_every_time(self):
        self.assert_fails({"status": 404, "body": '"The exported file has expired, please retry exporting"'}, "export_expired",
                          peer="has expired")

    def test_the_poll_finds_no_record(self):
        self.cvat.fault("/api/requests/", {"status": 404, "body": "There is no request with specified id"})
        self.assertEqual(self.run_job().report["outcome"], "success")

    def test_a_run_that_broke_off_is_resumed_by_the_next(self):
        self.cvat.fault(DOWNLOAD, {"cut": 700_000, "with": "fin"})
        self.cvat.fault(DOWNLOAD, {"cut": 0, "with": "fin"}, count=-1)
        self.run_job(code=1)
        self.cvat.order("clear", {})
        self.cvat.order("log/clear", {})
        report = self.run_job().report
        self.assertEqual(report["outcome"], "success")
        got = [one for one in report["items"][0]["stages"] if one["stage"] == "download"][0]
        self.assertEqual(got["resumed"], 1)
        sent = sum(one["sent"] for one in self.cvat.requests(path=DOWNLOAD))
        self.assertLess(sent, TASK_4_ZIP - 600_000)
        self.assertEqual(len(self.pictures()), 20)
        self.assert_no_leftovers()


class Memory(Downloads):
    job = "projects: [1]"

    def test_it_does_not_grow_with_the_size(self):
        peaks = []
        for size in ("2:40:100000:1", "2:400:500000:20"):
            cvat = self.standin("--seed", f"big:{size}")
            self.configure(cvat.url, job=self.job)
            process = self.start("run", "traffic-signs", "--json")
            out, err = process.stdout.read(), process.stderr.read()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(process.returncode, 0, err)
            peaks.append(used.ru_maxrss / 1024)
            shutil.rmtree(self.storage)
            self.assertTrue(out)
        self.assertLess(peaks[1], 64, peaks)
        self.assertLess(peaks[1], peaks[0] + 24, peaks)


if __name__ == "__main__":
    unittest.main()
