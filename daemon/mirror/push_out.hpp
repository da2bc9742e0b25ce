// SPDX-License-Identifier: MIT
// Refs of a repository, pushed to another one: large files first, proved afterwards. Loop thread.
#pragma once

#include <functional>

#include "daemon/mirror/push_plan.hpp"
#include "daemon/model/config.hpp"
#include "lib/async/types.hpp"
#include "lib/async/workers.hpp"
#include "lib/lfs/remote.hpp"
#include "lib/remote/remote.hpp"

namespace autobackup::mirror {

/// The other side. Everything is borrowed.
struct PushPlace {
    remote::Remote& git;
    lfs::Remote* large = nullptr;  ///< null: large files stay here
    /// Makes the repository when it is not there; may be empty.
    std::function<Awaitable<Result<void>>()> create{};
    /// Told what stands there of ours before the push is at its end: refs as the server took them, after each step that another one follows, and
    /// those that a listing shows when the push fails. May be empty.
    std::function<Awaitable<void>(RefMap landed)> landed{};
};

struct PushedOut {
    std::uint64_t changed = 0;       ///< refs that were set, moved or deleted there
    std::uint64_t objects = 0;
    std::uint64_t bytes = 0;         ///< of packs and large files
    std::uint64_t large_files = 0;   ///< that had to be sent
    std::uint64_t large_missing = 0;  ///< that are not here
    bool created = false;            ///< the repository was made
    int attempts = 1;
    std::vector<Refusal> refused;    ///< refs that could not be brought there; the others were
    std::string warning{};           ///< what is left there and should not be; empty: nothing
    RefMap there;                    ///< refs of ours that stand there, as ls-refs told afterwards
};

/// Brings the other side to where `order` says, and proves it by ls-refs. What is there already is not sent. A server that refuses some of
/// several refs gets the others without them; one that refuses a part of a commit too large for one push gets all refs that do not hold that
/// commit. Tries again what fails for a passing reason. Failures: the other side could not be listed, or an answer to what was sent is missing;
/// a pack or a large file that is refused; push_unverified. What was taken before stays there, and was told to `landed`.
Awaitable<Result<PushedOut>> push_out(PushOrder order, PushPlace place, async::Workers& workers, config::Retry retry);

/// Makes a bare repository at a path whose HEAD stands for `head` ("refs/heads/main"; empty: main). Directories above are made too.
Awaitable<Result<void>> make_path_repository(async::Workers& workers, std::filesystem::path path, std::string head);

}  // namespace autobackup::mirror
