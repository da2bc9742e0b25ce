// SPDX-License-Identifier: MIT
// Asking the source again: a few tasks are exported anew, into a scratch storage, and compared with what is held; of a few repositories the refs are
// asked for, and one tip and one large file fetched anew.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/restore/verify.hpp"
#include "daemon/runner/runner.hpp"

namespace autobackup::checks {

/// Tasks, or repositories, that one check asks for.
inline constexpr std::size_t spots = 3;
/// Of a repository no more than this is fetched: a tip with more in its files is fetched without them, where the server can do that; a larger large file
/// is not chosen.
inline constexpr std::uint64_t most_fetched = std::uint64_t{1} << 30;
/// For all that is asked of one repository.
inline constexpr Milliseconds longest_spot{600'000};

struct Spotted {
    std::vector<restore::Checked> copies;  ///< `where` is "source"; one for each task or repository that could be compared
    std::vector<std::string> warnings;     ///< what could not, and why; of repositories also what has moved at the source
    std::optional<Failure> failure{};  ///< something was asked for, and nothing could be compared: that is no word about what is held
    std::map<std::string, std::string> asked;  ///< when each task (by its number) or repository of the job was asked for last, RFC 3339
};

/// Of the newest versions those tasks that were not asked for the longest (never counts most; of equals the smallest): each is backed up as a run
/// would do it, and member by member (name, size, CRC-32) what came must be what is held, if neither the server nor what is held has moved
/// meanwhile: same fingerprint. One that has moved, or is gone, is told in a warning. `asked`: as it was remembered. Failures: `cancelled`;
/// the place cannot be read; another check of this kind goes on (busy). Loop thread.
Awaitable<Result<Spotted>> spot(runner::Shared& shared, const config::Job& job, std::map<std::string, std::string> asked);

/// Of the mirrors of a `github:` or `mirror:` job those that were not asked for the longest (of equals the first by name): the source tells its refs;
/// one that is not where it was saved, is not here, or no longer there, is told in a warning, and is damage only when the mirror's own ref names what the
/// mirror has not. One tip that both have is chosen by `word` (another word, another tip) and fetched anew without anything of ours, and a large file of it:
/// each object must be in the mirror, and be what its name says. The copy's `id` tells which tip: "refs/heads/main@<commit>". What looks damaged is looked
/// at again while no run goes on; with `wait` it is waited for. A repository that is gone at the source is told; when nothing else was compared it is the
/// failure too, for a token that has lost its rights hears the same. Failures: as of spot(). Loop thread.
Awaitable<Result<Spotted>> spot_mirrors(runner::Shared& shared, const config::Job& job, std::map<std::string, std::string> asked, std::string word, bool wait);

}  // namespace autobackup::checks
