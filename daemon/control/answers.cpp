// SPDX-License-Identifier: MIT
#include "daemon/control/answers.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/control/reading.hpp"

namespace autobackup::answers {
namespace {

namespace json = boost::json;

constexpr int format = 1;
constexpr std::array kinds{std::pair{JobKind::cvat, "cvat"}, std::pair{JobKind::github, "github"}, std::pair{JobKind::mirror, "mirror"}};
constexpr std::array states{std::pair{JobState::waiting, "waiting"}, std::pair{JobState::queued, "queued"},
                            std::pair{JobState::running, "running"}, std::pair{JobState::retrying, "retrying"},
                            std::pair{JobState::paused, "paused"},   std::pair{JobState::blocked, "blocked"},
                            std::pair{JobState::manual, "manual"},   std::pair{JobState::disabled, "disabled"}};

template <class Names>
auto named(const Names& names, const std::string& text, typename Names::value_type::first_type fallback) {
    const auto found = std::find_if(names.begin(), names.end(), [&](const auto& one) { return text == one.second; });
    return found == names.end() ? fallback : found->first;
}

json::value time_or_null(const std::optional<Instant>& time) {
    if (time) return json::value(rfc3339(*time));
    return nullptr;
}

json::array times(const std::vector<Instant>& all) {
    json::array array;
    for (const Instant time : all) array.emplace_back(rfc3339(time));
    return array;
}

json::array texts(const std::vector<std::string>& all) {
    return json::array(all.begin(), all.end());
}

json::object to_json(const LastRun& run) {
    return {
        {"run_id", run.run_id},         {"outcome", run.outcome}, {"started_at", rfc3339(run.started_at)}, {"finished_at", rfc3339(run.finished_at)},
        {"duration_s", run.duration_s}, {"error", run.error}};
}

json::object to_json(const CheckStatus& check) {
    json::object object{{"check", check.check},
                        {"schedule", texts(check.schedule)},
                        {"next", times(check.next)},
                        {"last_success", time_or_null(check.last_success)},
                        {"failures", check.failures},
                        {"copies", check.copies},
                        {"damaged", check.damaged}};
    if (!check.server.empty()) object["server"] = check.server;
    object["last"] = check.last ? json::value(to_json(*check.last)) : json::value(nullptr);
    return object;
}

json::array jobs_array(const std::vector<JobStatus>& jobs) {
    json::array array;
    for (const JobStatus& job : jobs) array.push_back(to_json(job));
    return array;
}

std::vector<Instant> instants(const std::vector<std::string>& texts) {
    std::vector<Instant> all;
    for (const std::string& text : texts) {
        if (const std::optional<Instant> time = parse_rfc3339(text)) all.push_back(*time);
    }
    return all;
}

LastRun last_run(const Reading& from) {
    LastRun run;
    run.run_id = from.text("run_id");
    run.outcome = from.text("outcome");
    run.started_at = from.time("started_at").value_or(Instant());
    run.finished_at = from.time("finished_at").value_or(Instant());
    run.duration_s = from.real("duration_s").value_or(0);
    run.error = from.text("error");
    return run;
}

CheckStatus check_status(const Reading& from) {
    CheckStatus check;
    check.check = from.text("check");
    check.schedule = from.texts("schedule");
    check.next = instants(from.texts("next"));
    if (from.has_object("last")) check.last = last_run(Reading(from.at("last")));
    check.last_success = from.time("last_success");
    check.failures = static_cast<int>(from.count("failures").value_or(0));
    check.copies = from.count("copies").value_or(0);
    check.damaged = from.count("damaged").value_or(0);
    check.server = from.text("server");
    return check;
}

}  // namespace

const char* name(JobKind kind) {
    return std::find_if(kinds.begin(), kinds.end(), [kind](const auto& one) { return one.first == kind; })->second;
}

const char* name(JobState state) {
    return std::find_if(states.begin(), states.end(), [state](const auto& one) { return one.first == state; })->second;
}

json::object to_json(const Running& running) {
    json::object object{
        {"run_id", running.run_id}, {"job", running.job},   {"trigger", running.trigger},       {"started_at", rfc3339(running.started_at)},
        {"phase", running.phase},   {"item", running.item}, {"bytes_done", running.bytes_done}, {"bytes_total", running.bytes_total}};
    object["percent"] = running.percent ? json::value(*running.percent) : json::value(nullptr);
    return object;
}

json::object to_json(const JobStatus& job) {
    json::object object{{"job", job.job},
                        {"kind", name(job.kind)},
                        {"state", name(job.state)},
                        {"enabled", job.enabled},
                        {"paused", job.paused},
                        {"paused_until", time_or_null(job.paused_until)},
                        {"skip_next", job.skip_next},
                        {"schedule", texts(job.schedule)},
                        {"time_zone", job.time_zone},
                        {"next", times(job.next)},
                        {"last_success", time_or_null(job.last_success)},
                        {"failures", job.failures}};
    object["last"] = job.last ? json::value(to_json(*job.last)) : json::value(nullptr);
    object["running"] = job.running ? json::value(to_json(*job.running)) : json::value(nullptr);
    json::array checks;
    for (const CheckStatus& check : job.checks) checks.push_back(to_json(check));
    object["checks"] = std::move(checks);
    return object;
}

json::object to_json(const DaemonStatus& daemon) {
    json::object object{{"version", daemon.version},
                        {"pid", daemon.pid},
                        {"since", rfc3339(daemon.since)},
                        {"config", daemon.config},
                        {"loaded_at", rfc3339(daemon.loaded_at)},
                        {"reload_error", daemon.reload_error},
                        {"storage", daemon.storage},
                        {"runs_limit", daemon.runs_limit},
                        {"warnings", texts(daemon.warnings)}};
    object["storage_free"] = daemon.storage_free ? json::value(*daemon.storage_free) : json::value(nullptr);
    json::array running;
    for (const Running& run : daemon.running) running.push_back(to_json(run));
    object["running"] = std::move(running);
    return object;
}

json::object status_document(const DaemonStatus& daemon, const std::vector<JobStatus>& jobs) {
    return {{"format", format}, {"daemon", to_json(daemon)}, {"jobs", jobs_array(jobs)}};
}

json::object list_document(const std::vector<JobStatus>& jobs) {
    return {{"format", format}, {"jobs", jobs_array(jobs)}};
}

json::object next_document(const std::vector<JobStatus>& jobs) {
    json::array array;
    for (const JobStatus& job : jobs) {
        json::array checks;
        for (const CheckStatus& check : job.checks) {
            checks.push_back(json::object{{"check", check.check}, {"schedule", texts(check.schedule)}, {"due", times(check.next)}});
        }
        array.push_back(json::object{{"job", job.job},
                                     {"schedule", texts(job.schedule)},
                                     {"time_zone", job.time_zone},
                                     {"state", name(job.state)},
                                     {"due", times(job.next)},
                                     {"checks", std::move(checks)}});
    }
    return {{"format", format}, {"next", std::move(array)}};
}

json::object history_document(const std::vector<json::object>& reports) {
    json::array array;
    for (json::object report : reports) {
        report.erase("items");
        array.push_back(std::move(report));
    }
    return {{"format", format}, {"runs", std::move(array)}};
}

Running running(const json::value& value) {
    const Reading from(value);
    Running run;
    run.run_id = from.text("run_id");
    run.job = from.text("job");
    run.trigger = from.text("trigger");
    run.started_at = from.time("started_at").value_or(Instant());
    run.phase = from.text("phase");
    run.item = from.text("item");
    run.bytes_done = from.count("bytes_done").value_or(0);
    run.bytes_total = from.count("bytes_total").value_or(0);
    run.percent = from.real("percent");
    return run;
}

JobStatus job_status(const json::value& value) {
    const Reading from(value);
    JobStatus job;
    job.job = from.text("job");
    job.kind = named(kinds, from.text("kind"), JobKind::cvat);
    job.state = named(states, from.text("state"), JobState::waiting);
    job.enabled = from.flag("enabled", true);
    job.paused = from.flag("paused", false);
    job.paused_until = from.time("paused_until");
    job.skip_next = from.flag("skip_next", false);
    job.schedule = from.texts("schedule");
    job.time_zone = from.text("time_zone");
    job.next = instants(from.texts("next"));
    if (from.has_object("last")) job.last = last_run(Reading(from.at("last")));
    job.last_success = from.time("last_success");
    job.failures = static_cast<int>(from.count("failures").value_or(0));
    if (from.has_object("running")) job.running = running(from.at("running"));
    for (const json::value& one : from.array("checks")) job.checks.push_back(check_status(Reading(one)));
    return job;
}

DaemonStatus daemon_status(const json::value& value) {
    const Reading from(value);
    DaemonStatus daemon;
    daemon.version = from.text("version");
    daemon.pid = static_cast<std::int64_t>(from.count("pid").value_or(0));
    daemon.since = from.time("since").value_or(Instant());
    daemon.config = from.text("config");
    daemon.loaded_at = from.time("loaded_at").value_or(Instant());
    daemon.reload_error = from.text("reload_error");
    daemon.storage = from.text("storage");
    daemon.storage_free = from.count("storage_free");
    daemon.runs_limit = static_cast<int>(from.count("runs_limit").value_or(0));
    daemon.warnings = from.texts("warnings");
    for (const json::value& run : from.array("running")) daemon.running.push_back(running(run));
    return daemon;
}

}  // namespace autobackup::answers
