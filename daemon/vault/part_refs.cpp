// SPDX-License-Identifier: MIT
#include "daemon/vault/part_refs.hpp"

namespace autobackup::vault {

PartRefs part_refs(const remote::Advertisement& listed) {
    PartRefs parts;
    for (const remote::Ref& ref : listed.refs) {
        if (ref.name.starts_with(part_prefix)) parts[ref.name] = ref.oid;
    }
    return parts;
}

Awaitable<std::string> remove_part_refs(PartRefs parts, remote::Remote& remote, std::string url, std::string afterwards) {
    if (parts.empty()) co_return std::string();
    std::vector<remote::RefUpdate> updates;
    for (const auto& [name, oid] : parts) {
        remote::RefUpdate update;
        update.name = name;
        update.old_oid = oid;
        updates.push_back(std::move(update));
    }
    const Result<remote::PushReport> report = co_await remote.push(std::move(updates), nullptr);
    if (report && report->accepted()) co_return std::string();
    std::string words = "the refs below " + std::string(part_prefix) + " could not be removed from " + url + "; " + afterwards;
    if (!report) words += ": " + describe(report.error());
    co_return words;
}

}  // namespace autobackup::vault
