// SPDX-License-Identifier: MIT
#include "lib/git/pack_index_writer.hpp"

#include <algorithm>

#include "lib/git/pack_sink.hpp"

namespace autobackup::git {

namespace {

constexpr std::uint64_t first_long_offset = std::uint64_t{1} << 31;

class IndexFile {
public:
    IndexFile(int fd, const fs::path& name) : sink_(fd, name, nullptr) {}
    void put(std::span<const unsigned char> bytes) {
        if (done_) done_ = sink_.put(std::as_bytes(bytes));
    }
    void put_number(std::uint32_t value) {
        unsigned char raw[4];
        put32(raw, value);
        put(raw);
    }
    Result<void> finish() {
        if (!done_) return done_;
        const Result<RawDigest> digest = sink_.finish();
        if (!digest) return digest.error();
        return {};
    }

private:
    PackSink sink_;
    Result<void> done_;
};

void put_fanout(IndexFile& file, const std::vector<IndexEntry>& entries) {
    std::size_t row = 0;
    for (unsigned first = 0; first < 256; ++first) {
        while (row < entries.size() && entries[row].oid.bytes[0] <= first) ++row;
        file.put_number(static_cast<std::uint32_t>(row));
    }
}

void put_offsets(IndexFile& file, const std::vector<IndexEntry>& entries) {
    std::uint32_t long_offsets = 0;
    for (const IndexEntry& entry : entries) {
        const bool is_long = entry.offset >= first_long_offset;
        file.put_number(is_long ? 0x8000'0000U | long_offsets++ : static_cast<std::uint32_t>(entry.offset));
    }
    for (const IndexEntry& entry : entries) {
        if (entry.offset < first_long_offset) continue;
        file.put_number(static_cast<std::uint32_t>(entry.offset >> 32));
        file.put_number(static_cast<std::uint32_t>(entry.offset));
    }
}

}  // namespace

Result<void> write_pack_index(int fd, const fs::path& name, std::vector<IndexEntry> entries,
                              const RawDigest& pack_digest) {
    std::sort(entries.begin(), entries.end(),
              [](const IndexEntry& a, const IndexEntry& b) { return a.oid < b.oid; });
    IndexFile file(fd, name);
    const unsigned char magic[] = {0xff, 't', 'O', 'c', 0, 0, 0, 2};
    file.put(magic);
    put_fanout(file, entries);
    for (const IndexEntry& entry : entries) file.put(entry.oid.bytes);
    for (const IndexEntry& entry : entries) file.put_number(entry.crc);
    put_offsets(file, entries);
    file.put(pack_digest);
    return file.finish();
}

}  // namespace autobackup::git
