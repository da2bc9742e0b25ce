// SPDX-License-Identifier: MIT
// Of what a pack that is sent is put together. Private to lib/git.
#pragma once

#include <memory>
#include <utility>

#include "lib/git/repository_impl.hpp"
#include "lib/git/spill_buffer.hpp"

namespace autobackup::git {

/// A run of bytes of the pack to come.
struct Segment {
    enum class Source : unsigned char { file, spill };
    Source source = Source::spill;
    bool check_crc = false;
    std::uint32_t file = 0;    ///< row of SegmentPlan::files
    std::uint64_t offset = 0;  ///< in the file or the spill buffer
    std::uint64_t length = 0;
    std::uint32_t crc_start = 0;  ///< CRC-32 of what stands before these bytes in their entry
    std::uint32_t crc = 0;        ///< that of the whole entry, from the index
};

struct SegmentPlan {
    std::vector<Segment> segments;  ///< everything but the SHA-1 at the end
    std::vector<fs::path> files;
    std::unique_ptr<SpillBuffer> spill;
    std::uint64_t size = 0;  ///< with the SHA-1 at the end
    std::uint32_t objects = 0;
    std::optional<RawDigest> expected_trailer;  ///< of a pack file that is sent as it is
    /// Of the only file: nobody reads these bytes [begin, end) again soon, the system may give their memory back at the end.
    std::optional<std::pair<std::uint64_t, std::uint64_t>> give_back;

    /// Bytes that lie in no file.
    Result<void> add_bytes(std::span<const std::byte> bytes);
};

/// Entries that are stored whole are copied from our packs, and so are deltas whose base lies in the same
/// pack and is sent too (as a delta by name). The rest is read and compressed anew, right here, so that the
/// size is known. not_found when an object is not here. `entries` (may be null) gets names and offsets in the pack to come, in
/// its order; no checksums.
Result<SegmentPlan> plan_segments(Repository::Impl& repository, const std::vector<Oid>& objects,
                                  std::vector<IndexEntry>* entries = nullptr);

}  // namespace autobackup::git
