// SPDX-License-Identifier: MIT
// The last stages of an item: commit, archive, push. Loop thread.
#pragma once

#include <optional>

#include "daemon/cvat/fetch.hpp"
#include "daemon/vault/version.hpp"

namespace autobackup::cvat_job {

/// How an item ended, for the job: whether the cheap question may be trusted next time.
struct ItemEnd {
    bool clean = false;              ///< everything of it is saved and recorded as up to date
    std::optional<Instant> retry_at;  ///< not before then (stale server cache)
    std::vector<std::string> standing{};  ///< warnings that hold until something moves
};

class Gathering;

/// Once a run, before the first commit: the vault is brought on top of what the targets hold. A target that cannot be reached does not keep the
/// commit from being made; a refusal that will not pass by itself is remembered and not asked for again.
Awaitable<void> prepare_targets(Context& context);

/// Commits the version to the vault (on top of the target's branch), writes the dated ZIP when the job keeps archives and the content is
/// new, and pushes. Adds the stages, commit, archive and pushed to `item`; a failed push is a failed stage, the item stays saved.
/// Result: whether the content was new. Failure: the commit itself failed (stage added).
/// `whole`: the one ZIP that is this version, when it came in one piece (the dated ZIP is then that file).
/// `gathered`: holds contents of it already (null: nothing does).
Awaitable<Result<bool>> commit_version(Context& context, vault::Version version, model::Item& item, const FetchedZip* whole, Gathering* gathered = nullptr);

/// Pushes what the vault holds to the targets of those indexes; stages go to `item`.
Awaitable<void> push_targets(Context& context, std::vector<std::size_t> which, model::Item& item);

/// Targets that lack something of the vault's branch, as far as is known here (no request), and the items that it belongs to. With
/// --adopt-remote every target is asked. None with --no-push.
struct Pending {
    std::vector<std::size_t> targets;
    std::vector<vault::ItemId> items;
};
Awaitable<Pending> pending_pushes(Context& context);

using model::fail_item;

/// Saves what is known of an item after its run; a failure becomes a warning of the item.
Awaitable<void> remember_item(Context& context, state::ItemState state, model::Item& item);

}  // namespace autobackup::cvat_job
