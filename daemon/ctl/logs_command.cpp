// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "daemon/control/reading.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/daemon_link.hpp"
#include "daemon/ctl/offline.hpp"
#include "daemon/state/history_reader.hpp"
#include "lib/core/text.hpp"

namespace autobackup::ctl {
namespace {

using answers::Reading;

struct Filter {
    const char* field;
    std::string value;
};

constexpr const char* run_field = "AUTOBACKUP_RUN_ID";
constexpr const char* job_field = "AUTOBACKUP_JOB";
constexpr std::size_t ulid_length = 26;

// A whole run id needs nobody to confirm it.
bool is_whole_id(const std::string& word) {
    return word.size() == ulid_length && word.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ") == std::string::npos;
}

// What the daemon says the word is; a failure when nobody listens.
Result<std::optional<Filter>> filter_from_daemon(const Context& context, const std::string& word) {
    const Result<control::Answer> status = ask(context, "status", {});
    if (!status) return status.error();
    std::vector<std::string> running;
    for (const boost::json::value& job : Reading(status->data).array("jobs")) {
        if (Reading(job).text("job") == word) return std::optional<Filter>(Filter{job_field, word});
        const std::string id = Reading(Reading(job).at("running")).text("run_id");
        if (!id.empty() && id.starts_with(word)) running.push_back(id);
    }
    if (running.size() == 1) return std::optional<Filter>(Filter{run_field, running.front()});
    const Result<control::Answer> report = ask(context, "show", {{"run", word}});
    if (!report) return report.error();
    const std::string id = Reading(report->data).text("run_id");
    if (!report->ok || id.empty()) return std::optional<Filter>();
    return std::optional<Filter>(Filter{run_field, id});
}

std::optional<Filter> filter_from_files(const Context& context, const std::string& word) {
    const std::optional<config::Config> config = load_config(context);
    if (!config) return std::nullopt;
    if (config->jobs.contains(word)) return Filter{job_field, word};
    Result<state::HistoryReader> history = state::HistoryReader::open(config->storage / "state.sqlite");
    if (!history) return std::nullopt;
    const Result<std::string> id = state::only_run(*history, word);
    if (!id) return std::nullopt;
    return Filter{run_field, *id};
}

std::optional<Filter> filter_of(const Context& context) {
    const std::string& word = context.line.run;
    if (is_whole_id(word)) return Filter{run_field, word};
    Result<std::optional<Filter>> told = filter_from_daemon(context, word);
    if (told) return *told;
    return filter_from_files(context, word);
}

}  // namespace

std::vector<std::string> journalctl_arguments(const std::string& field, const std::string& value, bool follow, bool json, bool pager) {
    std::vector<std::string> arguments{"journalctl"};
    if (follow) arguments.emplace_back("--follow");
    if (json) arguments.emplace_back("--output=json");
    if (!pager) arguments.emplace_back("--no-pager");
    arguments.push_back(field + "=" + value);
    return arguments;
}

int logs_command(const Context& context) {
    const std::optional<Filter> filter = filter_of(context);
    if (!filter) {
        tell("autobackupctl: \"" + one_line(context.line.run) + "\" is neither a job nor the beginning of exactly one run");
        return 2;
    }
    std::vector<std::string> arguments =
        journalctl_arguments(filter->field, filter->value, context.line.follow, context.line.json, ::isatty(STDOUT_FILENO) == 1);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    ::execvp(argv.front(), argv.data());
    tell(std::string("autobackupctl: journalctl cannot be started: ") + std::strerror(errno) + "; it is part of systemd");
    return 1;
}

}  // namespace autobackup::ctl
