// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>

#include "daemon/control/reading.hpp"
#include "daemon/ctl/table.hpp"
#include "daemon/ctl/views.hpp"
#include "lib/core/text.hpp"

namespace autobackup::ctl {
namespace {

namespace json = boost::json;
using answers::JobStatus;
using answers::Reading;
using answers::Running;

Cell last_cell(const JobStatus& job) {
    if (!job.last) return Cell("never", Paint::faint);
    std::string words = job.last->outcome;
    if (job.failures > 1) words += fmt::format(" ({} in a row)", job.failures);
    return Cell(words, paint_of(job.last->outcome));
}

std::string next_words(const JobStatus& job, const Screen& screen) {
    if (job.paused) return job.paused_until ? "paused until " + face(*job.paused_until, screen.clock) : "paused";
    if (job.running) return "running now";
    if (job.next.empty()) return "-";
    return when(job.next.front(), screen.clock) + (job.skip_next ? ", one skipped" : "");
}

std::string jobs_table(const json::array& jobs, const Screen& screen) {
    Table table({{"JOB", true}, {"KIND"}, {"STATE"}, {"LAST"}, {"ENDED"}, {"NEXT", true}});
    for (const json::value& value : jobs) {
        const JobStatus job = answers::job_status(value);
        const std::string state = answers::name(job.state);
        const std::string ended = job.last ? relative(job.last->finished_at, screen.clock) : "";
        table.add({job.job, answers::name(job.kind), Cell(state, paint_of(state)), last_cell(job), ended, next_words(job, screen)});
    }
    return table.empty() ? "No jobs.\n" : table.text(screen.width, screen.colour);
}

// "key  value" of the head of status; values are cut at the screen's edge.
void add_fact(std::string& text, const char* key, const std::string& value, const Screen& screen, Paint paint = Paint::none) {
    constexpr std::size_t indent = 10;
    text += fmt::format("{:<10}", key) + painted(cut_columns(one_line(value), screen.width - indent), paint, screen.colour) + '\n';
}

// Checks and drills that failed last.
void add_damage(std::string& text, const json::array& jobs, const Screen& screen) {
    for (const json::value& value : jobs) {
        const JobStatus job = answers::job_status(value);
        for (const answers::CheckStatus& check : job.checks) {
            if (check.failures == 0 || !check.last) continue;
            std::string words = job.job + ": " + (check.check == "drill" ? "" : "check ") + check.check;
            if (!check.server.empty()) words += " into " + one_line(check.server);
            words += " " + check.last->outcome;
            if (check.damaged > 0) words += fmt::format(", {} of {} {}", check.damaged, check.copies, check.check == "drill" ? "restores failed" : "copies damaged");
            words += ", " + relative(check.last->finished_at, screen.clock) + ": " + check.last->error;
            add_fact(text, "DAMAGE", words, screen, Paint::bad);
        }
    }
}

// Due times of a job or of one of its checks.
void add_due(Table& table, const std::string& name, const Reading& of, const std::string& time_zone, const std::string& state, const Screen& screen) {
    std::string schedule;
    for (const std::string& text : of.texts("schedule")) schedule += (schedule.empty() ? "" : "; ") + text;
    const std::vector<std::string> due = of.texts("due");
    if (due.empty()) table.add({name, Cell(state, paint_of(state)), "", schedule});
    for (std::size_t i = 0; i < due.size(); ++i) {
        const std::optional<Instant> time = parse_rfc3339(due[i]);
        if (!time) continue;
        Clock clock = screen.clock;  // due times are shown as the job's own clock shows them
        if (const auto zone = schedule::Zone::find(time_zone)) clock.zone = *zone;
        const bool first = i == 0;
        table.add({first ? name : "", exact(*time, clock), relative(*time, clock), first ? schedule : ""});
    }
}

}  // namespace

std::string progress_words(const Running& run) {
    std::string words = run.phase.empty() ? "starting" : run.phase;
    if (run.percent) words += fmt::format(", {} %", static_cast<int>(std::lround(*run.percent)));
    if (run.bytes_done > 0) words += ", " + human_bytes(run.bytes_done);
    if (run.bytes_total > 0) words += " of " + human_bytes(run.bytes_total);
    return words;
}

std::string status_text(const json::value& document, const Screen& screen) {
    const answers::DaemonStatus daemon = answers::daemon_status(Reading(document).at("daemon"));
    std::string text;
    add_fact(text, "daemon", fmt::format("autobackupd {}, pid {}, since {}", daemon.version, daemon.pid, when(daemon.since, screen.clock)), screen);
    add_fact(text, "config", fmt::format("{}, read {}", daemon.config, when(daemon.loaded_at, screen.clock)), screen);
    if (!daemon.reload_error.empty()) add_fact(text, "reload", "refused: " + daemon.reload_error, screen, Paint::bad);
    add_fact(text, "storage", daemon.storage + (daemon.storage_free ? ", " + human_bytes(*daemon.storage_free) + " free" : ""), screen);
    add_fact(text, "runs", fmt::format("{} now, {} at most", daemon.running.size(), daemon.runs_limit), screen);
    for (const std::string& warning : daemon.warnings) add_fact(text, "warning", warning, screen, Paint::notice);
    if (!daemon.running.empty()) {
        Table table({{"RUNNING", true}, {"RUN"}, {"FOR"}, {"DOING", true}});
        for (const Running& run : daemon.running) {
            const auto spent = std::chrono::floor<std::chrono::milliseconds>(screen.clock.now - run.started_at);
            const std::string doing = (run.item.empty() ? "" : run.item + ": ") + progress_words(run);
            table.add({Cell(run.job, Paint::active), run.run_id, human_duration(std::max(spent, std::chrono::milliseconds(0))), doing});
        }
        text += '\n' + table.text(screen.width, screen.colour);
    }
    add_damage(text, Reading(document).array("jobs"), screen);
    return text + '\n' + jobs_table(Reading(document).array("jobs"), screen);
}

std::string list_text(const json::value& document, const Screen& screen) {
    return jobs_table(Reading(document).array("jobs"), screen);
}

std::string next_text(const json::value& document, const Screen& screen) {
    Table table({{"JOB", true}, {"DUE"}, {"", true}, {"SCHEDULE", true}});
    for (const json::value& value : Reading(document).array("next")) {
        const Reading job(value);
        const std::string name = job.text("job"), zone = job.text("time_zone");
        add_due(table, name, job, zone, job.text("state"), screen);
        for (const json::value& one : job.array("checks")) {
            const Reading check(one);
            add_due(table, name + " " + check.text("check"), check, zone, "manual", screen);
        }
    }
    return table.empty() ? "No jobs.\n" : table.text(screen.width, screen.colour);
}

std::string job_words(const JobStatus& job, const Screen& screen) {
    std::string words = one_line(job.job) + ": ";
    if (job.paused) {
        words += "paused" + (job.paused_until ? " until " + exact(*job.paused_until, screen.clock) + ", " + relative(*job.paused_until, screen.clock)
                                              : " until it is resumed");
        return words;
    }
    words += answers::name(job.state);
    if (!job.next.empty()) words += ", next " + when(job.next.front(), screen.clock);
    if (job.skip_next) words += "; one due time is left out";
    return words;
}

}  // namespace autobackup::ctl
