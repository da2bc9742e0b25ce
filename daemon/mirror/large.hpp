// SPDX-License-Identifier: MIT
// The Git LFS objects of a mirror: which are wanted, and how they come. What is wanted and not here yet stands in a file of the mirror, written
// before the refs move, so that no crash makes us forget an object.
#pragma once

#include <set>

#include "daemon/mirror/mirror.hpp"
#include "lib/git/repository.hpp"
#include "lib/lfs/remote.hpp"
#include "lib/lfs/store.hpp"

namespace autobackup::mirror {

struct LargeFile {
    lfs::Pointer object;
    git::Oid blob;  ///< the pointer in git
    friend auto operator<=>(const LargeFile&, const LargeFile&) = default;
};

/// lfs/objects of a mirror: where git-lfs looks for them when it clones from there.
lfs::Store large_store(const std::filesystem::path& repository);

/// The list of what is wanted and not here. Nothing: there is no list, all of the history is to be looked at.
Result<std::optional<std::vector<LargeFile>>> read_large(const std::filesystem::path& repository);
Result<void> write_large(const std::filesystem::path& repository, const std::vector<LargeFile>& wanted);
/// Large files are no longer asked for: should they be again, all of the history is to be looked at.
Result<void> forget_large(const std::filesystem::path& repository);

/// What history names, and the mirror neither has (under its name, of whatever content) nor waits for: it went away. Nothing where there is no list.
Result<std::vector<LargeFile>> lost_large(const git::Repository& repository);

/// Gathers pointers while blobs are looked at.
class PointerCollector {
public:
    void take(const git::Oid& blob, std::string_view content);
    [[nodiscard]] const std::set<LargeFile>& found() const noexcept { return found_; }

private:
    std::set<LargeFile> found_;
};

/// How the large files of a git server are asked for: its credentials, limits and retries; no URL yet.
lfs::Settings large_settings(const remote::Settings& access, const config::Retry& retry);

struct LargeOutcome {
    std::uint64_t objects = 0;          ///< that came now
    std::uint64_t bytes = 0;
    std::vector<LargeFile> missing;
    std::optional<Failure> failure;     ///< why the first of them is missing
    std::vector<std::string> warnings;  ///< the missing ones by path, as far as they are told one by one
};

/// Brings what `wanted` names into the mirror: from the pool that it shares with others, else from the source, sha256 checked. Credentials
/// go to the git server's own origin alone, whatever .lfsconfig says.
Awaitable<LargeOutcome> fetch_large(Context& context, const Repository& what, std::vector<LargeFile> wanted);

/// Asks the source of `what` for objects and puts them into `into`, sha256 checked, whatever the mirror holds; .lfsconfig is that of the mirror.
/// Failures as of lfs::Remote::gather(), unsupported and redirect_refused for what .lfsconfig says.
Awaitable<Result<lfs::Gathered>> gather_large(Context& context, const Repository& what, std::vector<lfs::Pointer> objects, lfs::Store into);

}  // namespace autobackup::mirror
