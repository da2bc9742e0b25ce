// SPDX-License-Identifier: MIT
#include <algorithm>
#include <exception>
#include <thread>

#include "lib/git/file_window.hpp"
#include "lib/git/pack_writer.hpp"

namespace autobackup::git {

namespace {

Failure not_as_written(const fs::path& name, const IndexEntry& entry, const std::string& what) {
    return fail(Errc::io_error, "read back", name.string(),
                "object " + entry.oid.hex() + " is not as it was written: " + what);
}

class EntryVerifier {
public:
    EntryVerifier(int fd, const fs::path& name)
        : file_(fd, name, std::size_t{512} << 10), hasher_(ObjectType::blob, 0) {}

    Result<void> verify(const IndexEntry& entry, std::uint64_t end) {
        std::array<std::byte, longest_entry_head> bytes{};
        const Result<std::size_t> have = file_.copy(entry.offset, end, bytes);
        if (!have) return have.error();
        const std::optional<EntryHead> head =
            decode_entry_head(std::span<const std::byte>(bytes).first(*have));
        if (!head || head->is_delta()) return not_as_written(file_.name(), entry, "its head is damaged");
        std::uint32_t crc = libdeflate_crc32(0, bytes.data(), head->length);
        hasher_.restart(static_cast<ObjectType>(head->type), head->size);
        const auto hash = [this](std::span<const std::byte> content) -> Result<void> {
            hasher_.update(content);
            return {};
        };
        const Result<std::uint64_t> behind =
            inflater_.run(file_, entry.offset + head->length, end, hash, &crc);
        if (!behind) return behind.error();
        if (*behind != end)
            return not_as_written(file_.name(), entry, "it does not end where the next begins");
        if (crc != entry.crc) return not_as_written(file_.name(), entry, "its checksum differs");
        const Oid found = hasher_.finish();
        // The bytes are those that were written: it was wrong before.
        if (found != entry.oid)
            return fail(Errc::content_mismatch, "write", "object " + entry.oid.hex(), "the content has the name " + found.hex());
        return {};
    }

private:
    FileWindow file_;
    Inflater inflater_;
    ObjectHasher hasher_;
};

Result<void> verify_run(int fd, const fs::path& name, std::span<const IndexEntry> entries,
                        std::uint64_t end) {
    EntryVerifier verifier(fd, name);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const std::uint64_t behind = i + 1 < entries.size() ? entries[i + 1].offset : end;
        const Result<void> verified = verifier.verify(entries[i], behind);
        if (!verified) return verified;
    }
    return {};
}

}  // namespace

Result<void> verify_entries(int fd, const fs::path& name, std::span<const IndexEntry> entries,
                            std::uint64_t end) {
    if (entries.empty()) return {};
    // Two halves of about the same number of bytes.
    const std::uint64_t middle = entries.front().offset + (end - entries.front().offset) / 2;
    const auto split = std::partition_point(
        entries.begin(), entries.end(), [middle](const IndexEntry& entry) { return entry.offset < middle; });
    const auto first = entries.first(static_cast<std::size_t>(split - entries.begin()));
    const auto second = entries.subspan(first.size());
    Result<void> second_verified;
    std::exception_ptr thrown;
    std::thread helper([&] {
        try {
            second_verified = verify_run(fd, name, second, end);
        } catch (...) {
            thrown = std::current_exception();
        }
    });
    Result<void> first_verified;
    try {
        first_verified = verify_run(fd, name, first, second.empty() ? end : second.front().offset);
    } catch (...) {
        helper.join();
        throw;
    }
    helper.join();
    if (thrown) std::rethrow_exception(thrown);
    return first_verified ? second_verified : first_verified;
}

}  // namespace autobackup::git
