// SPDX-License-Identifier: MIT
#include "daemon/ctl/offline.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>
#include <vector>

#include "daemon/config/due.hpp"
#include "daemon/control/answers.hpp"
#include "daemon/control/reading.hpp"
#include "daemon/state/history_reader.hpp"
#include "lib/core/text.hpp"

namespace autobackup::ctl {
namespace {

namespace json = boost::json;

Result<json::object> parsed(const std::string& text) {
    boost::system::error_code error;
    json::value value = json::parse(text, error);
    if (error || !value.is_object()) return fail(Errc::state_invalid, "read", "a report", "it is not a JSON object");
    return std::move(value.get_object());
}

Result<state::HistoryReader> open_history(const config::Config& config) {
    Result<state::HistoryReader> opened = state::HistoryReader::open(config.storage / "state.sqlite");
    if (opened) return opened;
    Failure failure = opened.error();
    if (failure.code == Errc::io_error) failure.hint = "use sudo: the state belongs to the daemon's user";
    return failure;
}

answers::JobStatus status_of(const config::Config& config, const config::Job& job, std::size_t count, Instant now) {
    answers::JobStatus status;
    status.job = job.name;
    status.enabled = job.enabled;
    status.schedule = job.schedule;
    status.time_zone = job.time_zone;
    for (const auto due : config::due_times(config, job, std::chrono::floor<std::chrono::seconds>(now), count)) status.next.emplace_back(due);
    for (const auto& [kind, schedule] : job.checks) {
        answers::CheckStatus check;
        check.check = kind;
        check.schedule = schedule;
        for (const auto due : config::due_times(config, job, schedule, std::chrono::floor<std::chrono::seconds>(now), count)) check.next.emplace_back(due);
        if (!job.enabled) check.next.clear();
        status.checks.push_back(std::move(check));
    }
    if (status.next.empty()) status.state = answers::JobState::manual;
    if (!job.enabled) {
        status.state = answers::JobState::disabled;
        status.next.clear();
    }
    return status;
}

}  // namespace

config::Loaded read_config(const Context& context) {
    config::LoadOptions options;
    options.state_directory = cli::value_or(context.environment, "STATE_DIRECTORY", {});
    return config::load(context.line.config, options);
}

std::optional<config::Config> load_config(const Context& context) {
    config::Loaded loaded = read_config(context);
    for (const config::Problem& problem : loaded.problems) tell(config::describe(problem));
    return std::move(loaded.config);
}

Result<void> need_storage(const config::Config& config) {
    const std::filesystem::path& storage = config.storage;
    std::error_code error;
    const bool there = std::filesystem::is_directory(storage, error);
    if (error == std::errc::permission_denied) return fail_errno(EACCES, "look at storage", storage.string());
    Failure failure = fail(Errc::io_error, "look at storage", storage.string(), there ? "it holds nothing of autobackupd" : "there is no such directory");
    failure.hint = "is it mounted, and is it the one of this configuration? The first run makes it";
    if (!there) return failure;
    for (const char* name : {"state.sqlite", "vaults", "archives", "mirrors", "github"}) {
        if (std::filesystem::exists(storage / name, error) || error) return {};  // what may not be seen is not missing
    }
    return failure;
}

bool ever_saved(const config::Config& config, const std::string& job) {
    constexpr std::size_t most = 1000;
    Result<state::HistoryReader> history = open_history(config);
    if (!history) return false;
    const Result<std::vector<std::string>> texts = history->reports(job, most);
    if (!texts) return false;
    return std::any_of(texts->begin(), texts->end(), [](const std::string& text) {
        const Result<json::object> report = parsed(text);
        if (!report || report->if_contains("check") != nullptr) return false;
        const json::value* const found = report->if_contains("counts");
        if (found == nullptr) return false;
        const answers::Reading counts(*found);
        return counts.count("saved").value_or(0) + counts.count("unchanged").value_or(0) + counts.count("partial").value_or(0) > 0;
    });
}

Result<void> check_job(const config::Config& config, const std::string& job) {
    if (job.empty() || config.jobs.contains(job)) return {};
    std::vector<std::string> names;
    for (const auto& [name, one] : config.jobs) names.push_back(name);
    Failure failure = fail(Errc::not_found, "find job", one_line(job), "there is no such job in the configuration");
    if (const auto near = nearest(job, names)) failure.hint = "did you mean \"" + *near + "\"?";
    return failure;
}

Result<json::object> history_from_files(const config::Config& config, const std::string& job, std::size_t limit) {
    Result<state::HistoryReader> history = open_history(config);
    if (!history) return history.error();
    const Result<std::vector<std::string>> texts = history->reports(job, limit);
    if (!texts) return texts.error();
    std::vector<json::object> reports;
    for (const std::string& text : *texts) {
        Result<json::object> report = parsed(text);
        if (report) reports.push_back(std::move(*report));
    }
    return answers::history_document(reports);
}

Result<json::object> report_from_files(const config::Config& config, const std::string& run) {
    Result<state::HistoryReader> history = open_history(config);
    if (!history) return history.error();
    const Result<std::string> id = state::only_run(*history, run);
    if (!id) return id.error();
    const Result<std::optional<std::string>> report = history->report(*id);
    if (!report) return report.error();
    if (!*report) return fail(Errc::not_found, "show run", *id, "it has no report: it goes on, or its process died");
    return parsed(**report);
}

Result<json::object> next_from_files(const config::Config& config, const std::string& job, std::size_t count, Instant now) {
    if (const Result<void> known = check_job(config, job); !known) return known.error();
    std::vector<answers::JobStatus> jobs;
    for (const auto& [name, one] : config.jobs) {
        if (job.empty() || job == name) jobs.push_back(status_of(config, one, count, now));
    }
    return answers::next_document(jobs);
}

}  // namespace autobackup::ctl
