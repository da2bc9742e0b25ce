// SPDX-License-Identifier: MIT
// Private to lib/git.
#pragma once

#include "lib/core/stop.hpp"
#include "lib/git/growing_pack.hpp"
#include "lib/git/growth_log.hpp"
#include "lib/git/new_pack.hpp"

namespace autobackup::git {

struct GrowingPack::Impl {
    Impl(Repository::Impl& owner, fs::path where, LockedTemporary temporary)
        : repository(owner), directory(std::move(where)), file(std::move(temporary)) {}

    ~Impl() {
        if (log && log->empty()) give_up();
        if (log) file.keep();
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    /// Goes on with what the file and the log hold.
    Result<void> take_up(const StopAsked& stop);
    [[nodiscard]] bool holds(const Growth& growth) const;
    void give_up() {
        if (log) log->remove();
        log.reset();
    }
    /// Whether an object stands in neither.
    [[nodiscard]] bool lacks(const Oid& oid) const { return !known.contains(oid) && !repository.has(oid); }
    /// Writes and reads back; cuts the file back when it fails. `note` (may be null): goes to the log with what was written.
    Result<void> append(const PackPlan& plan, const std::string* note);
    void count(const std::vector<IndexEntry>& written, std::uint64_t end);
    Result<std::vector<IndexEntry>> write(const PackPlan& plan);
    Result<void> cut_back();
    /// Puts the number of objects into the header, reads the file once more, and ends it with its SHA-1.
    Result<RawDigest> seal();
    /// Adds what is left and publishes it all.
    Result<std::optional<PackInfo>> finish(const std::vector<NewBlob>& blobs, const std::vector<RawObject>& objects);

    Repository::Impl& repository;
    fs::path directory;
    LockedTemporary file;
    std::optional<PackWriter> writer;  ///< its buffers and its thread serve all that is added
    std::vector<IndexEntry> entries;  ///< in the order of the file
    OidSet known;
    std::uint64_t bytes = pack_header_bytes;
    std::uint64_t sliced = 0;  ///< bytes up to which parts of it were made
    std::optional<GrowthLog> log;     ///< the file stays when this dies
    std::vector<std::string> notes;   ///< that were in it
    std::optional<Failure> broken;  ///< why nothing can be added any more
};

}  // namespace autobackup::git
