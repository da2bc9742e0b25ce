// SPDX-License-Identifier: MIT
#include "daemon/app/configuration.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "build_info.hpp"
#include "lib/journal/logging.hpp"
#include "lib/journal/redact.hpp"

namespace autobackup::app {
namespace {

struct Needed {
    config::SecretRef reference;
    std::string job;
};

void add_references(const config::Config& config, const config::Job& job, std::vector<Needed>& needed) {
    const auto server = config.servers.find(config::server_of(job));
    if (server != config.servers.end()) {
        for (const config::SecretRef& reference : config::secrets_of(server->second)) needed.push_back(Needed{reference, job.name});
    }
    for (const config::SecretRef& reference : config::secrets_of(job)) needed.push_back(Needed{reference, job.name});
    for (const config::Notice& notice : job.notify) {
        const auto* webhook = std::get_if<config::WebhookNotice>(&notice.to);
        if (webhook != nullptr && webhook->auth) needed.push_back(Needed{*webhook->auth, job.name});
    }
}

config::Problem problem_of(const Needed& needed, const Failure& failure) {
    const config::SecretRef& reference = needed.reference;
    config::Problem problem;
    problem.file = reference.origin.file;
    problem.line = reference.origin.line;
    problem.column = reference.origin.column;
    problem.path = reference.key_path;
    problem.message = failure.message + " (needed by job " + needed.job + ")";
    if (!failure.peer.empty()) problem.message += "; the command said: " + failure.peer;
    return problem;
}

}  // namespace

config::SecretPlaces secret_places(const EnvironmentVariables& environment) {
    config::SecretPlaces places;
    places.environment = environment;
    return places;
}

config::Loaded load_configuration(const CommandLine& line, const EnvironmentVariables& environment) {
    config::LoadOptions options;
    options.state_directory = cli::value_or(environment, "STATE_DIRECTORY", {});
    return config::load(line.config, options);
}

http::ClientSettings http_settings() {
    http::ClientSettings settings;
    settings.user_agent = std::string("autobackupd/") + build::version;
    http::read_proxies_from_environment(settings);
    return settings;
}

void tell_problems(const std::vector<config::Problem>& problems) {
    for (const config::Problem& problem : problems) journal::write_line(2, config::describe(problem));
}

std::vector<config::Problem> check_job_secrets(const config::Config& config, const std::vector<std::string>& jobs,
                                               const config::SecretPlaces& places) {
    std::vector<Needed> needed;
    for (const auto& [name, job] : config.jobs) {
        const bool wanted = jobs.empty() || std::find(jobs.begin(), jobs.end(), name) != jobs.end();
        if (wanted) add_references(config, job, needed);
    }
    std::vector<config::Problem> problems;
    std::vector<Secret> values;
    std::vector<std::string> seen;
    for (const Needed& one : needed) {
        const config::SecretRef& reference = one.reference;
        if (std::find(seen.begin(), seen.end(), reference.key_path) != seen.end()) continue;  // one server, several jobs
        seen.push_back(reference.key_path);
        std::vector<std::string> remarks;
        Result<Secret> value = config::read_secret(reference, places, &remarks);
        for (const std::string& remark : remarks) spdlog::warn("{}: {}", reference.key_path, remark);
        if (value) {
            values.push_back(std::move(*value));
        } else {
            problems.push_back(problem_of(one, value.error()));
        }
    }
    journal::redact(std::move(values));
    return problems;
}

}  // namespace autobackup::app
