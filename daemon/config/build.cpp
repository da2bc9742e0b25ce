// SPDX-License-Identifier: MIT
#include "daemon/config/build.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lib/core/text.hpp"

namespace autobackup::config {
namespace {

Limits build_limits(const View& root) {
    Limits limits;
    const View keys = root.sub("limits");
    keys.read("runs", limits.runs);
    keys.read("per_host", limits.per_host);
    keys.read("reserve", limits.reserve);
    keys.read("connect", limits.connect);
    keys.read("no_progress", limits.no_progress);
    return limits;
}

const yaml::Node& named(const yaml::Node& root, std::string_view name) {
    static const yaml::Node nothing;
    const yaml::Entry* entry = root.find(name);
    return entry != nullptr ? *entry->value : nothing;
}

template <class Kind>
std::vector<std::string> names_of(const std::map<std::string, Server>& servers) {
    std::vector<std::string> names;
    for (const auto& [name, server] : servers) {
        if (std::holds_alternative<Kind>(server.what)) names.push_back(name);
    }
    return names;
}

std::string joined(const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? "" : ", ") + one_line(name);
    return out;
}

// That the server named at `value` is there, and of its kind.
template <class Kind>
void check_named(const Config& config, const yaml::Node& value, const std::string& path, const char* kind, const std::string& server, Problems& problems) {
    const auto found = config.servers.find(server);
    if (found != config.servers.end() && std::holds_alternative<Kind>(found->second.what)) return;
    const std::vector<std::string> names = names_of<Kind>(config.servers);
    const std::string what = found == config.servers.end() ? fmt::format("there is no server '{}'", one_line(server))
                                                           : fmt::format("'{}' is no {} server", one_line(server), kind);
    problems.add(value.place, path, fmt::format("{}; there are: {}", what, names.empty() ? "none" : joined(names)), nearest(server, names).value_or(std::string()));
}

// The server that the source of a job names, or the only one of its kind.
template <class Kind>
void resolve_server(const Config& config, const yaml::Entry& job, const char* key, const char* kind, std::string& server, Problems& problems) {
    const yaml::Entry* source = job.value->find(key);
    if (source == nullptr) return;
    const std::vector<std::string> names = names_of<Kind>(config.servers);
    const std::string path = join_path(join_path("jobs", job.key), key);
    if (const yaml::Entry* named = source->value->find("server")) {
        if (!problems.touch(*named->value)) check_named<Kind>(config, *named->value, path + ".server", kind, server, problems);
    } else if (names.size() == 1) {
        server = names[0];
    } else if (names.empty()) {
        problems.add(source->value->place, path, fmt::format("there is no {} server under 'servers'", kind));
    } else {
        problems.add(source->value->place, path, "'server' is needed, because there are several: " + joined(names));
    }
}

void check_drill_server(const Config& config, const yaml::Entry& job, const std::string& server, Problems& problems) {
    const yaml::Entry* checks = job.value->find("checks");
    const yaml::Entry* named = checks == nullptr ? nullptr : checks->value->find("drill_server");
    if (named == nullptr || server.empty() || problems.touch(*named->value)) return;
    const std::string path = join_path(join_path(join_path("jobs", job.key), "checks"), "drill_server");
    check_named<CvatServer>(config, *named->value, path, "CVAT", server, problems);
}

// Follows `after` from `start`; the circle as text when it comes back there.
std::string circle_from(const Config& config, const std::string& start, const std::string& at,
                        std::vector<std::string>& way) {
    const auto job = config.jobs.find(at);
    if (job == config.jobs.end()) return std::string();
    for (const std::string& next : job->second.after) {
        if (next == start) return joined(way) + ", " + start;
        if (std::find(way.begin(), way.end(), next) != way.end()) continue;
        way.push_back(next);
        if (std::string circle = circle_from(config, start, next, way); !circle.empty()) return circle;
    }
    return std::string();
}

}  // namespace

void resolve_servers(Config& config, const yaml::Node& jobs, Problems& problems) {
    for (const yaml::Entry& entry : jobs.entries) {
        const auto job = config.jobs.find(entry.key);
        if (job == config.jobs.end()) continue;
        const int sources = int{entry.value->find("cvat") != nullptr} + int{entry.value->find("github") != nullptr} + int{entry.value->find("mirror") != nullptr};
        if (sources > 1) continue;  // told already; none of them was read
        if (auto* cvat = std::get_if<CvatSource>(&job->second.source)) {
            resolve_server<CvatServer>(config, entry, "cvat", "CVAT", cvat->server, problems);
        } else if (auto* github = std::get_if<GithubSource>(&job->second.source)) {
            resolve_server<GithubServer>(config, entry, "github", "GitHub", github->server, problems);
        }
        check_drill_server(config, entry, job->second.drill_server, problems);
    }
}

void check_after(const Config& config, const yaml::Node& jobs, Problems& problems) {
    std::vector<std::string> names;
    for (const yaml::Entry& entry : jobs.entries) names.push_back(entry.key);
    for (const yaml::Entry& entry : jobs.entries) {
        const yaml::Entry* after = entry.value->find("after");
        if (after == nullptr || problems.touch(*after->value)) continue;
        const std::string path = join_path(join_path("jobs", entry.key), "after");
        for (const yaml::NodePtr& item : after->value->items) {
            if (!item->is_scalar() || std::find(names.begin(), names.end(), item->text) != names.end())
                continue;
            problems.add(item->place, path, fmt::format("there is no job '{}'", one_line(item->text)),
                         nearest(item->text, names).value_or(std::string()));
        }
        std::vector<std::string> way{entry.key};
        const std::string circle = circle_from(config, entry.key, entry.key, way);
        if (!circle.empty())
            problems.add(after->value->place, path, "jobs wait for each other in a circle: " + circle);
    }
}

Config build_config(const yaml::Node& root, Problems& problems, Problems& warnings) {
    Config config;
    const View view(root, key_tree(), std::string());
    view.read("storage", config.storage);
    view.read("time_zone", config.time_zone);
    config.limits = build_limits(view);
    config.metrics = build_metrics(view, warnings);
    config.notify = build_notices(view, problems, warnings);
    for (const yaml::Entry& entry : named(root, "servers").entries) {
        config.servers.emplace(entry.key, build_server(entry, problems, warnings));
    }
    const yaml::Node& jobs = named(root, "jobs");
    for (const yaml::Entry& entry : jobs.entries) {
        Job job = build_job(entry, problems, warnings);
        if (entry.value->find("notify") == nullptr) job.notify = config.notify;
        config.jobs.emplace(entry.key, std::move(job));
    }
    resolve_servers(config, jobs, problems);
    check_after(config, jobs, problems);
    return config;
}

}  // namespace autobackup::config
