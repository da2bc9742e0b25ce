// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <string_view>

#include "daemon/metrics/snapshot.hpp"

namespace autobackup::metrics {
namespace {

using Value = std::optional<double>;

struct Family {
    std::string_view name, type, help;
};
struct DaemonFamily : Family {
    Value (*value)(const Snapshot&);
};
struct JobFamily : Family {
    Value (*value)(const JobFacts&);
};

double seconds(Instant time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

Value seconds(const std::optional<Instant>& time) {
    return time ? Value(seconds(*time)) : std::nullopt;
}

template <class Number>
double number(Number value) {
    return static_cast<double>(value);
}

constexpr Family build_info{"autobackup_build_info", "gauge", "Version and commit of the program; always 1."};
constexpr Family notices{"autobackup_notices_total", "counter",
                         "Notices since the start, by whether they were sent or given up."};

constexpr DaemonFamily daemon_families[] = {
    {{"autobackup_snapshot_timestamp_seconds", "gauge", "When these values were put together."},
     [](const Snapshot& s) -> Value { return seconds(s.at); }},
    {{"autobackup_start_time_seconds", "gauge", "When the daemon started."},
     [](const Snapshot& s) -> Value { return seconds(s.started_at); }},
    {{"autobackup_config_last_reload_successful", "gauge",
      "1 when the last load of the configuration succeeded, 0 while a refused one waits to be mended."},
     [](const Snapshot& s) -> Value { return s.config_fine ? 1 : 0; }},
    {{"autobackup_config_last_reload_success_timestamp_seconds", "gauge",
      "When the configuration that counts was loaded."},
     [](const Snapshot& s) -> Value { return seconds(s.config_loaded_at); }},
    {{"autobackup_storage_free_bytes", "gauge", "Free space of the file system that holds the storage directory."},
     [](const Snapshot& s) -> Value { return s.storage_free ? Value(number(*s.storage_free)) : std::nullopt; }},
    {{"autobackup_queue_length", "gauge", "Runs that are due and wait for a place (limits.runs)."},
     [](const Snapshot& s) -> Value { return number(s.queue_length); }},
    {{"autobackup_workers_standstill_seconds", "gauge",
      "For how long the slowest worker has used no processor time; 0 when all move or rest."},
     [](const Snapshot& s) -> Value { return std::chrono::duration<double>(s.workers_standstill).count(); }},
    {{"autobackup_api_requests_total", "counter", "Requests to servers by all runs since the start."},
     [](const Snapshot& s) -> Value { return number(s.api_requests); }},
    {{"autobackup_received_bytes_total", "counter", "Bytes received by all runs since the start."},
     [](const Snapshot& s) -> Value { return number(s.bytes_received); }},
    {{"autobackup_sent_bytes_total", "counter", "Bytes sent by all runs since the start."},
     [](const Snapshot& s) -> Value { return number(s.bytes_sent); }},
};

constexpr JobFamily job_families[] = {
    {{"autobackup_job_last_success_timestamp_seconds", "gauge",
      "End of the last run that was a success or found nothing changed; 0: there was none."},
     [](const JobFacts& j) -> Value { return seconds(j.last_success_at).value_or(0); }},
    {{"autobackup_job_last_run_timestamp_seconds", "gauge", "End of the last run, whatever its outcome."},
     [](const JobFacts& j) -> Value { return seconds(j.last_run_at); }},
    {{"autobackup_job_expected_interval_seconds", "gauge",
      "Largest gap between due times; absent for a job that runs only when asked."},
     [](const JobFacts& j) -> Value {
         return j.expected_interval ? Value(number(j.expected_interval->count())) : std::nullopt;
     }},
    {{"autobackup_job_next_due_timestamp_seconds", "gauge", "When it is due next; absent: not planned."},
     [](const JobFacts& j) -> Value { return seconds(j.next_due_at); }},
    {{"autobackup_job_failures_in_a_row", "gauge", "Runs since the last success that were partial or failed."},
     [](const JobFacts& j) -> Value { return j.failures_in_a_row; }},
    {{"autobackup_job_last_duration_seconds", "gauge", "Duration of the last run."},
     [](const JobFacts& j) -> Value { return j.last_run_at ? Value(j.last_duration_s) : std::nullopt; }},
    {{"autobackup_job_last_received_bytes", "gauge", "Bytes received by the last run."},
     [](const JobFacts& j) -> Value { return j.last_run_at ? Value(number(j.last_bytes_received)) : std::nullopt; }},
    {{"autobackup_job_last_sent_bytes", "gauge", "Bytes sent by the last run."},
     [](const JobFacts& j) -> Value { return j.last_run_at ? Value(number(j.last_bytes_sent)) : std::nullopt; }},
    {{"autobackup_job_enabled", "gauge", "0: the schedule does not start it."},
     [](const JobFacts& j) -> Value { return j.enabled ? 1 : 0; }},
    {{"autobackup_job_paused", "gauge", "1: paused by somebody."},
     [](const JobFacts& j) -> Value { return j.paused ? 1 : 0; }},
    {{"autobackup_job_running", "gauge", "1: it runs just now."},
     [](const JobFacts& j) -> Value { return j.running ? 1 : 0; }},
    {{"autobackup_job_starts_missed_total", "counter", "Due times that passed while nothing could start."},
     [](const JobFacts& j) -> Value { return number(j.starts_missed); }},
    {{"autobackup_job_starts_skipped_total", "counter", "Due times that passed because the job still ran."},
     [](const JobFacts& j) -> Value { return number(j.starts_skipped); }},
};

struct CheckFamily : Family {
    Value (*value)(const CheckFacts&);
};

constexpr CheckFamily check_families[] = {
    {{"autobackup_check_last_success_timestamp_seconds", "gauge", "End of the last check that found every copy good; 0: there was none."},
     [](const CheckFacts& c) -> Value { return seconds(c.last_success_at).value_or(0); }},
    {{"autobackup_check_last_run_timestamp_seconds", "gauge", "End of the last check, whatever it found."},
     [](const CheckFacts& c) -> Value { return seconds(c.last_run_at); }},
    {{"autobackup_check_expected_interval_seconds", "gauge", "Largest gap between due times of the check."},
     [](const CheckFacts& c) -> Value { return c.expected_interval ? Value(number(c.expected_interval->count())) : std::nullopt; }},
    {{"autobackup_check_failures_in_a_row", "gauge", "Checks since the last good one that found damage or could not be made."},
     [](const CheckFacts& c) -> Value { return c.failures_in_a_row; }},
    {{"autobackup_check_copies", "gauge", "Copies that the last check looked at."}, [](const CheckFacts& c) -> Value { return number(c.copies); }},
    {{"autobackup_check_damaged_copies", "gauge", "Copies that the last check found damaged."},
     [](const CheckFacts& c) -> Value { return number(c.damaged); }},
};

// A drill is not one check among others: it is the only one that proves that a backup can be given back.
constexpr CheckFamily drill_families[] = {
    {{"autobackup_drill_last_success_timestamp_seconds", "gauge", "End of the last drill that gave everything back as it was saved; 0: there was none."},
     [](const CheckFacts& c) -> Value { return seconds(c.last_success_at).value_or(0); }},
    {{"autobackup_drill_last_run_timestamp_seconds", "gauge", "End of the last drill, whatever its outcome."},
     [](const CheckFacts& c) -> Value { return seconds(c.last_run_at); }},
    {{"autobackup_drill_expected_interval_seconds", "gauge", "Largest gap between due times of drills."},
     [](const CheckFacts& c) -> Value { return c.expected_interval ? Value(number(c.expected_interval->count())) : std::nullopt; }},
    {{"autobackup_drill_failures_in_a_row", "gauge", "Drills since the last good one that failed."},
     [](const CheckFacts& c) -> Value { return c.failures_in_a_row; }},
    {{"autobackup_drill_restores", "gauge", "Restores that the last drill tried."}, [](const CheckFacts& c) -> Value { return number(c.copies); }},
    {{"autobackup_drill_failed_restores", "gauge", "Restores of the last drill that failed."},
     [](const CheckFacts& c) -> Value { return number(c.damaged); }},
};

constexpr Family drill_server{"autobackup_drill_server_info", "gauge", "1: drills of the job restore into that CVAT server; none: into a directory."};
constexpr Family last_outcome{"autobackup_job_last_outcome", "gauge",
                              "1 for the outcome of the last run, 0 for the others."};
constexpr Family last_items{"autobackup_job_last_items", "gauge", "Items of the last run by outcome."};
constexpr Family runs{"autobackup_job_runs_total", "counter", "Runs that ended since the start, by outcome."};

// A label value: backslash, quote and line feed are escaped; other control characters and bytes that are no UTF-8 cannot
// come (names of jobs and versions are plain), and would only be shown oddly.
std::string label_value(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n') out += "\\n";
        else out += c;
    }
    return out + '"';
}

class Writer {
public:
    // The samples of one family stand together, under one HELP and TYPE; a family without samples is left out.
    void begin(const Family& family) {
        family_ = family;
        begun_ = false;
    }
    void sample(const std::string& labels, double value) {
        if (!begun_) out_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", family_.name, family_.help, family_.type);
        begun_ = true;
        out_ += fmt::format("{}{} {}\n", family_.name, labels.empty() ? labels : '{' + labels + '}', value);
    }
    std::string take() { return std::move(out_); }

private:
    Family family_;
    bool begun_ = false;
    std::string out_;
};

std::string label_of(const JobFacts& job) {
    return "backup_job=" + label_value(job.job);
}

void write_outcomes(Writer& writer, const std::vector<JobFacts>& jobs) {
    writer.begin(last_outcome);
    for (const JobFacts& job : jobs) {
        if (!job.last_outcome) continue;
        for (const model::RunOutcome outcome : model::run_outcomes) {
            writer.sample(fmt::format("{},outcome=\"{}\"", label_of(job), model::name(outcome)),
                          outcome == *job.last_outcome ? 1 : 0);
        }
    }
    writer.begin(last_items);
    for (const JobFacts& job : jobs) {
        if (!job.last_outcome) continue;
        for (const model::ItemOutcome outcome : model::item_outcomes) {
            writer.sample(fmt::format("{},outcome=\"{}\"", label_of(job), model::name(outcome)),
                          number(job.last_items.at(static_cast<std::size_t>(outcome))));
        }
    }
    writer.begin(runs);
    for (const JobFacts& job : jobs) {
        for (const model::RunOutcome outcome : model::run_outcomes) {
            writer.sample(fmt::format("{},outcome=\"{}\"", label_of(job), model::name(outcome)),
                          number(job.runs.at(static_cast<std::size_t>(outcome))));
        }
    }
}

void write_checks(Writer& writer, const CheckFamily& family, const std::vector<CheckFacts>& checks, bool drills) {
    writer.begin(family);
    for (const CheckFacts& check : checks) {
        if ((check.check == "drill") != drills) continue;
        const std::string labels = "backup_job=" + label_value(check.job) + (drills ? "" : ",check=" + label_value(check.check));
        if (const Value value = family.value(check)) writer.sample(labels, *value);
    }
}

void write_drill_servers(Writer& writer, const std::vector<CheckFacts>& checks) {
    writer.begin(drill_server);
    for (const CheckFacts& check : checks) {
        if (!check.server.empty()) writer.sample(fmt::format("backup_job={},server={}", label_value(check.job), label_value(check.server)), 1);
    }
}

}  // namespace

std::string text(const Snapshot& snapshot) {
    Writer writer;
    writer.begin(build_info);
    writer.sample(fmt::format("version={},commit={}", label_value(snapshot.version), label_value(snapshot.commit)), 1);
    for (const DaemonFamily& family : daemon_families) {
        writer.begin(family);
        if (const Value value = family.value(snapshot)) writer.sample(std::string(), *value);
    }
    writer.begin(notices);
    writer.sample("result=\"sent\"", number(snapshot.notices_sent));
    writer.sample("result=\"failed\"", number(snapshot.notices_failed));
    for (const JobFamily& family : job_families) {
        writer.begin(family);
        for (const JobFacts& job : snapshot.jobs) {
            if (const Value value = family.value(job)) writer.sample(label_of(job), *value);
        }
    }
    write_outcomes(writer, snapshot.jobs);
    for (const CheckFamily& family : check_families) write_checks(writer, family, snapshot.checks, false);
    for (const CheckFamily& family : drill_families) write_checks(writer, family, snapshot.checks, true);
    write_drill_servers(writer, snapshot.checks);
    return writer.take();
}

std::vector<std::string> metric_names() {
    std::vector<std::string> names{std::string(build_info.name)};
    for (const Family& family : daemon_families) names.emplace_back(family.name);
    names.emplace_back(notices.name);
    for (const Family& family : job_families) names.emplace_back(family.name);
    for (const Family& family : {last_outcome, last_items, runs}) names.emplace_back(family.name);
    for (const Family& family : check_families) names.emplace_back(family.name);
    for (const Family& family : drill_families) names.emplace_back(family.name);
    names.emplace_back(drill_server.name);
    return names;
}

}  // namespace autobackup::metrics
