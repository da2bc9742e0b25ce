// SPDX-License-Identifier: MIT
// A value that is checked. Private to this room.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "daemon/config/check.hpp"
#include "daemon/config/values.hpp"

namespace autobackup::config {

/// Where a value stands, and where problems go.
struct At {
    const yaml::Node& node;
    const Key& key;
    const std::string& path;
    Problems& problems;

    void say(std::string message, std::string suggestion = std::string()) const {
        problems.add(node.place, path, std::move(message), std::move(suggestion));
    }
    [[nodiscard]] std::string given() const {
        if (!node.is_scalar() || key.type == Type::secret || key.type == Type::notice_url) return std::string(yaml::describe_kind(node));
        return shown(node.text);
    }
    void wrong_type(std::string_view allowed) const {
        say(fmt::format("given {}, allowed is {}", given(), allowed));
    }
};

/// A text that `check` accepts; `what` for another form.
void check_checked_text(const At& at, Result<void> (*check)(std::string_view), std::string_view what);
void check_text_list(const At& at, Result<void> (*check)(std::string_view), std::string_view what);
void check_job_list(const At& at);
/// all | none (| unassigned) | a list | {include, exclude}.
void check_selection(const At& at);

}  // namespace autobackup::config
