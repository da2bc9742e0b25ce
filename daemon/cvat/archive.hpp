// SPDX-License-Identifier: MIT
// The stage `archive` of an item: its dated ZIP, in the run that makes the version or in a later one. Loop thread.
#pragma once

#include <memory>

#include "daemon/cvat/fetch.hpp"
#include "daemon/vault/version.hpp"

namespace autobackup::cvat_job {

/// Before a commit of a job that keeps dated ZIPs: notes in the state that the item is owed one for what comes on top of the
/// vault's branch as it stands now. A note of an earlier run stays; true: there was one. Without the note (the state could not be written) a crash
/// between commit and ZIP costs that ZIP, never the version in the vault.
Awaitable<bool> owe_zip(Context& context, const vault::ItemId& item);
/// The item is owed nothing any more.
Awaitable<void> settle_zip(Context& context, const vault::ItemId& item);

/// Writes the dated ZIP of the version, which is committed, and adds the stage to `item`; settles the note when it is there.
/// `whole`: as for write_dated_zip.
Awaitable<void> archive_version(Context& context, std::shared_ptr<vault::Version> version, model::Item& item, const FetchedZip* whole);

/// The ZIP that a run which failed or was cut off after its commit has left owing, from what the vault holds. Adds the stage
/// to `item`, which says whose ZIP it is. Nothing is written when nothing is owed.
Awaitable<void> write_owed_zip(Context& context, model::Item& item);

}  // namespace autobackup::cvat_job
