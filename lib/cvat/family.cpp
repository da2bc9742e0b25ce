// SPDX-License-Identifier: MIT
#include "lib/cvat/family.hpp"

#include <charconv>

namespace autobackup::cvat {

std::optional<Version> parse_version(std::string_view text) {
    Version version;
    int* const parts[] = {&version.major, &version.minor, &version.patch};
    const char* at = text.data();
    const char* const end = text.data() + text.size();
    for (int index = 0; index < 3; ++index) {
        if (index > 0 && (at == end || *at++ != '.')) return std::nullopt;
        if (at == end || *at < '0' || *at > '9') return std::nullopt;  // from_chars would take a sign
        const auto [next, error] = std::from_chars(at, end, *parts[index]);
        if (error != std::errc()) return std::nullopt;
        at = next;
    }
    return version;
}

std::optional<Family> family_of(std::optional<Version> version, const FamilyProbe& probe) {
    if (!probe.has_requests) return Family::a;
    // 2.16 is the first version with /api/requests; a lower number with it is a fork that counts for itself.
    if (version && *version >= Version{2, 16, 0}) {
        if (*version >= Version{2, 38, 0}) return Family::d;
        if (*version >= Version{2, 32, 0}) return Family::c;
        return Family::b;
    }
    if (!probe.old_backup_gone) return std::nullopt;
    return *probe.old_backup_gone ? Family::d : Family::b;
}

}  // namespace autobackup::cvat
