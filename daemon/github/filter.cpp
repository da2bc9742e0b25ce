// SPDX-License-Identifier: MIT
#include "daemon/github/filter.hpp"

#include <algorithm>
#include <optional>
#include <regex>

#include "lib/core/text.hpp"

namespace autobackup::github_job {
namespace {

bool is_regex(std::string_view pattern) { return pattern.size() > 2 && pattern.starts_with('/') && pattern.ends_with('/'); }

// Those of the configuration are checked when it is read, those of a command line are not.
std::optional<std::regex> regex_of(std::string_view pattern) {
    try {
        return std::regex(std::string(pattern.substr(1, pattern.size() - 2)), std::regex::ECMAScript);
    } catch (const std::regex_error&) {
        return std::nullopt;
    }
}

bool same_word(const std::vector<std::string>& words, const std::string& word) {
    return std::any_of(words.begin(), words.end(), [&](const std::string& one) { return to_lower(one) == to_lower(word); });
}

bool recent(const github::Repository& one, const config::RepositoryFilter& filter, Instant now) {
    if (!filter.pushed_within) return true;
    const auto pushed = parse_rfc3339(one.pushed_at);
    return pushed && now - *pushed <= *filter.pushed_within;
}

bool fits(const github::Repository& one, const config::RepositoryFilter& filter, Instant now) {
    if ((one.is_private && !filter.private_ones) || (one.fork && !filter.forks)) return false;
    if ((one.archived && !filter.archived) || (one.is_template && !filter.templates)) return false;
    if (!filter.languages.empty() && !same_word(filter.languages, one.language)) return false;
    const auto has_topic = [&](const std::string& topic) { return same_word(filter.topics, topic); };
    if (!filter.topics.empty() && std::none_of(one.topics.begin(), one.topics.end(), has_topic)) return false;
    if (filter.max_size && one.disk_kb > *filter.max_size / 1024) return false;
    return recent(one, filter, now);
}

bool any_matches(const std::vector<std::string>& patterns, const std::string& full_name) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& one) { return matches(one, full_name); });
}

}  // namespace

bool is_plain_name(std::string_view pattern) { return is_regex(pattern) ? !regex_of(pattern) : !is_glob(pattern); }

bool matches(std::string_view pattern, std::string_view full_name) {
    if (is_regex(pattern)) {
        const std::optional<std::regex> regex = regex_of(pattern);
        return regex && std::regex_search(std::string(full_name), *regex);
    }
    const std::string wanted = to_lower(pattern);
    const std::string whole = to_lower(full_name);
    const std::string_view name = std::string_view(whole).substr(whole.find('/') + 1);
    return glob_match(wanted, whole) || (wanted.find('/') == std::string::npos && glob_match(wanted, name));
}

bool wanted(const std::vector<std::string>& only, std::string_view full_name) {
    return only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string& one) { return matches(one, full_name); });
}

std::string wiki_name(const std::string& full_name) { return full_name + ".wiki"; }

Chosen choose(const std::vector<github::Repository>& listed, const config::RepositoryFilter& filter, Instant now) {
    Chosen chosen;
    for (const github::Repository& one : listed) {
        const std::string name = one.full_name();
        if (!any_matches(filter.include, name) || any_matches(filter.exclude, name) || !fits(one, filter, now)) continue;
        chosen.repositories.push_back(one);
    }
    for (const std::string& pattern : filter.include) {
        const auto hit = [&](const github::Repository& one) { return matches(pattern, one.full_name()); };
        if (std::any_of(listed.begin(), listed.end(), hit)) continue;
        (is_plain_name(pattern) ? chosen.unmatched_names : chosen.unmatched_patterns).push_back(pattern);
    }
    return chosen;
}

}  // namespace autobackup::github_job
