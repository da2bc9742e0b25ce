// SPDX-License-Identifier: MIT
// Asking the source again: a few tasks are exported anew, into a scratch storage, and compared with what is held.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/restore/verify.hpp"
#include "daemon/runner/runner.hpp"

namespace autobackup::checks {

/// Tasks that one check asks for.
inline constexpr std::size_t spots = 3;

struct Spotted {
    std::vector<restore::Checked> copies;  ///< `where` is "source"; one for each task that could be compared
    std::vector<std::string> warnings;     ///< tasks that could not, and why
    std::map<std::int64_t, std::string> asked;  ///< when each task of the job was asked for last, RFC 3339
};

/// Of the newest versions those tasks that were not asked for the longest (never counts most; of equals the smallest): each is backed up as a run
/// would do it, and member by member (name, size, CRC-32) what came must be what is held, if neither the server nor what is held has moved
/// meanwhile: same fingerprint. One that has moved, or is gone, is told in a warning. `asked`: as it was remembered. Failures: `cancelled`;
/// the place cannot be read; another check of this kind goes on (busy). Loop thread.
Awaitable<Result<Spotted>> spot(runner::Shared& shared, const config::Job& job, std::map<std::int64_t, std::string> asked);

}  // namespace autobackup::checks
