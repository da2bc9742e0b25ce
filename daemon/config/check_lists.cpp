// SPDX-License-Identifier: MIT
// Values that are lists of texts, and selections.
#include "daemon/config/at.hpp"
#include "lib/core/text.hpp"

namespace autobackup::config {
namespace {

void check_entries(const At& at) {
    if (!at.node.is_sequence()) return at.wrong_type("a list of ids, names and globs");
    for (std::size_t i = 0; i < at.node.items.size(); ++i) {
        const yaml::Node& item = *at.node.items[i];
        const std::string path = fmt::format("{}[{}]", at.path, i);
        const auto id = yaml::as_integer(item);
        if (!item.is_scalar()) {
            at.problems.add(item.place, path,
                            fmt::format("given {}, allowed is an id, a name or a glob", describe_kind(item)));
        } else if (id && *id < 1) {
            at.problems.add(item.place, path, fmt::format("given {}, an id is 1 or more", *id));
        } else if (trim(item.text).empty()) {
            at.problems.add(item.place, path, "given an empty text, allowed is an id, a name or a glob");
        }
    }
}

}  // namespace

void check_checked_text(const At& at, Result<void> (*check)(std::string_view), std::string_view what) {
    if (!at.node.is_scalar()) return at.wrong_type(what);
    if (const auto fine = check(at.node.text); !fine) at.say(fine.error().message);
}

void check_text_list(const At& at, Result<void> (*check)(std::string_view), std::string_view what) {
    if (!at.node.is_sequence()) return at.wrong_type(what);
    for (std::size_t i = 0; i < at.node.items.size(); ++i) {
        const std::string path = fmt::format("{}[{}]", at.path, i);
        check_checked_text(At{*at.node.items[i], at.key, path, at.problems}, check, what);
    }
}

void check_job_list(const At& at) {
    if (!at.node.is_sequence()) return at.wrong_type("a list of job names");
    for (const yaml::NodePtr& item : at.node.items) {
        if (!item->is_scalar()) {
            at.problems.add(item->place, at.path,
                            fmt::format("given {}, allowed is the name of a job", describe_kind(*item)));
        }
    }
}

void check_selection(const At& at) {
    const bool tasks = at.key.type == Type::task_selection;
    const std::string_view allowed = tasks ? "all, none, unassigned, a list, or {include: […], exclude: […]}"
                                           : "all, none, a list, or {include: […], exclude: […]}";
    if (at.node.is_sequence()) {
        if (at.node.items.empty()) return at.say("given an empty list, which selects nothing", "none");
        return check_entries(at);
    }
    if (at.node.is_scalar()) {
        const std::string& text = at.node.text;
        if (text == "all" || text == "none" || (tasks && text == "unassigned")) return;
        std::vector<std::string> words{"all", "none"};
        if (tasks) words.emplace_back("unassigned");
        return at.say(fmt::format("given {}, allowed is {}", at.given(), allowed),
                      nearest(text, words).value_or(std::string()));
    }
    if (!at.node.is_mapping() || at.node.entries.empty()) return at.wrong_type(allowed);
    for (const yaml::Entry& entry : at.node.entries) {
        const std::string path = join_path(at.path, entry.key);
        if (entry.key == "include" || entry.key == "exclude") {
            check_entries(At{*entry.value, at.key, path, at.problems});
            continue;
        }
        const std::vector<std::string> names{"include", "exclude"};
        at.problems.add(entry.place, path,
                        fmt::format("unknown key '{}'; allowed: include, exclude", one_line(entry.key)),
                        nearest(entry.key, names).value_or(std::string()));
    }
}

}  // namespace autobackup::config
