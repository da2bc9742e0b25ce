// SPDX-License-Identifier: MIT
#include "daemon/restore/prune.hpp"

#include <map>

namespace autobackup::restore {

Result<std::vector<PruneRow>> plan_prune(const Place& place, const config::Keep& keep, Instant now, const std::set<vault::ItemId>& untouched) {
    std::map<vault::ItemId, std::filesystem::path> folders;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(place.archives, ignored)) {
        if (const auto item = vault::item_of_key(entry.path().filename().string())) folders.emplace(*item, entry.path());
    }
    std::vector<PruneRow> rows;
    for (const auto& [item, folder] : folders) {
        std::vector<archive::DatedCopy> copies = archive::dated_copies(folder);
        const Result<std::vector<retention::Decision>> plan = archive::plan_keep(copies, keep, now);
        if (!plan) return plan.error();
        for (const retention::Decision& decision : *plan) {
            PruneRow row;
            row.item = item;
            row.copy = std::move(copies[decision.index]);
            if (row.copy.manifest) row.copy.manifest->members = {};
            row.id = item.key() + "@" + row.copy.stem;
            row.keep = decision.keep || untouched.contains(item);
            row.reason = decision.keep || !untouched.contains(item) ? decision.reason : "the last backup of it failed: nothing of it is removed";
            rows.push_back(std::move(row));
        }
    }
    return rows;
}

void carry_out(std::vector<PruneRow>& rows) {
    for (PruneRow& row : rows) {
        if (row.keep) continue;
        const Result<void> removed = archive::remove_copy(row.copy);
        row.removed = removed.has_value();
        if (!removed) row.problem = describe(removed.error());
    }
}

boost::json::object prune_json(const std::string& job, bool dry_run, const std::vector<PruneRow>& rows) {
    boost::json::array list;
    for (const PruneRow& row : rows) {
        list.push_back(boost::json::object{{"id", row.id},
                                           {"time", rfc3339_seconds(row.copy.time)},
                                           {"bytes", row.copy.bytes.value_or(0)},
                                           {"keep", row.keep},
                                           {"reason", row.reason},
                                           {"removed", row.removed}});
    }
    return {{"format", 1}, {"job", job}, {"dry_run", dry_run}, {"snapshots", std::move(list)}};
}

}  // namespace autobackup::restore
