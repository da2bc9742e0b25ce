// SPDX-License-Identifier: MIT
#include "lib/remote/part_refs.hpp"

namespace autobackup::remote {

std::string part_ref(const git::Oid& commit, std::size_t number) {
    return part_prefix + commit.hex() + "/" + std::to_string(number);
}

PartRefs part_refs(const Advertisement& listed) {
    PartRefs parts;
    for (const Ref& ref : listed.refs) {
        if (ref.name.starts_with(part_prefix)) parts[ref.name] = ref.oid;
    }
    return parts;
}

Awaitable<std::string> remove_part_refs(PartRefs parts, Remote& remote, std::string url, std::string afterwards) {
    if (parts.empty()) co_return std::string();
    std::vector<RefUpdate> updates;
    for (const auto& [name, oid] : parts) {
        RefUpdate update;
        update.name = name;
        update.old_oid = oid;
        updates.push_back(std::move(update));
    }
    const Result<PushReport> report = co_await remote.push(std::move(updates), nullptr);
    if (report && report->accepted()) co_return std::string();
    std::string words = "the refs below " + std::string(part_prefix) + " could not be removed from " + url + "; " + afterwards;
    if (!report) words += ": " + describe(report.error());
    co_return words;
}

}  // namespace autobackup::remote
