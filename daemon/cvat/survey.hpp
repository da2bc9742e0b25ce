// SPDX-License-Identifier: MIT
// Finding out what there is to do: first the cheap question, then the listings. Loop thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/cvat/context.hpp"
#include "daemon/cvat/gone.hpp"
#include "daemon/cvat/identity.hpp"

namespace autobackup::cvat_job {

/// What the cheap question tells of a workspace.
struct Glance {
    cvat::Newest newest;
    std::string issues;  ///< ask_open_issues(); "" without `details`
};
using Glances = std::map<std::string, Glance>;  // by workspace, or one for everywhere
inline constexpr const char* everywhere = "*";  // no slug


/// The workspaces that the job looks at: the configured organisation alone, or every organisation of the account and the personal
/// space (""). An unscoped list would hide organisation objects from everybody but administrators (contract §2).
Awaitable<Result<std::vector<std::string>>> workspaces(Context& context);

/// Whom the cheap question is asked of: `everywhere` for an administrator, whose lists without a workspace show everything (contract §2), so
/// that three requests do for any number of organisations; else the workspaces.
Awaitable<Result<std::vector<std::string>>> glance_spaces(Context& context);

/// Three requests per workspace, and one more for the open issues when the job keeps side files, all at once.
Awaitable<Result<Glances>> glance_at(Context& context, std::vector<std::string> workspaces);

/// What must be equal so that nothing has moved since: the answers, the configuration, the vault's tip.
std::string watermark_text(const Context& context, const Glances& glances, const std::string& vault_tip,
                           std::optional<Instant> valid_until);
/// Whether `held` (the text kept from the last run) says that nothing moved.
bool watermark_holds(const std::string& held, const std::string& now_text);

/// One object to back up.
struct Work {
    cvat::Kind kind = cvat::Kind::project;
    std::int64_t id = 0;
    std::string name;
    std::string workspace;
    std::string created;  ///< created_date, RFC 3339
    std::optional<state::ItemState> last;
};

struct WorkList {
    std::vector<Work> work;
    std::vector<model::Item> settled;      ///< failed selections, items that are gone
    std::vector<std::string> warnings;
    std::vector<Failure> errors;           ///< of the run: empty listing, everything gone at once
    Doubted doubted;                       ///< for the next run
};

/// Lists, selects, and compares with what is known: the run's work in id order, projects first. `doubted`: see find_missing(). source_replaced:
/// another server answers than the one whose objects are held (`held`), and --accept-shrink was not given.
Awaitable<Result<WorkList>> survey(Context& context, std::vector<std::string> workspaces, std::map<std::string, state::ItemState> known,
                                   Identities held, Doubted doubted);

/// Asks for the side lists of every workspace with work (details: true), for context.side; what is not shown is one warning of the list.
Awaitable<void> learn_side_lists(Context& context, WorkList& list);

}  // namespace autobackup::cvat_job
