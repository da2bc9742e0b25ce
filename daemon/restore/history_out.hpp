// SPDX-License-Identifier: MIT
// A vault's history as git itself has it: into a bundle file, or to another repository. Synchronous but for push_history(), which is for the loop.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "daemon/restore/snapshot.hpp"
#include "lib/async/workers.hpp"
#include "lib/git/repository.hpp"
#include "lib/lfs/remote.hpp"
#include "lib/remote/remote.hpp"

namespace autobackup::restore {

struct HistoryGiven {
    git::Oid tip;
    std::string ref;
    std::uint64_t objects = 0, bytes = 0;
    std::uint64_t large_files = 0;  ///< a bundle cannot hold them; a push has sent them
    bool changed = true;            ///< false: it stood there already
    std::string warning;            ///< "" or what was left behind
};

/// Writes the history up to `tip` as `file`, a git bundle (see git::write_bundle). bad_request: it exists and `force` is not given.
/// repository_invalid: the repository does not hold the whole history (a partial or shallow clone).
Result<HistoryGiven> to_bundle(const Place& place, const git::Oid& tip, const std::string& ref, const std::filesystem::path& file, bool force,
                               const std::stop_token& stop);

/// Pushes the history up to `tip` to `ref` ("refs/heads/main"), never forced: the branch must not be there, or be in our history (remote_moved
/// otherwise; `url` names it in errors). Large files go first; a pack over `largest` bytes goes in parts as a run pushes it (a single commit so large
/// by its files: their few trees and commits are written to the repository, where no ref names them); afterwards ls-refs proves where the branch
/// stands. Everything is borrowed until it is done.
Awaitable<Result<HistoryGiven>> push_history(Place place, git::Oid tip, std::string ref, std::string url, remote::Remote& remote,
                                             lfs::Remote& large, async::Workers& workers, std::uint64_t largest = 2'000'000'000);

}  // namespace autobackup::restore
