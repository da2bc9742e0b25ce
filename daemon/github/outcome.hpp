// SPDX-License-Identifier: MIT
// What became of one mirror of a job, in short. Private to this room.
#pragma once

#include <string>

#include "daemon/model/result.hpp"

namespace autobackup::github_job {

/// Fills an item of a mirror that needed no look; `head` as on its card.
void say_unchanged(model::Item& item, const std::string& head);
/// Saved or unchanged.
bool went_well(const model::Item& item);
/// Why the forge blocked what a failed item asked for: "blocked for legal reasons (451: its words)"; empty: it did not.
std::string block_of(const model::Item& item);
/// The same of one failure.
std::string block_of(const Failure& failure);
/// Whether the item failed, and in the end with this.
bool failed_with(const model::Item& item, Errc code);
/// The item is no longer at the source: `reason`, and whether a copy with this `head` is kept.
void say_gone(model::Item& item, const std::string& reason, bool kept, const std::string& head);
/// There is a mirror, be it without some of its large files.
bool is_held(const model::Item& item);

}  // namespace autobackup::github_job
