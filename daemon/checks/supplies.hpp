// SPDX-License-Identifier: MIT
// Repositories fetched anew, or unpacked, for a mirror to be mended from. Loop thread.
#pragma once

#include <filesystem>
#include <functional>

#include "daemon/checks/mirror_mender.hpp"
#include "daemon/checks/mirror_sources.hpp"

namespace autobackup::checks {

/// A way to a supply: nothing is asked before get() is called. Each takes the place of the one before.
struct SupplyWay {
    std::string words;  ///< "its source", "the copy at …", "the bundle …"
    std::function<Awaitable<Result<Supply>>()> get;
};

/// What a copy with these settings knows of the refs of its mirror, when it has `refs`.
KnownRefs known_of(const config::MirrorCopy& settings, RefMap refs);

/// In the order in which they are to be asked: the source, the copies, the newest bundle that is whole. `room`: a directory for the repository; everything is
/// borrowed by the ways.
std::vector<SupplyWay> ways_of(runner::Shared& shared, MirrorSources& sources, const HeldSource& held, const std::filesystem::path& room);

}  // namespace autobackup::checks
