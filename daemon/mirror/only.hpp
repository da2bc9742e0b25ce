// SPDX-License-Identifier: MIT
// What `--only` asks for and a job of repositories has not. Loop thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/mirror/mirror.hpp"

namespace autobackup::mirror {

/// How a job reads an entry of `--only`.
struct OnlyRule {
    std::string kind;     ///< of the item that tells of a name without a repository
    std::string message;  ///< "the job names no repository like this"
    std::string hint{};
    std::function<bool(std::string_view entry, std::string_view name)> matches;
    std::function<bool(std::string_view entry)> is_pattern;
};

/// A failed item that stands for something that is not there. Not told yet.
model::Item missing_item(const std::string& kind, const std::string& name, const Failure& why);

/// Entries that match none of `names` (of the items that are worked on): a name is a failed item, which is told; a pattern a warning of the run.
void tell_unmatched(const Context& context, const OnlyRule& rule, const std::vector<std::string>& names, model::Run& run);

}  // namespace autobackup::mirror
