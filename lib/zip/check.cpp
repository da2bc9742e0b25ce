// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "lib/core/text.hpp"
#include "lib/zip/archive.hpp"
#include "lib/zip/data_pass.hpp"
#include "lib/zip/format.hpp"

namespace autobackup::zip {
namespace {

constexpr std::uint64_t ratio_from = std::uint64_t{1}
                                     << 20;  // smaller members may shrink as much as they like
constexpr std::uint16_t known_flags = 0x0006 | flag_descriptor | flag_utf8;  // 0x0006: how hard deflate tried

// The file type bits of st_mode, which Unix systems put into the upper half of the external attributes, and
// two bits of DOS.
constexpr std::uint32_t type_mask = 0170000;
constexpr std::uint32_t type_regular = 0100000;
constexpr std::uint32_t type_directory = 0040000;
constexpr std::uint32_t dos_volume_label = 0x08;
constexpr std::uint32_t dos_directory = 0x10;

// Looked at whatever "version made by" says of the system: a reader that takes them for Unix attributes must
// find no link either.
std::string wrong_attributes(const Member& member) {
    const std::uint32_t type = (member.external_attributes >> 16) & type_mask;
    if (member.is_directory()) {
        if (member.size != 0) return "it is a directory that holds data";
        if (type != 0 && type != type_directory) return "its attributes are not those of a directory";
    } else {
        if (type != 0 && type != type_regular) return "its attributes make it a link, directory or device";
        if ((member.external_attributes & dos_directory) != 0) return "its attributes make it a directory";
    }
    if ((member.external_attributes & dos_volume_label) != 0) return "its attributes make it a volume label";
    return {};
}

bool valid_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        // one_line() writes a byte that is not UTF-8 as \xNN; a safe name has no backslash of its own.
        if (static_cast<unsigned char>(text[at]) >= 0x80)
            return one_line(text).find("\\x") == std::string::npos;
    }
    return true;
}

std::string wrong_member(const Member& member, const Limits& limits) {
    if (const auto unsafe = unsafe_name(member.name)) return "its name is unsafe: " + *unsafe;
    if ((member.flags & flag_encrypted) != 0) return "it is encrypted";
    if ((member.flags & ~known_flags) != 0) return fmt::format("it has unknown flags {:#06x}", member.flags);
    if (member.method != stored && member.method != deflated)
        return fmt::format("it has the unknown method {}", member.method);
    if (!known_version(member.version_needed))
        return fmt::format("it needs the unknown version {}", member.version_needed);
    if ((member.flags & flag_utf8) != 0 && !valid_utf8(member.name))
        return "its name is not UTF-8 as its flags say";
    if (member.method == stored && member.size != member.compressed_size)
        return "it is stored, but its two sizes differ";
    if (limits.ratio > 0 && member.size > ratio_from && member.size / limits.ratio > member.compressed_size) {
        return fmt::format("{} bytes out of {} is a bomb", member.size, member.compressed_size);
    }
    return wrong_attributes(member);
}

Result<void> check_members(const fs::path& path, const std::vector<Member>& members, const Limits& limits) {
    std::uint64_t total = 0;
    for (const Member& member : members) {
        const std::string wrong = wrong_member(member, limits);
        if (!wrong.empty()) return damaged(path, member.name, wrong);
        if (member.size > limits.total_size - total) {
            return damaged(path,
                           fmt::format("its members hold more than the {} bytes allowed", limits.total_size));
        }
        total += member.size;
    }
    return {};
}

// The members in file order, each up to the next one. That the next begins where the one before ends, to the
// byte, is seen when the local headers are read.
Result<std::vector<Extent>> lay_out(const fs::path& path, const std::vector<Member>& members,
                                    std::uint64_t directory_offset) {
    std::vector<Extent> extents(members.size());
    for (std::size_t i = 0; i < members.size(); ++i)
        extents[i] = Extent{i, members[i].header_offset, directory_offset};
    const auto earlier = [](const Extent& a, const Extent& b) { return a.begin < b.begin; };
    if (!std::is_sorted(extents.begin(), extents.end(), earlier))
        std::sort(extents.begin(), extents.end(), earlier);
    for (std::size_t i = 0; i + 1 < extents.size(); ++i) extents[i].end = extents[i + 1].begin;
    if ((extents.empty() ? directory_offset : extents.front().begin) != 0)
        return damaged(path, "there are bytes before its first member");
    for (const Extent& extent : extents) {
        const Member& member = members[extent.index];
        if (extent.begin > directory_offset)
            return damaged(path, member.name, "it is said to lie behind the central directory");
        const std::uint64_t header = local_bytes + member.name.size();
        if (extent.bytes() < header || extent.bytes() - header < member.compressed_size) {
            return damaged(path, member.name, "it overlaps what comes next");
        }
    }
    return extents;
}

}  // namespace

Result<void> Archive::check(std::size_t threads,
                            const std::function<std::unique_ptr<Visitor>()>& make_visitor,
                            std::stop_token stop, const std::vector<bool>& absent) {
    for (Member& member : members_) member.data_offset = 0;
    const auto good = check_members(path_, members_, limits_);
    if (!good) return good.error();
    auto extents = lay_out(path_, members_, directory_offset_);
    if (!extents) return extents.error();
    if (!absent.empty()) {
        if (absent.size() != members_.size())
            return fail(Errc::internal, "check ZIP", path_.string(), "the absent members do not fit the archive");
        std::erase_if(*extents, [&](const Extent& extent) { return absent[extent.index]; });
    }
    return DataPass(fd_.get(), path_, members_, std::move(*extents), std::move(stop))
        .run(threads, make_visitor);
}

}  // namespace autobackup::zip
