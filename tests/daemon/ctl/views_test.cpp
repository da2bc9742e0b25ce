// SPDX-License-Identifier: MIT
#include "daemon/ctl/views.hpp"

#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "daemon/ctl/table.hpp"
#include "lib/core/text.hpp"

namespace autobackup::ctl::views_test {
namespace {

using namespace std::chrono_literals;
using answers::JobState;
using answers::JobStatus;

Screen screen() {
    return Screen{80, false, Clock{*parse_rfc3339("2026-11-21T11:30:00Z"), *schedule::Zone::find("UTC")}};
}

JobStatus job_named(const std::string& name) {
    JobStatus job;
    job.job = name;
    job.schedule = {"daily 02:30"};
    job.time_zone = "UTC";
    job.next = {screen().clock.now + 15h, screen().clock.now + 39h};
    answers::LastRun last;
    last.run_id = "01KAJ7000000000000000000AA";
    last.outcome = "success";
    last.finished_at = screen().clock.now - 9h;
    job.last = last;
    return job;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

void expect_fits(const std::string& text) {
    for (const std::string& line : lines_of(text)) EXPECT_LE(columns(line), 80U) << line;
}

TEST(Table, CutsTheWidestColumnFirst) {
    Table table({{"JOB", true}, {"RUN"}});
    table.add({std::string(100, 'a'), std::string(26, 'r')});
    table.add({"b\n\x1b[31m", "c"});
    const auto lines = lines_of(table.text(60, false));
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[1], std::string(31, 'a') + "…  " + std::string(26, 'r'));
    EXPECT_EQ(lines[2].substr(0, 11), "b\\n\\u001b[3");
}

TEST(Table, ColoursDoNotMoveColumns) {
    Table table({{"A"}, {"B"}});
    table.add({Cell("failed", Paint::bad), "x"});
    table.add({"ok", Cell("y", Paint::good)});
    EXPECT_EQ(table.text(80, false), "A       B\nfailed  x\nok      y\n");
    EXPECT_EQ(lines_of(table.text(80, true))[1], "\x1b[31mfailed\x1b[0m  x");
}

TEST(Table, NeverGoesBeyondTheScreenWhateverItHolds) {
    std::mt19937 random(3);
    for (int round = 0; round < 300; ++round) {
        Table table({{"A", true}, {"B"}, {"C", true}, {"D"}});
        for (int row = 0; row < 4; ++row) {
            std::vector<Cell> cells;
            for (int cell = 0; cell < 4; ++cell) {
                std::string text;
                for (auto left = random() % 60; left > 0; --left) text += random() % 4 == 0 ? "ü" : "w";
                cells.emplace_back(text);
            }
            table.add(cells);
        }
        expect_fits(table.text(80, false));
    }
}

TEST(Views, AJobIsOneLine) {
    JobStatus job = job_named("traffic-signs");
    const auto document = answers::list_document({job});
    EXPECT_EQ(list_text(document, screen()),
              "JOB            KIND  STATE    LAST     ENDED    NEXT\n"
              "traffic-signs  cvat  waiting  success  9 h ago  in 15 h (Sun 02:30)\n");
}

TEST(Views, WhatIsWrongWithAJobIsSeen) {
    JobStatus failing = job_named("a");
    failing.last->outcome = "failed";
    failing.failures = 3;
    JobStatus paused = job_named("b");
    paused.state = JobState::paused;
    paused.paused = true;
    paused.paused_until = screen().clock.now + 2h;
    JobStatus manual = job_named("c");
    manual.state = JobState::manual;
    manual.next.clear();
    manual.last.reset();
    const std::string text = list_text(answers::list_document({failing, paused, manual}), screen());
    for (const char* words : {"failed (3 in a row)", "paused until 13:30", "manual   never"})
        EXPECT_NE(text.find(words), std::string::npos) << words << '\n' << text;
    expect_fits(text);
}

TEST(Views, StatusTellsTheDaemonAndWhatRuns) {
    answers::DaemonStatus daemon;
    daemon.version = "0.1.0 (abc)";
    daemon.pid = 812;
    daemon.since = screen().clock.now - 50h;
    daemon.config = "/etc/autobackupd/autobackupd.yaml";
    daemon.loaded_at = screen().clock.now - 3h;
    daemon.reload_error = "/etc/autobackupd/autobackupd.yaml:3:1: jobs.a: unknown key " + std::string(100, 'x');
    daemon.storage = "/var/lib/autobackupd";
    daemon.storage_free = 5'000'000'000;
    daemon.runs_limit = 4;
    daemon.warnings = {"storage is \x1b[31mslow"};
    answers::Running run;
    run.run_id = "01KAJ7000000000000000000AA";
    run.job = "a-job-with-a-name-that-goes-on-and-on";
    run.started_at = screen().clock.now - 90s;
    run.phase = "downloading";
    run.item = "project 12 \"Traffic signs of the whole world\"";
    run.bytes_done = 1 << 20;
    run.bytes_total = 4 << 20;
    run.percent = 25;
    daemon.running = {run};
    const std::string text = status_text(answers::status_document(daemon, {job_named("a")}), screen());
    for (const char* words : {"autobackupd 0.1.0 (abc), pid 812, since 2 d ago (Thu 09:30)", "read 3 h ago (08:30)", "refused: /etc", "4.66 GiB free",
                              "1 now, 4 at most", "\\u001b[31mslow", "01KAJ7000000000000000000AA", "1 min 30 s"}) {
        EXPECT_NE(text.find(words), std::string::npos) << words << '\n' << text;
    }
    expect_fits(text);
    EXPECT_EQ(progress_words(run), "downloading, 25 %, 1.00 MiB of 4.00 MiB");
}

TEST(Views, DueTimesComeInTheJobsZone) {
    JobStatus job = job_named("a");
    job.time_zone = "Asia/Tokyo";
    const std::string text = next_text(answers::next_document({job}), screen());
    EXPECT_NE(text.find("2026-11-22 11:30:00+09:00  in 15 h"), std::string::npos) << text;
    EXPECT_NE(text.find("2026-11-23 11:30:00+09:00  in 39 h"), std::string::npos) << text;
    expect_fits(text);
}

boost::json::value report() {
    return boost::json::parse(R"({"format":1,"run_id":"01KAJ7000000000000000000AA","job":"traffic-signs","trigger":"schedule","attempt":2,
        "outcome":"partial","started_at":"2026-11-19T02:30:00.120Z","finished_at":"2026-11-19T02:30:12.465Z","duration_s":12.345,
        "counts":{"saved":1,"unchanged":2,"partial":1,"failed":0,"skipped":0,"gone":0},
        "traffic":{"api_requests":7,"bytes_received":1101004800,"bytes_sent":5242880},
        "items":[{"kind":"cvat_project","id":12,"name":"Traffic\n\u001b[2Jsigns","outcome":"saved","commit":"5e6f7a8b00000000000000000000000000000000",
                  "pushed":[{"target":"https://x","branch":"main","verified":true}],"stages":[{"stage":"push","outcome":"failed",
                  "error":{"operation":"push","object":"main","code":"push_rejected","message":"refused","peer":"pre-receive hook\ndeclined","hint":"ask its owner"}}],
                  "warnings":["stale"]},
                 {"kind":"github_repository","id":"R_1","name":"acme/app","outcome":"updated","before":"1a2b3c4d","after":"5e6f7a8b","stages":[]}],
        "warnings":["of the run"],
        "errors":[{"operation":"GET","object":"projects of lab","code":"server_error","message":"500","peer":"","hint":""}]})");
}

TEST(Views, AReportTellsWhatFailedAndWhy) {
    const std::string text = report_text(report(), screen());
    for (const char* words :
         {"traffic-signs, trigger schedule, attempt 2\n", "outcome   partial\n", "2 d ago (Thu 02:30), took 12.3 s\n",
          "1 saved, 2 unchanged, 1 partial\n", "7 requests, 1.03 GiB received, 5.00 MiB sent\n",
          "project 12 \"Traffic\\n\\u001b[2Jsigns\"  saved  commit 5e6f7a8b  pushed main\n", "  push failed: push main: refused [push_rejected]\n",
          "    the peer said: pre-receive hook\\ndeclined\n", "    ask its owner\n", "  warning: stale\n",
          "acme/app  updated  [1a2b3c4d -> 5e6f7a8b]\n", "error     GET projects of lab: 500 [server_error]\n", "warning   of the run\n"}) {
        EXPECT_NE(text.find(words), std::string::npos) << words << "in\n" << text;
    }
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(Views, ARepositoryTellsItsTips) {
    const auto line = [](const char* rest) {
        const std::string text = std::string(R"({"kind":"mirror","id":"a","name":"a","stages":[],)") + rest + "}";
        return item_line(boost::json::parse(text), screen());
    };
    EXPECT_EQ(line(R"("outcome":"cloned","before":"00000000","after":"5e6f7a8b")"), "a  cloned  [5e6f7a8b]");
    EXPECT_EQ(line(R"("outcome":"unchanged","before":"5e6f7a8b","after":"5e6f7a8b")"), "a  unchanged  [5e6f7a8b]");
    EXPECT_EQ(line(R"("outcome":"unchanged","before":"00000000","after":"00000000")"), "a  unchanged  [empty]");
    EXPECT_EQ(line(R"("outcome":"updated","before":"1a2b3c4d","after":"00000000","ref":"refs/heads/dev")"),
              "a  updated  [1a2b3c4d -> 00000000] refs/heads/dev");
    EXPECT_EQ(line(R"("outcome":"failed")"), "a  failed");
}

TEST(Views, HistoryFitsWithEveryOutcome) {
    boost::json::object run = report().as_object();
    run["job"] = std::string(64, 'j');
    std::vector<boost::json::object> runs;
    for (const char* outcome : {"success", "unchanged", "partial", "failed", "cancelled", "refused"}) {
        run["outcome"] = outcome;
        run["started_at"] = "2025-01-02T02:30:00Z";
        runs.push_back(run);
    }
    const auto document = answers::history_document(runs);
    EXPECT_FALSE(document.at("runs").at(0).as_object().contains("items"));
    const std::string all = history_text(document, false, screen());
    expect_fits(all);
    EXPECT_NE(all.find("01KAJ7000000000000000000AA  jjj"), std::string::npos) << all;
    EXPECT_NE(all.find("cancelled  688 d ago (2025-01-02)"), std::string::npos) << all;
    const std::string one = history_text(document, true, screen());
    expect_fits(one);
    EXPECT_NE(one.find("12.3 s  schedule"), std::string::npos) << one;
}

TEST(Views, DocumentsThatAreNotWhatTheyShouldBeAreShownAllTheSame) {
    for (const char* text :
         {"null", "[]", "{}", R"({"jobs":[1,{"next":[1],"last":{}}],"daemon":7,"next":[{"due":["x"]}],"runs":[null,{"duration_s":"x"}]})"}) {
        const boost::json::value document = boost::json::parse(text);
        EXPECT_FALSE(status_text(document, screen()).empty());
        EXPECT_FALSE(list_text(document, screen()).empty());
        EXPECT_FALSE(next_text(document, screen()).empty());
        EXPECT_FALSE(history_text(document, false, screen()).empty());
        EXPECT_FALSE(report_text(document, screen()).empty());
    }
}

TEST(Answers, AreReadBackAsTheyWereWritten) {
    JobStatus job = job_named("a");
    job.state = JobState::running;
    job.kind = answers::JobKind::mirror;
    job.paused = true;
    job.paused_until = screen().clock.now;
    job.skip_next = true;
    job.failures = 4;
    job.last_success = screen().clock.now - 1h;
    job.running = answers::Running{"01K", "a", "manual", screen().clock.now, "export", "project 12", 1, 2, 50.0};
    const auto written = answers::to_json(job);
    EXPECT_EQ(answers::to_json(answers::job_status(written)), written);
    answers::DaemonStatus daemon;
    daemon.storage_free = 7;
    daemon.running = {*job.running};
    daemon.warnings = {"w"};
    const auto told = answers::to_json(daemon);
    EXPECT_EQ(answers::to_json(answers::daemon_status(told)), told);
    EXPECT_EQ(told.at("running").at(0).at("percent"), 50.0);
    EXPECT_EQ(written.at("kind"), "mirror");
}

}  // namespace
}  // namespace autobackup::ctl::views_test
