// SPDX-License-Identifier: MIT
// Finding out what there is to do: first the cheap question, then the listings. Loop thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/cvat/context.hpp"

namespace autobackup::cvat_job {

using NewestByWorkspace = std::map<std::string, cvat::Newest>;

/// The workspaces that the job looks at: the configured organisation alone, or every organisation of the account and the personal
/// space (""). An unscoped list would hide organisation objects from everybody but administrators (contract §2).
Awaitable<Result<std::vector<std::string>>> workspaces(Context& context);

/// Three requests per workspace, all at once.
Awaitable<Result<NewestByWorkspace>> ask_newest(Context& context, std::vector<std::string> workspaces);

/// What must be equal so that nothing has moved since: the answers, the configuration, the vault's tip.
std::string watermark_text(const Context& context, const NewestByWorkspace& newest, const std::string& vault_tip,
                           std::optional<Instant> valid_until);
/// Whether `held` (the text kept from the last run) says that nothing moved.
bool watermark_holds(const std::string& held, const std::string& now_text);

/// One object to back up.
struct Work {
    cvat::Kind kind = cvat::Kind::project;
    std::int64_t id = 0;
    std::string name;
    std::string workspace;
    std::optional<state::ItemState> last;
};

struct WorkList {
    std::vector<Work> work;
    std::vector<model::Item> settled;      ///< failed selections, items that are gone
    std::vector<std::string> warnings;
    std::vector<Failure> errors;           ///< of the run: empty listing, everything gone at once
};

/// Lists, selects, and compares with what is known: the run's work in id order, projects first.
Awaitable<Result<WorkList>> survey(Context& context, std::vector<std::string> workspaces, std::map<std::string, state::ItemState> known);

}  // namespace autobackup::cvat_job
