// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/metrics/snapshot.hpp"
#include "daemon/report/report.hpp"
#include "tests/daemon/metrics/exposition.hpp"
#include "tests/daemon/metrics/facts.hpp"
#include "tests/daemon/metrics/promtool.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::metrics::text_test {
namespace {

constexpr const char* signs = "{backup_job=\"traffic-signs\"}";
constexpr const char* fresh = "{backup_job=\"fresh\"}";

std::string job(const char* metric, const char* labels = signs) {
    return std::string("autobackup_job_") + metric + labels;
}

TEST(MetricsText, tells_the_daemon) {
    const Exposition told(text(sample_snapshot()));
    EXPECT_EQ(told.value("autobackup_build_info{version=\"0.1.0\",commit=\"abc123\"}"), 1);
    EXPECT_EQ(told.value("autobackup_start_time_seconds"), 1795132800);
    EXPECT_EQ(told.value("autobackup_snapshot_timestamp_seconds"), 1795226400.5);
    EXPECT_EQ(told.value("autobackup_config_last_reload_successful"), 1);
    EXPECT_EQ(told.value("autobackup_storage_free_bytes"), 123456789012);
    EXPECT_EQ(told.value("autobackup_queue_length"), 2);
    EXPECT_EQ(told.value("autobackup_workers_standstill_seconds"), 1.5);
    EXPECT_EQ(told.value("autobackup_api_requests_total"), 7);
    EXPECT_EQ(told.value("autobackup_received_bytes_total"), 1101004800);
    EXPECT_EQ(told.value("autobackup_notices_total{result=\"sent\"}"), 3);
    EXPECT_EQ(told.value("autobackup_notices_total{result=\"failed\"}"), 1);
}

TEST(MetricsText, tells_a_job) {
    const Exposition told(text(sample_snapshot()));
    EXPECT_EQ(told.value(job("last_success_timestamp_seconds")), 1795224612.4646);
    EXPECT_EQ(told.value(job("last_run_timestamp_seconds")), 1795224612.4646);
    EXPECT_EQ(told.value(job("expected_interval_seconds")), 86400);
    EXPECT_EQ(told.value(job("next_due_timestamp_seconds")), 1795311000);
    EXPECT_EQ(told.value(job("last_duration_seconds")), 12.3446);
    EXPECT_EQ(told.value(job("last_received_bytes")), 1101004800);
    EXPECT_EQ(told.value(job("last_sent_bytes")), 5242880);
    EXPECT_EQ(told.value(job("failures_in_a_row")), 0);
    EXPECT_EQ(told.value(job("enabled")), 1);
    EXPECT_EQ(told.value(job("paused")), 1);
    EXPECT_EQ(told.value(job("running")), 0);
    EXPECT_EQ(told.value(job("starts_missed_total")), 4);
    const std::string one = "{backup_job=\"traffic-signs\",outcome=";
    EXPECT_EQ(told.value(job("last_items", (one + "\"saved\"}").c_str())), 1);
    EXPECT_EQ(told.value(job("last_items", (one + "\"gone\"}").c_str())), 0);
    EXPECT_EQ(told.value(job("runs_total", (one + "\"success\"}").c_str())), 1);
}

TEST(MetricsText, the_last_outcome_is_one_of_six) {
    for (const auto outcome : {model::RunOutcome::success, model::RunOutcome::unchanged, model::RunOutcome::partial,
                               model::RunOutcome::failed, model::RunOutcome::cancelled, model::RunOutcome::refused}) {
        Snapshot snapshot = sample_snapshot();
        model::Run run = test::sample_run();
        run.outcome = outcome;
        snapshot.jobs[0].remember(run);
        const Exposition told(text(snapshot));
        double sum = 0;
        int series = 0;
        for (const auto& [name, value] : told.samples()) {
            if (!name.starts_with("autobackup_job_last_outcome{backup_job=\"traffic-signs\"")) continue;
            sum += value;
            ++series;
        }
        EXPECT_EQ(sum, 1);
        EXPECT_EQ(series, 6);
        EXPECT_EQ(told.value(std::string("autobackup_job_last_outcome{backup_job=\"traffic-signs\",outcome=\"") +
                             model::name(outcome) + "\"}"),
                  1);
    }
}

TEST(MetricsText, a_job_that_never_ran_has_no_success_and_no_last_run) {
    const Exposition told(text(sample_snapshot()));
    EXPECT_EQ(told.value(job("last_success_timestamp_seconds", fresh)), 0);
    EXPECT_EQ(told.value(job("enabled", fresh)), 0);
    for (const char* absent : {"last_run_timestamp_seconds", "expected_interval_seconds", "next_due_timestamp_seconds",
                               "last_duration_seconds", "last_received_bytes"}) {
        EXPECT_FALSE(told.value(job(absent, fresh))) << absent;
    }
}

TEST(MetricsText, without_jobs_and_space_it_is_still_valid) {
    const Exposition told(text(Snapshot()));
    EXPECT_FALSE(told.value("autobackup_storage_free_bytes"));
    EXPECT_FALSE(told.families().contains("autobackup_job_enabled"));
}

TEST(MetricsText, the_list_of_names_is_what_is_told) {
    const Exposition told(text(sample_snapshot()));
    std::set<std::string> listed;
    for (const std::string& name : metric_names()) EXPECT_TRUE(listed.insert(name).second) << name;
    EXPECT_EQ(listed, told.families());
    for (const auto& [name, type] : told.types()) EXPECT_EQ(type == "counter", name.ends_with("_total")) << name;
}

TEST(MetricsText, odd_labels_are_escaped) {
    Snapshot snapshot = sample_snapshot();
    snapshot.version = "a\"b\\c\nd{}=,";
    snapshot.jobs[0].job = "x\"} 1\nevil{a=\"b";
    const Exposition told(text(snapshot));
    EXPECT_EQ(told.value("autobackup_build_info{version=\"a\\\"b\\\\c\\nd{}=,\",commit=\"abc123\"}"), 1);
    EXPECT_FALSE(told.families().contains("evil"));
}

TEST(MetricsText, promtool_has_nothing_against_it) {
    if (!has_promtool()) GTEST_SKIP() << no_promtool;
    const test::TempDir directory;
    const fs::path file = directory.path() / "metrics";
    ASSERT_TRUE(write_file_durably(file, text(sample_snapshot())));
    expect_promtool("check metrics --extended < " + file.string(), directory.path());
}

TEST(MetricsText, a_thousand_jobs_are_told) {
    Snapshot snapshot = sample_snapshot();
    while (snapshot.jobs.size() < 1000) {
        snapshot.jobs.push_back(snapshot.jobs[0]);
        snapshot.jobs.back().job = "job-" + std::to_string(snapshot.jobs.size());
    }
    const std::string told = text(snapshot);
    EXPECT_GT(told.size(), 1'000'000U);
    EXPECT_NE(told.find("job=\"job-999\""), std::string::npos);
}

// What a restart knows from the history is what it would know without the restart.
TEST(JobFacts, are_recalled_from_reports) {
    for (const auto outcome : {model::RunOutcome::success, model::RunOutcome::unchanged, model::RunOutcome::partial,
                               model::RunOutcome::failed, model::RunOutcome::cancelled, model::RunOutcome::refused}) {
        JobFacts lived, recalled;
        lived.job = recalled.job = "traffic-signs";
        model::Run run = test::sample_run();
        run.finished_at = std::chrono::floor<std::chrono::milliseconds>(run.finished_at);  // as reports have it
        run.items.push_back(run.items[0]);
        run.items[1].outcome = model::ItemOutcome::gone;
        lived.remember(run);
        recalled.recall(report::to_json(run));
        run.outcome = outcome;
        run.bytes_received = 9;
        run.finished_at += std::chrono::hours(1);
        run.items.pop_back();
        lived.remember(run);
        recalled.recall(report::to_json(run));
        lived.runs.fill(0);
        Snapshot a, b;
        a.jobs = {lived};
        b.jobs = {recalled};
        EXPECT_EQ(text(a), text(b));
    }
}

TEST(JobFacts, take_no_nonsense) {
    for (const char* report : {"1", "{}", "[]", R"({"outcome": "success"})", R"({"outcome": "great", "started_at": "2026-11-21T01:30:00Z", "finished_at": "2026-11-21T01:30:00Z"})",
                               R"({"outcome": 3, "started_at": [], "finished_at": null})"}) {
        JobFacts facts;
        facts.recall(boost::json::parse(report));
        EXPECT_FALSE(facts.last_outcome) << report;
    }
    JobFacts facts;
    facts.recall(boost::json::parse(
        R"({"outcome": "failed", "started_at": "2026-11-21T01:30:00Z", "finished_at": "2026-11-21T01:30:09Z",
            "counts": {"saved": -1, "failed": 1e300, "gone": "x"}, "traffic": 7})"));
    EXPECT_EQ(facts.failures_in_a_row, 1);
    EXPECT_EQ(facts.last_items, (std::array<std::int64_t, 6>{}));
    EXPECT_EQ(facts.last_bytes_received, 0U);
}

TEST(JobFacts, follow_the_runs) {
    JobFacts facts;
    model::Run run = test::sample_run();
    const auto remember = [&](model::RunOutcome outcome) {
        run.outcome = outcome;
        run.finished_at += std::chrono::hours(1);
        facts.remember(run);
        return facts.failures_in_a_row;
    };
    EXPECT_EQ(remember(model::RunOutcome::partial), 1);
    EXPECT_FALSE(facts.last_success_at);
    EXPECT_EQ(remember(model::RunOutcome::failed), 2);
    EXPECT_EQ(remember(model::RunOutcome::cancelled), 2);
    run.bytes_received = 1;
    EXPECT_EQ(remember(model::RunOutcome::refused), 2);
    EXPECT_EQ(facts.last_bytes_received, 1101004800U) << "a refused run did nothing";
    EXPECT_EQ(facts.last_run_at, run.finished_at);
    EXPECT_EQ(remember(model::RunOutcome::unchanged), 0);
    EXPECT_EQ(facts.last_success_at, run.finished_at);
    EXPECT_EQ(facts.runs[static_cast<std::size_t>(model::RunOutcome::failed)], 1U);
    run.started_at = run.finished_at + std::chrono::hours(9);  // the clock was set back
    facts.remember(run);
    EXPECT_EQ(facts.last_duration_s, 0);
}

}  // namespace
}  // namespace autobackup::metrics::text_test
