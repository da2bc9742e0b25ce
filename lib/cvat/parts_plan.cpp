// SPDX-License-Identifier: MIT
#include "lib/cvat/parts_plan.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_set>

namespace autobackup::cvat {

namespace {

/// A gap that is cheaper to fetch than to ask again for what lies behind it.
constexpr std::uint64_t joined_gap = std::uint64_t{64} << 10;
/// So many requests are always worth it; each further one must spare so much.
constexpr std::size_t free_ranges = 32;
constexpr std::uint64_t spared_by_range = std::uint64_t{1} << 20;
constexpr std::uint64_t longest_tail = std::uint64_t{8} << 20;
/// End records with the longest comment.
constexpr std::uint64_t end_records = std::uint64_t{66} << 10;
/// A central entry (46 bytes) and a name as CVAT gives them.
constexpr std::uint64_t entry_bytes = 128;

std::unordered_set<std::string_view> doubled_names(const std::vector<zip::Member>& members) {
    std::unordered_set<std::string_view> seen, doubled;
    for (const zip::Member& member : members) {
        if (!seen.insert(member.name).second) doubled.insert(member.name);
    }
    return doubled;
}

bool same(const HeldContent& held, const zip::Member& member) {
    const auto found = held.members.find(member.name);
    return found != held.members.end() && found->second.size == member.size &&
           found->second.crc32 == member.crc32;
}

}  // namespace

std::uint64_t tail_guess(const HeldContent& held) {
    const std::uint64_t directory = end_records + held.members.size() * entry_bytes;
    // An eighth more, for what was added since.
    const std::uint64_t wanted = directory + held.trailing_text + held.trailing_text / 8;
    return wanted <= longest_tail ? wanted : std::min(directory, longest_tail);
}

std::optional<PartsPlan> plan_parts(const std::vector<zip::Member>& members, std::uint64_t directory,
                                    std::uint64_t have_from, const HeldContent& held) {
    if (have_from > directory) return std::nullopt;
    std::vector<std::size_t> order(members.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return members[a].header_offset < members[b].header_offset;
    });
    const auto doubled = doubled_names(members);
    PartsPlan plan;
    plan.absent.assign(members.size(), false);
    const auto need = [&](std::uint64_t begin, std::uint64_t end) {
        if (begin >= end) return;
        if (!plan.ranges.empty() && begin - plan.ranges.back().end <= joined_gap) {
            plan.ranges.back().end = end;
        } else {
            plan.ranges.push_back(ByteRange{begin, end});
        }
    };
    // Joining looks at what is asked for; what is here already ends the last range.
    for (std::size_t i = 0; i < order.size(); ++i) {
        const zip::Member& member = members[order[i]];
        const std::uint64_t next = i + 1 < order.size() ? members[order[i + 1]].header_offset : directory;
        if (member.header_offset > directory || next > directory) return std::nullopt;
        if (doubled.contains(member.name) || !same(held, member))
            need(member.header_offset, std::min(next, have_from));
    }
    if (!plan.ranges.empty() && have_from - plan.ranges.back().end <= joined_gap) plan.ranges.back().end = have_from;
    std::size_t range = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        const std::uint64_t begin = members[order[i]].header_offset;
        const std::uint64_t end = i + 1 < order.size() ? members[order[i + 1]].header_offset : directory;
        while (range < plan.ranges.size() && plan.ranges[range].end <= begin) ++range;
        // The part from have_from on is here; what lies before it must be in one range.
        const std::uint64_t open_end = std::min(end, have_from);
        const bool comes = begin >= open_end || (range < plan.ranges.size() && plan.ranges[range].begin <= begin &&
                                                 plan.ranges[range].end >= open_end);
        plan.absent[order[i]] = !comes;
    }
    for (const ByteRange& one : plan.ranges) plan.bytes += one.bytes();
    const std::uint64_t spared = have_from - plan.bytes;
    if (plan.bytes > directory / 2 || spared < least_spared) return std::nullopt;
    if (plan.ranges.size() > free_ranges && spared / plan.ranges.size() < spared_by_range) return std::nullopt;
    return plan;
}

}  // namespace autobackup::cvat
