// SPDX-License-Identifier: MIT
#include "daemon/model/drill_name.hpp"

#include <algorithm>

namespace autobackup::model {
namespace {

constexpr std::string_view head = "autobackupd drill ";
constexpr std::string_view middle = " of ";
constexpr std::size_t ulid_length = 26;
constexpr std::size_t longest = 200;

}  // namespace

std::string drill_name(std::string_view run_id, std::string_view job, std::string_view item) {
    std::string name(head);
    name.append(run_id).append(middle).append(job).append(": ").append(item);
    if (name.size() > longest) name.resize(longest);
    return name;
}

bool is_drill_name(std::string_view name) {
    if (!name.starts_with(head)) return false;
    name.remove_prefix(head.size());
    const std::string_view id = name.substr(0, ulid_length);
    const auto digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
    return id.size() == ulid_length && std::all_of(id.begin(), id.end(), digit) && name.substr(ulid_length).starts_with(middle);
}

}  // namespace autobackup::model
