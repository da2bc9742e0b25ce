// SPDX-License-Identifier: MIT
#include "daemon/app/configuration.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "build_info.hpp"
#include "lib/http/tls.hpp"
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

// The text of a value that is shown in YAML's flow style.
std::string plain(const std::string& shown) {
    if (!shown.starts_with('"')) return shown;
    std::string text;
    for (std::size_t i = 1; i + 1 < shown.size(); ++i) {
        if (shown[i] == '\\' && i + 2 < shown.size()) ++i;
        text += shown[i];
    }
    return text;
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
                                               const config::SecretPlaces& places, std::map<std::string, Secret>* found) {
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
        if (places.stopped && places.stopped()) break;
        std::vector<std::string> remarks;
        Result<Secret> value = config::read_secret(reference, places, &remarks);
        for (const std::string& remark : remarks) spdlog::warn("{}: {}", reference.key_path, remark);
        if (value && found != nullptr) found->emplace(reference.key_path, *value);
        if (value) {
            values.push_back(std::move(*value));
        } else if (value.error().code != Errc::cancelled) {
            problems.push_back(problem_of(one, value.error()));
        }
    }
    journal::redact(std::move(values));
    return problems;
}

std::vector<config::Problem> check_certificate_files(const config::Loaded& loaded, const std::vector<std::string>& jobs) {
    std::set<std::string> keys;  // the places that count: "servers.lab.", "jobs.signs."
    for (const auto& [name, job] : loaded.config->jobs) {
        if (!jobs.empty() && std::find(jobs.begin(), jobs.end(), name) == jobs.end()) continue;
        keys.insert("jobs." + name + ".");
        keys.insert("servers." + config::server_of(job) + ".");
        if (!job.drill_server.empty()) keys.insert("servers." + job.drill_server + ".");
    }
    const auto counts = [&keys](const std::string& path) {
        return path.ends_with(".ca_file") && std::any_of(keys.begin(), keys.end(), [&](const std::string& key) { return path.starts_with(key); });
    };
    std::vector<config::Problem> problems;
    for (const config::OriginEntry& entry : loaded.origins) {
        if (!counts(entry.path)) continue;
        const Result<void> usable = http::check_ca_file(plain(entry.value));
        if (usable) continue;
        config::Problem problem;
        problem.file = entry.origin.file;
        problem.line = entry.origin.line;
        problem.column = entry.origin.column;
        problem.path = entry.path;
        problem.message = "given " + entry.value + ": " + usable.error().message;
        problems.push_back(std::move(problem));
    }
    return problems;
}

}  // namespace autobackup::app
