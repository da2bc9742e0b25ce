// SPDX-License-Identifier: MIT
#include "daemon/config/merge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "daemon/config/values.hpp"
#include "lib/core/text.hpp"

namespace autobackup::config {
namespace {

std::shared_ptr<yaml::Node> empty_mapping(const yaml::Place& place) {
    auto node = std::make_shared<yaml::Node>();
    node->kind = yaml::Kind::mapping;
    node->place = place;
    return node;
}

yaml::Entry scalar_entry(std::string key, std::string value, std::string file) {
    auto node = std::make_shared<yaml::Node>();
    node->kind = yaml::Kind::scalar;
    node->text = std::move(value);
    node->place.file = std::move(file);
    return yaml::Entry{std::move(key), node->place, node};
}

// Adds the entries of a second `servers` or `jobs`.
yaml::NodePtr add_names(const yaml::Entry& first, const yaml::Entry& second, Problems& problems) {
    auto merged = empty_mapping(first.value->place);
    merged->entries = first.value->entries;
    for (const yaml::Entry& entry : second.value->entries) {
        if (const yaml::Entry* known = merged->find(entry.key)) {
            const std::string kind = first.key == "jobs" ? "job" : "server";
            problems.add(entry.place, join_path(first.key, entry.key),
                         fmt::format("the {} '{}' is here twice: first at {}", kind, one_line(entry.key),
                                     yaml::text(known->place)));
        } else {
            merged->entries.push_back(entry);
        }
    }
    return merged;
}

bool mergeable(const yaml::Node& node) {
    return node.is_mapping() || node.is_null();
}

// `own` over `base`.
yaml::NodePtr overlay(const yaml::NodePtr& own, const yaml::NodePtr& base, const KeyNode& keys, bool top) {
    auto merged = empty_mapping(own->place);
    merged->entries = own->entries;
    const bool mirrors = top && (own->find("mirror") != nullptr || own->find("github") != nullptr);
    for (const yaml::Entry& entry : base->entries) {
        if (mirrors && (entry.key == "archive" || entry.key == "git" || entry.key == "shrink_limit")) continue;  // defaults of other kinds of jobs
        const KeyNode* child = keys.child(entry.key);
        if (child == nullptr) continue;
        const bool source = top && (entry.key == "cvat" || entry.key == "github" || entry.key == "mirror");
        const auto known = std::find_if(merged->entries.begin(), merged->entries.end(),
                                        [&entry](const yaml::Entry& e) { return e.key == entry.key; });
        if (known == merged->entries.end()) {
            if (!source) merged->entries.push_back(entry);
            continue;
        }
        const bool deep = child->key.type == Type::mapping || child->key.type == Type::mappings;
        if (deep && entry.key != "auth" && mergeable(*known->value) && mergeable(*entry.value)) {
            known->value = overlay(known->value, entry.value, *child, false);
        }
    }
    return merged;
}

void inherit_time_zone(yaml::Node& job, const yaml::Node& root) {
    const yaml::Entry* general = root.find("time_zone");
    if (general != nullptr && job.find("time_zone") == nullptr) job.entries.push_back(*general);
}

yaml::NodePtr inherited_jobs(const yaml::Node& jobs, const yaml::Node& root) {
    const yaml::Entry* defaults = root.find("defaults");
    auto out = empty_mapping(jobs.place);
    for (const yaml::Entry& entry : jobs.entries) {
        yaml::NodePtr job = entry.value;
        if (mergeable(*job)) {
            const bool usable = defaults != nullptr && defaults->value->is_mapping();
            const yaml::NodePtr base = usable ? defaults->value : empty_mapping(job->place);
            auto merged = std::make_shared<yaml::Node>(*overlay(job, base, job_tree(), true));
            inherit_time_zone(*merged, root);
            job = merged;
        }
        out->entries.push_back(yaml::Entry{entry.key, entry.place, job});
    }
    return out;
}

// limits.no_progress counts for a server that says nothing else.
yaml::NodePtr inherited_servers(const yaml::Node& servers, const yaml::Node& root) {
    const yaml::Entry* limits = root.find("limits");
    const yaml::Entry* general = limits != nullptr ? limits->value->find("no_progress") : nullptr;
    const KeyNode& limit_keys = *key_tree().child("limits")->child("no_progress");
    const yaml::Entry value =
        general != nullptr ? *general
                           : scalar_entry("no_progress", std::string(limit_keys.key.fallback), std::string());
    auto base = empty_mapping(servers.place);
    auto base_limits = empty_mapping(servers.place);
    base_limits->entries.push_back(value);
    base->entries.push_back(yaml::Entry{"limits", servers.place, base_limits});
    auto out = empty_mapping(servers.place);
    const KeyNode& keys = *key_tree().child("servers")->child("*");
    for (const yaml::Entry& entry : servers.entries) {
        const yaml::NodePtr server =
            mergeable(*entry.value) ? overlay(entry.value, base, keys, false) : entry.value;
        out->entries.push_back(yaml::Entry{entry.key, entry.place, server});
    }
    return out;
}

}  // namespace

yaml::NodePtr merge_files(std::span<const yaml::NodePtr> roots, Problems& problems) {
    auto merged = empty_mapping(yaml::Place());
    for (const yaml::NodePtr& root : roots) {
        for (const yaml::Entry& entry : root->entries) {
            const auto known = std::find_if(merged->entries.begin(), merged->entries.end(),
                                            [&entry](const yaml::Entry& e) { return e.key == entry.key; });
            if (known == merged->entries.end()) {
                merged->entries.push_back(entry);
            } else if ((entry.key == "jobs" || entry.key == "servers") && mergeable(*entry.value) &&
                       mergeable(*known->value)) {
                known->value = add_names(*known, entry, problems);
            } else if (key_tree().child(entry.key) != nullptr) {
                problems.add(entry.place, one_line(entry.key),
                             fmt::format("'{}' is set in two files: first at {}", one_line(entry.key),
                                         yaml::text(known->place)));
            }
        }
    }
    return merged;
}

yaml::NodePtr with_inherited(const yaml::Node& root, const LoadOptions& options) {
    auto out = empty_mapping(root.place);
    if (root.find("storage") == nullptr) {
        const std::string state = options.state_directory.substr(0, options.state_directory.find(':'));
        out->entries.push_back(state.empty() ? scalar_entry("storage", "/var/lib/autobackupd", std::string())
                                             : scalar_entry("storage", state, "$STATE_DIRECTORY"));
    }
    for (const yaml::Entry& entry : root.entries) {
        if (entry.key == "defaults") continue;
        yaml::NodePtr value = entry.value;
        if (entry.key == "jobs" && value->is_mapping()) value = inherited_jobs(*value, root);
        if (entry.key == "servers" && value->is_mapping()) value = inherited_servers(*value, root);
        out->entries.push_back(yaml::Entry{entry.key, entry.place, value});
    }
    return out;
}

}  // namespace autobackup::config
