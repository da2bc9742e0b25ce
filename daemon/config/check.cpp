// SPDX-License-Identifier: MIT
#include "daemon/config/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "daemon/config/values.hpp"
#include "lib/core/text.hpp"

namespace autobackup::config {
namespace {

// The URL of a notice is as good as a password.
bool may_hold_secret(std::string_view path) {
    return path.find("auth") != std::string_view::npos || path.find("notify") != std::string_view::npos;
}

std::string known_names(const KeyNode& keys) {
    std::string out;
    for (const auto& node : keys.known()) {
        if (node->in_this_version()) out += (out.empty() ? "" : ", ") + node->name;
    }
    return out;
}

std::string near_miss(std::string_view name, const KeyNode& keys) {
    std::vector<std::string> candidates;
    for (const auto& node : keys.known()) {
        candidates.push_back(node->name);
    }
    if (candidates == std::vector<std::string>{"*"}) return std::string();
    return nearest(to_lower(name), candidates).value_or(std::string());
}

void refuse_later(const yaml::Entry& entry, const std::string& path, Problems& problems) {
    problems.add(entry.place, path, fmt::format("'{}' is not in this version", one_line(entry.key)));
}

void check_name(const yaml::Entry& entry, const std::string& path, Problems& problems) {
    if (valid_name(entry.key)) return;
    const std::string lower = to_lower(entry.key);
    problems.add(entry.place, path,
                 "given " + shown(entry.key) + " as a name, allowed is [a-z0-9][a-z0-9._-]{0,63}",
                 valid_name(lower) ? lower : std::string());
}

void check_child(const yaml::Entry& entry, const KeyNode& keys, const std::string& path, Problems& problems) {
    const KeyNode* child = keys.child(entry.key);
    if (child == nullptr) {
        problems.add(
            entry.place, path,
            fmt::format("unknown key {}; allowed: {}", shown_key(entry.key, path), known_names(keys)),
            near_miss(entry.key, keys));
        return;
    }
    if (!child->in_this_version()) return refuse_later(entry, path, problems);
    if (keys.key.type == Type::named) check_name(entry, path, problems);
    switch (child->key.type) {
        case Type::mapping:
        case Type::named:
        case Type::job_keys:
            return check_mapping(*entry.value, *child, path, problems);
        case Type::mappings:
        case Type::notices:
            break;
        default:
            return check_value(*entry.value, child->key, path, problems);
    }
    if (!entry.value->is_sequence()) return check_mapping(*entry.value, *child, path, problems);
    for (std::size_t i = 0; i < entry.value->items.size(); ++i) {
        check_mapping(*entry.value->items[i], *child, fmt::format("{}[{}]", path, i), problems);
    }
}

}  // namespace

std::string shown_key(std::string_view key, std::string_view path) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
    };
    const bool guarded = may_hold_secret(path);
    const bool harmless = key.size() <= 20 && std::all_of(key.begin(), key.end(), plain);
    if (looks_like_token(key) || (guarded && !harmless)) return "(not shown)";
    return "'" + cut_utf8(one_line(key), 100) + "'";
}

std::string join_path(std::string_view parent, std::string_view name) {
    std::string key = shown_key(name, parent);
    if (key.starts_with('\'')) key = key.substr(1, key.size() - 2);
    return parent.empty() ? key : std::string(parent) + '.' + key;
}

bool Problems::touch(const yaml::Node& node) const {
    const auto at = [this](const yaml::Place& place) {
        return std::any_of(list_.begin(), list_.end(), [&place](const Problem& p) {
            return p.line == place.line && p.column == place.column && p.file == place.file;
        });
    };
    if (list_.empty()) return false;
    if (at(node.place)) return true;
    const auto touched = [this](const yaml::NodePtr& item) { return touch(*item); };
    if (std::any_of(node.items.begin(), node.items.end(), touched)) return true;
    return std::any_of(node.entries.begin(), node.entries.end(),
                       [&](const yaml::Entry& entry) { return at(entry.place) || touch(*entry.value); });
}

void Problems::add(const yaml::Place& place, std::string path, std::string message, std::string suggestion) {
    if (list_.size() >= most) return;
    if (list_.size() == most - 1) {
        message = "there are more problems than are told";
        suggestion.clear();
    }
    Problem problem;
    problem.file = place.file;
    problem.line = place.line;
    problem.column = place.column;
    problem.path = std::move(path);
    problem.message = std::move(message);
    problem.suggestion = std::move(suggestion);
    list_.push_back(std::move(problem));
}

std::vector<Problem> Problems::sorted() const {
    std::vector<Problem> out = list_;
    const auto place = [](const Problem& p) { return std::tie(p.file, p.line, p.column, p.path, p.message); };
    std::stable_sort(out.begin(), out.end(),
                     [&](const Problem& a, const Problem& b) { return place(a) < place(b); });
    const auto same = [](const Problem& a, const Problem& b) {
        return std::tie(a.file, a.line, a.column, a.message) == std::tie(b.file, b.line, b.column, b.message);
    };
    out.erase(std::unique(out.begin(), out.end(), same), out.end());
    return out;
}

void check_mapping(const yaml::Node& node, const KeyNode& keys, const std::string& path, Problems& problems) {
    if (node.is_null()) return;
    if (!node.is_mapping()) {
        // A scalar may be a secret that was put in the wrong place.
        std::string given(yaml::describe_kind(node));
        if (node.is_scalar() && !may_hold_secret(path)) given = shown(node.text);
        problems.add(node.place, path,
                     fmt::format("given {}, allowed is a mapping with {}", given,
                                 keys.key.type == Type::named ? "names of your choice" : known_names(keys)));
        return;
    }
    for (const yaml::Entry& entry : node.entries)
        check_child(entry, keys, join_path(path, entry.key), problems);
}

std::string describe(const Problem& problem) {
    std::string out = yaml::text(yaml::Place{problem.file, problem.line, problem.column}) + ": ";
    if (!problem.path.empty()) out += problem.path + ": ";
    out += problem.message;
    if (!problem.suggestion.empty()) out += " (did you mean '" + problem.suggestion + "'?)";
    return one_line(out);
}

boost::json::object problems_json(const std::vector<Problem>& problems) {
    boost::json::array errors;
    for (const Problem& problem : problems) {
        errors.push_back(boost::json::object{{"file", problem.file},
                                             {"line", problem.line},
                                             {"column", problem.column},
                                             {"path", problem.path},
                                             {"message", problem.message},
                                             {"suggestion", problem.suggestion}});
    }
    return {{"errors", std::move(errors)}};
}

}  // namespace autobackup::config
