// SPDX-License-Identifier: MIT
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "daemon/app/commands.hpp"
#include "daemon/app/configuration.hpp"
#include "daemon/app/online_check.hpp"
#include "daemon/config/due.hpp"
#include "lib/core/file.hpp"
#include "lib/core/text.hpp"
#include "lib/journal/logging.hpp"

namespace autobackup::app {
namespace {

constexpr int due_times_shown = 5;
constexpr int exit_cancelled = 5;

// "2026-11-22 02:30:00+01:00", the next five.
std::vector<std::string> due_times(const config::Config& config, const config::Job& job, const std::vector<std::string>& schedule) {
    const Result<schedule::Zone> zone = config::zone_of(config, job);
    if (!zone) return {};
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    std::vector<std::string> times;
    for (const schedule::SysSeconds due : config::due_times(config, job, schedule, now, due_times_shown)) times.push_back(zone->text(due));
    return times;
}

std::string shown(const config::Loaded& loaded, bool origin) {
    std::string text;
    for (const config::OriginEntry& entry : loaded.origins) {
        text += entry.path + ": " + entry.value;
        if (origin && entry.origin.file.empty()) text += "  # default";
        if (origin && !entry.origin.file.empty()) text += "  # " + entry.origin.file + ":" + std::to_string(entry.origin.line);
        text += "\n";
    }
    for (const auto& [name, job] : loaded.config->jobs) {
        const std::vector<std::string> times = due_times(*loaded.config, job, job.schedule);
        if (times.empty()) text += "# job " + name + " runs only when asked\n";
        if (!times.empty()) text += "# job " + name + " is due at\n";
        for (const std::string& time : times) text += "#   " + time + "\n";
        for (const auto& [check, schedule] : job.checks) {
            const std::vector<std::string> checked = due_times(*loaded.config, job, schedule);
            if (!checked.empty()) text += "# its check " + check + " is due at\n";
            for (const std::string& time : checked) text += "#   " + time + "\n";
        }
    }
    return text;
}

boost::json::object shown_json(const config::Loaded& loaded, const CommandLine& line) {
    boost::json::object object = config::problems_json({});
    boost::json::array values;
    for (const config::OriginEntry& entry : loaded.origins) {
        boost::json::object one{{"path", entry.path}, {"value", entry.value}};
        if (line.origin) {
            one["file"] = entry.origin.file;
            one["line"] = entry.origin.line;
        }
        values.push_back(std::move(one));
    }
    if (line.show || line.origin) object["values"] = std::move(values);
    boost::json::object due, checks;
    for (const auto& [name, job] : loaded.config->jobs) {
        due[name] = boost::json::value_from(due_times(*loaded.config, job, job.schedule));
        boost::json::object of_job;
        for (const auto& [check, schedule] : job.checks) of_job[check] = boost::json::value_from(due_times(*loaded.config, job, schedule));
        if (!of_job.empty()) checks[name] = std::move(of_job);
    }
    object["next"] = std::move(due);
    object["next_checks"] = std::move(checks);
    return object;
}

// What lies beside the configuration: secrets, and files of certificates.
std::vector<config::Problem> check_files(const config::Loaded& loaded, const config::SecretPlaces& places) {
    std::vector<config::Problem> problems = check_certificate_files(loaded, {});
    for (config::Problem& one : check_job_secrets(*loaded.config, {}, places)) problems.push_back(std::move(one));
    return problems;
}

}  // namespace

int check_config_command(Loop& loop, const CommandLine& line, const EnvironmentVariables& variables) {
    const config::Loaded loaded = load_configuration(line, variables);
    std::vector<config::Problem> problems = loaded.problems;
    config::SecretPlaces places = secret_places(variables);
    places.stopped = [&loop] { return loop.stop_asked(); };
    if (loaded.config && !line.skip_secrets) problems = check_files(loaded, places);
    if (loop.stop_asked()) return exit_cancelled;
    if (!problems.empty()) {
        if (line.json) {
            (void)print_text(boost::json::serialize(config::problems_json(problems)) + "\n");  // 2 says more than 1
        } else {
            tell_problems(problems);
        }
        return 2;
    }
    std::vector<OnlineAnswer> answers;
    if (line.online) answers = check_online(loop, *loaded.config, places);
    int code = 0;
    boost::json::array online;
    for (const OnlineAnswer& answer : answers) {
        online.push_back(boost::json::object{{"what", answer.what}, {"ok", answer.ok}, {"text", answer.text}});
        if (!line.json) journal::write_line(STDERR_FILENO, answer.what + ": " + answer.text);
        if (!answer.ok) code = 1;
    }
    if (loop.stop_asked()) return exit_cancelled;
    if (line.json) {
        boost::json::object object = shown_json(loaded, line);
        if (line.online) object["online"] = std::move(online);
        const int printed = print_text(boost::json::serialize(object) + "\n");
        return printed == 0 ? code : printed;
    }
    for (const std::string& warning : loaded.config->warnings) spdlog::warn("{}", warning);
    if ((line.show || line.origin) && print_text(shown(loaded, line.origin)) != 0) return 1;
    const std::size_t jobs = loaded.config->jobs.size();
    const std::string text = line.config + ": good, " + std::to_string(jobs) + (jobs == 1 ? " job" : " jobs");
    if (code == 0) journal::write_line(STDERR_FILENO, text);
    return code;
}

}  // namespace autobackup::app
