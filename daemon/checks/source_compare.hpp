// SPDX-License-Identifier: MIT
// A mirror beside what its source tells and gives now. Synchronous; worker thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/mirror/mirror.hpp"
#include "daemon/mirror/plan.hpp"
#include "lib/git/repository.hpp"
#include "lib/lfs/pointer.hpp"

namespace autobackup::checks {

/// The refs of both sides.
struct RefsCompared {
    std::uint64_t same = 0;              ///< refs that stand at the same object
    std::vector<std::string> moved;      ///< stand elsewhere at the source
    std::vector<std::string> unsaved;    ///< are at the source alone
    std::vector<std::string> gone;       ///< are here alone
    std::string head;                    ///< where HEAD stands there, when it stands elsewhere here
    std::vector<std::string> problems;   ///< a ref of the mirror names what is not in it: no move explains that
    /// Same on both sides, and no annotated tags: what a tip may be chosen from, by name.
    std::vector<std::pair<std::string, git::Oid>> tips;
};
/// Failures: the mirror cannot be read.
Result<RefsCompared> compare_refs(const mirror::Repository& what, const remote::Advertisement& listed);

/// "3 refs have moved (refs/heads/main, …), 1 is not saved yet (…), HEAD stands for refs/heads/dev": of what is no damage; empty: nothing.
std::string moves_in_words(const RefsCompared& compared);

/// Which of `count` things a word chooses: the same for the same word.
std::size_t chosen(const std::string& word, std::size_t count);

/// Bytes of the files at a commit, so far as they can be read; counting ends beyond `limit`.
std::uint64_t content_bytes(const git::Repository& repository, const git::Oid& commit, std::uint64_t limit);

/// What is in the way of the mirror's giving what the source gave: commit, trees and files at `tip` as `came` holds them (a repository that has just
/// been fetched; what its filter left out is not looked for) must be in the mirror, and have their names. `objects` counts them.
Result<std::vector<std::string>> compare_content(const git::Repository& came, const git::Oid& tip, const git::Repository& mirror, const std::stop_token& stop,
                                                 std::uint64_t& objects);

/// A large file that the source can be asked for again: of `found` (pointers of what was fetched), else of all that the mirror holds; none that is known
/// to be missing, and none over `limit` bytes.
Result<std::optional<lfs::Pointer>> choose_large(const std::filesystem::path& mirror, const std::vector<lfs::Pointer>& found, std::uint64_t limit,
                                                 const std::string& word);
/// Empty: the mirror has it, and it is what its name says.
std::string compare_large(const std::filesystem::path& mirror, const lfs::Pointer& object);

}  // namespace autobackup::checks
