// SPDX-License-Identifier: MIT
#include "daemon/ctl/snapshot_views.hpp"

#include <algorithm>

#include "daemon/ctl/table.hpp"
#include "lib/core/text.hpp"

namespace autobackup::ctl {
namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

Cell state_of(const restore::Snapshot& one) {
    std::string words = one.held ? "held" : "";
    if (!one.restorable) return Cell("not restorable: " + one.reason, Paint::bad);
    if (!one.reason.empty()) words += (words.empty() ? "" : "; ") + one.reason;
    return Cell(words, one.reason.empty() ? Paint::none : Paint::notice);
}

std::string checked_words(const restore::Snapshot& one, const Screen& screen) {
    if (one.verified_level.empty()) return "-";
    const auto at = parse_rfc3339(one.verified_at);
    return one.verified_level + (at ? " " + relative(*at, screen.clock) : "");
}

}  // namespace

std::string snapshots_text(const std::vector<restore::Snapshot>& snapshots, const Screen& screen) {
    if (snapshots.empty()) return "No snapshots.\n";
    const bool jobs = std::any_of(snapshots.begin(), snapshots.end(), [&](const auto& one) { return one.job != snapshots.front().job; });
    std::vector<Table::Column> columns{{"SNAPSHOT"}, {"NAME", true}, {"TIME"}, {"SIZE"}, {"WHERE", true}, {"CHECKED", true}, {"STATE", true}};
    if (jobs) columns.insert(columns.begin(), Table::Column{"JOB", true});
    Table table(columns);
    for (const restore::Snapshot& one : snapshots) {
        std::vector<Cell> row{one.id,           one.name, face(one.time, screen.clock), human_bytes(one.bytes), joined(one.where), checked_words(one, screen),
                              state_of(one)};
        if (jobs) row.insert(row.begin(), Cell(one.job));
        table.add(std::move(row));
    }
    return table.text(screen.width, screen.colour);
}

std::string verify_text(const std::vector<restore::Checked>& checked, const std::string& level, const Screen& screen) {
    Table table({{"COPY"}, {"OUTCOME"}, {"PROBLEM", true}});
    std::size_t damaged = 0;
    for (const restore::Checked& one : checked) {
        if (one.good()) continue;
        ++damaged;
        for (const std::string& problem : one.problems) table.add({one.id.empty() ? one.path : one.where + " " + one.id, Cell("damaged", Paint::bad), problem});
    }
    const std::string sum = std::to_string(checked.size()) + (checked.size() == 1 ? " copy" : " copies") + " checked at level " + level + ": " +
                            std::to_string(checked.size() - damaged) + " good, " + std::to_string(damaged) + " damaged\n";
    return (table.empty() ? std::string() : table.text(screen.width, screen.colour)) + sum;
}

std::string prune_text(const std::vector<restore::PruneRow>& rows, bool dry_run, const Screen& screen) {
    if (rows.empty()) return "No dated ZIPs.\n";
    Table table({{"SNAPSHOT"}, {"TIME"}, {"SIZE"}, {""}, {"REASON", true}});
    std::size_t gone = 0;
    std::uint64_t bytes = 0;
    for (const restore::PruneRow& row : rows) {
        if (!row.keep) {
            ++gone;
            bytes += row.copy.bytes.value_or(0);
        }
        const char* const kept = row.keep ? "keep" : row.problem.empty() ? "remove" : "failed";
        table.add({row.id, face(row.copy.time, screen.clock), human_bytes(row.copy.bytes.value_or(0)), Cell(kept, row.keep ? Paint::good : Paint::notice),
                   row.problem.empty() ? row.reason : row.problem});
    }
    return table.text(screen.width, screen.colour) + std::to_string(gone) + (dry_run ? " would go, " : " removed, ") + human_bytes(bytes) + "; " +
           std::to_string(rows.size() - gone) + " kept\n";
}

}  // namespace autobackup::ctl
