// SPDX-License-Identifier: MIT
// What a growing pack holds, in a file beside it, so that another process can go on with it. Private to lib/git.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/core/file.hpp"
#include "lib/git/pack_format.hpp"

namespace autobackup::git {

/// What one add() brought.
struct Growth {
    std::vector<IndexEntry> entries;  ///< in the order of the pack
    std::string note;
    std::uint64_t end = 0;       ///< of the pack's file, behind them
    std::uint64_t log_end = 0;   ///< of the log's file, behind this
};

/// As it stands in the log: "growth <entries> <bytes of the note> <end>", a line for each entry ("<oid> <offset> <crc>"), the note, each with
/// a newline behind it.
std::string to_text(const Growth& growth);
/// Those that stand there whole and in order, from the front. Whether the pack really holds what they say must be proved.
std::vector<Growth> parse_growths(std::string_view text);

/// The file. Nothing of it is fsynced: what a crash takes from it, or leaves wrong, is fetched anew.
class GrowthLog {
public:
    /// Made when there is none; belongs to the owner of its directory.
    static Result<GrowthLog> open(fs::path path);
    [[nodiscard]] Result<std::vector<Growth>> read() const;
    /// On failure the log is what it was.
    Result<void> append(const Growth& growth);
    /// Keeps the first `bytes`.
    Result<void> cut(std::uint64_t bytes);
    [[nodiscard]] bool empty() const noexcept { return bytes_ == 0; }
    void remove() const { remove_quietly(path_); }

private:
    GrowthLog(FileDescriptor file, fs::path path) : file_(std::move(file)), path_(std::move(path)) {}
    FileDescriptor file_;
    fs::path path_;
    std::uint64_t bytes_ = 0;
};

}  // namespace autobackup::git
