// SPDX-License-Identifier: MIT
#include <algorithm>

#include "lib/core/page_cache.hpp"
#include "lib/zip/archive.hpp"
#include "lib/zip/format.hpp"
#include "lib/zip/member_data.hpp"

namespace autobackup::zip {

Result<void> Archive::read(const Member& member,
                           const std::function<Result<void>(std::span<const std::byte>)>& take) const {
    if (member.data_offset == 0) {
        return fail(Errc::internal, "read ZIP", path_.string(),
                    "a member is read before the archive was checked");
    }
    MemberData data(path_);
    data.begin(member, take);
    std::vector<std::byte> buffer(
        static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, member.compressed_size)));
    for (std::uint64_t done = 0; done < member.compressed_size;) {
        const auto count =
            static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), member.compressed_size - done));
        const auto piece = std::span(buffer).first(count);
        const auto got = read_exactly(fd_.get(), piece, member.data_offset + done, path_);
        if (!got) return got.error();
        const auto fed = data.feed(piece);
        if (!fed) return fed.error();
        done += count;
    }
    return data.finish();
}

void Archive::release(const Member& member) const noexcept {
    release_pages(fd_.get(), member.data_offset, member.data_offset + member.compressed_size);
}

Result<std::string> Archive::read_text(const Member& member, std::size_t limit) const {
    if (member.size > limit) {
        return fail(Errc::response_too_large, "read ZIP", path_.string(),
                    "a member of " + std::to_string(member.size) + " bytes is longer than the " +
                        std::to_string(limit) + " allowed");
    }
    std::string text;
    text.reserve(static_cast<std::size_t>(member.size));
    const auto append = [&text](std::span<const std::byte> bytes) -> Result<void> {
        text.append(as_text(bytes));
        return {};
    };
    const auto got = read(member, append);
    if (!got) return got.error();
    return text;
}

const Member* Archive::find(std::string_view name) const {
    const auto found = std::find_if(members_.rbegin(), members_.rend(),
                                    [&](const Member& member) { return member.name == name; });
    return found == members_.rend() ? nullptr : &*found;
}

}  // namespace autobackup::zip
