// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "daemon/config/at.hpp"
#include "lib/core/text.hpp"
#include "lib/schedule/duration.hpp"
#include "lib/schedule/schedule.hpp"

namespace autobackup::config {
namespace {

void check_integer(const At& at) {
    const auto value = yaml::as_integer(at.node);
    const bool open = at.key.max == std::numeric_limits<std::int64_t>::max();
    const std::string allowed = open ? fmt::format("a whole number from {}", at.key.min)
                                     : fmt::format("a whole number from {} to {}", at.key.min, at.key.max);
    if (!value || *value < at.key.min || *value > at.key.max) at.wrong_type(allowed);
}

void check_duration(const At& at) {
    if (!at.node.is_scalar()) return at.wrong_type("a duration such as 250ms, 90s, 15m, 6h, 3d");
    const auto value = schedule::parse_duration(at.node.text);
    if (!value) return at.say("given " + value.error().message);
    if (value->count() >= at.key.min && value->count() <= at.key.max) return;
    const auto text = [](std::int64_t limit) { return schedule::duration_text(std::chrono::milliseconds(limit)); };
    if (at.key.max == std::numeric_limits<std::int64_t>::max())
        return at.wrong_type(text(at.key.min) + " or more");
    at.wrong_type(fmt::format("{} to {}", text(at.key.min), text(at.key.max)));
}

void check_choice(const At& at) {
    std::vector<std::string> choices;
    for (const std::string_view choice : split(at.key.choices, '|')) choices.emplace_back(choice);
    std::string list;
    for (const std::string& choice : choices) {
        if (at.node.is_scalar() && at.node.text == choice) return;
        list += (list.empty() ? "" : ", ") + choice;
    }
    const auto near = at.node.is_scalar() ? nearest(to_lower(at.node.text), choices) : std::nullopt;
    at.say(fmt::format("given {}, allowed is {}", at.given(), list), near.value_or(std::string()));
}

void check_plain_text(const At& at) {
    if (!at.node.is_scalar()) return at.wrong_type("text");
    if (yaml::as_bool(at.node)) return at.wrong_type("text: quote it if this is meant");
    if (const auto fine = check_text(at.node.text); !fine) at.say(fine.error().message);
}

void check_path(const At& at) {
    if (!at.node.is_scalar() || !at.node.text.starts_with('/')) return at.wrong_type("an absolute path");
    if (const auto fine = check_text(at.node.text); !fine) at.say(fine.error().message);
}

void check_zone(const At& at) {
    if (!at.node.is_scalar()) return at.wrong_type("the name of a time zone, such as Europe/Berlin");
    const auto zone = schedule::Zone::find(at.node.text);
    if (!zone) at.say("given " + zone.error().message, schedule::Zone::nearest(at.node.text).value_or(std::string()));
}

// The schedule that was meant when its first word is a near miss; empty: none is near.
std::string near_schedule(std::string_view text) {
    static const std::vector<std::string> known{"every",    "minutely", "hourly",    "daily",     "weekly",  "monthly", "quarterly", "yearly",  "annually",
                                                "weekdays", "weekends", "manual",    "@every",    "@hourly", "@daily",  "@weekly",   "@monthly", "@yearly", "@annually"};
    const std::string_view whole = trim(text);
    const std::string_view word = whole.substr(0, whole.find_first_of(" \t"));
    const std::optional<std::string> near = nearest(to_lower(word), known);
    if (!near) return {};
    std::string meant = *near + std::string(whole.substr(word.size()));
    return schedule::parse(meant) ? meant : std::string();
}

void check_schedule_text(const At& at) {
    if (!at.node.is_scalar()) return at.wrong_type("a schedule such as 'daily 02:30'");
    const auto parsed = schedule::parse(at.node.text);
    if (!parsed) at.say(fmt::format("given {}: {}", at.given(), parsed.error().message), near_schedule(at.node.text));
}

void check_schedules(const At& at) {
    if (!at.node.is_sequence()) return check_schedule_text(at);
    if (at.node.items.empty())
        return at.say("given an empty list, allowed is a schedule, a list of them, or manual");
    for (std::size_t i = 0; i < at.node.items.size(); ++i) {
        const std::string path = fmt::format("{}[{}]", at.path, i);
        const At item{*at.node.items[i], at.key, path, at.problems};
        check_schedule_text(item);
        if (at.node.items.size() > 1 && item.node.is_scalar() && to_lower(trim(item.node.text)) == "manual") {
            item.say("'manual' stands alone");
        }
    }
}

bool is_argv(const yaml::Node& node) {
    return node.is_sequence() && !node.items.empty() &&
           std::all_of(node.items.begin(), node.items.end(), [](const auto& i) { return i->is_scalar(); });
}

void check_argv(const At& at) {
    if (!is_argv(at.node)) return at.wrong_type("a list: the program and its arguments");
    if (at.node.items[0]->text.empty()) at.say("the name of the program is empty");
}

// A list of words of the table, each once.
void check_events(const At& at) {
    if (!at.node.is_sequence()) return at.wrong_type("a list");
    if (at.node.items.empty()) return at.say("given an empty list, which tells nothing: leave the entry out");
    for (std::size_t i = 0; i < at.node.items.size(); ++i) {
        const yaml::Node& item = *at.node.items[i];
        const std::string path = fmt::format("{}[{}]", at.path, i);
        check_choice(At{item, at.key, path, at.problems});
        for (std::size_t j = 0; j < i; ++j) {
            if (item.is_scalar() && at.node.items[j]->text == item.text)
                at.problems.add(item.place, path, "given twice");
        }
    }
}

void check_listener(const At& at) {
    if (!at.node.is_scalar()) return at.wrong_type("unix:/PATH or 127.0.0.1:PORT");
    if (const auto fine = parse_listener(at.node.text); !fine) at.say(fine.error().message);
}

void check_secret_form(const At& at, const yaml::Entry& entry) {
    const std::string path = join_path(at.path, entry.key);
    const yaml::Node& value = *entry.value;
    if (entry.key == "command") {
        if (!is_argv(value)) at.problems.add(value.place, path, "allowed is a list: the program and its arguments");
    } else if (entry.key == "file" || entry.key == "env") {
        const bool fine =
            value.is_scalar() && !value.text.empty() && (entry.key == "env" || value.text.starts_with('/'));
        const char* allowed = entry.key == "env" ? "allowed is the name of an environment variable"
                                                 : "allowed is an absolute path";
        if (!fine || looks_like_token(value.text)) at.problems.add(value.place, path, allowed);
    } else {
        const std::vector<std::string> names{"file", "env", "command"};
        at.problems.add(entry.place, path,
                        "unknown key " + shown_key(entry.key, path) + "; allowed: file, env, command",
                        nearest(entry.key, names).value_or(std::string()));
    }
}

void check_secret(const At& at) {
    if (at.node.is_scalar()) {
        if (const auto fine = check_secret_name(at.node.text); !fine) at.say(fine.error().message);
        return;
    }
    if (!at.node.is_mapping() || at.node.entries.size() != 1) {
        return at.wrong_type("the NAME of a secret, {file: PATH}, {env: NAME} or {command: [argv…]}");
    }
    check_secret_form(at, at.node.entries[0]);
}

template <class T>
void check_parsed(const At& at, Result<T> (*parse)(std::string_view), std::string_view what) {
    if (!at.node.is_scalar()) return at.wrong_type(what);
    if (const auto value = parse(at.node.text); !value) at.say(value.error().message);
}

}  // namespace

void check_value(const yaml::Node& node, const Key& key, const std::string& path, Problems& problems) {
    const At at{node, key, path, problems};
    switch (key.type) {
        case Type::boolean:
            if (!yaml::as_bool(node)) at.wrong_type("true or false");
            return;
        case Type::integer:
            return check_integer(at);
        case Type::duration:
            return check_duration(at);
        case Type::size:
            return check_parsed(at, parse_size, "a size such as 512KiB, 2GiB, 100MB");
        case Type::percent:
            return check_parsed(at, parse_percent, "a percentage such as 30%");
        case Type::text:
            return check_plain_text(at);
        case Type::choice:
            return check_choice(at);
        case Type::path:
            return check_path(at);
        case Type::zone:
            return check_zone(at);
        case Type::cvat_url:
            return check_checked_text(at, check_cvat_url, "a URL");
        case Type::git_url:
            return check_checked_text(at, check_git_url, "a URL or an absolute path");
        case Type::organization:
            return check_checked_text(at, check_organization, "the slug of an organization, or \"\"");
        case Type::github_url:
            return check_checked_text(at, check_github_url, "the URL of an API root");
        case Type::owner:
            return check_checked_text(at, check_owner, "the name of an account, or \"@me\"");
        case Type::owners:
            return check_text_list(at, check_owner, "a list of names of accounts");
        case Type::patterns:
            return check_text_list(at, check_pattern, "a list of texts");
        case Type::mirror_name:
            return check_checked_text(at, check_mirror_name, "a name such as group/a");
        case Type::copy_url:
            return check_checked_text(at, check_copy_url, "a URL or an absolute path with {name} in it");
        case Type::branch:
            return check_checked_text(at, check_branch, "the name of a branch");
        case Type::email:
            return check_checked_text(at, check_email, "an address");
        case Type::recipient:
            return check_checked_text(at, check_recipient, "an address");
        case Type::notice_url:
            return check_checked_text(at, check_notice_url, "a URL");
        case Type::argv:
            return check_argv(at);
        case Type::events:
            return check_events(at);
        case Type::listener:
            return check_listener(at);
        case Type::secret:
            return check_secret(at);
        case Type::selection:
        case Type::task_selection:
            return check_selection(at);
        case Type::schedule:
            return check_schedules(at);
        case Type::job_list:
            return check_job_list(at);
        case Type::empty_list:
            if (!node.is_sequence()) return at.wrong_type("a list");
            if (!node.items.empty()) at.say("a list that is not empty is not in this version; allowed is []");
            return;
        case Type::mapping:
        case Type::mappings:
        case Type::notices:
        case Type::named:
        case Type::job_keys:
            return;
    }
}

}  // namespace autobackup::config
