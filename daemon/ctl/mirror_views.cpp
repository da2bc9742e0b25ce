// SPDX-License-Identifier: MIT
#include <algorithm>

#include "daemon/ctl/mirror_commands.hpp"
#include "daemon/ctl/table.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/text.hpp"

namespace autobackup::ctl {
namespace {

constexpr std::size_t most_kept = 20;  // kept refs that are listed without being asked for

std::string short_name(const std::string& ref) {
    for (const std::string_view folder : {"refs/heads/", "refs/tags/"}) {
        if (ref.starts_with(folder)) return ref.substr(folder.size());
    }
    return ref;
}

Cell state_of(const restore::MirrorFacts& one) {
    if (!one.restorable) return Cell("not restorable: " + one.reason, Paint::bad);
    if (one.large_missing > 0) return Cell(std::to_string(one.large_missing) + " large files are missing", Paint::notice);
    return Cell(one.tip ? "" : "empty");
}

std::string kept_text(const std::vector<restore::MirrorFacts>& all, const Screen& screen) {
    Table table({{"REPOSITORY", true}, {"TAKEN AWAY"}, {"COMMIT"}, {"REF"}});
    for (const restore::MirrorFacts& one : all) {
        for (const restore::KeptRef& kept : one.kept) {
            const auto time = parse_rfc3339(kept.time);
            table.add({one.held.name, time ? face(*time, screen.clock) : "-", kept.oid.short_hex(), kept.ref});
        }
    }
    // Never cut: a ref is there to be given to --ref.
    return "\nKept:\n" + table.text(std::max<std::size_t>(screen.width, 400), screen.colour);
}

}  // namespace

std::string mirrors_text(const std::vector<restore::MirrorFacts>& all, bool one, const Screen& screen) {
    if (all.empty()) return "No repositories.\n";
    const bool jobs = std::any_of(all.begin(), all.end(), [&](const auto& each) { return each.held.job != all.front().held.job; });
    std::vector<Table::Column> columns{{"REPOSITORY"}, {"HEAD", true}, {"COMMIT"}, {"BRANCHES"}, {"TAGS"}, {"KEPT"}, {"SIZE"}, {"STATE", true}};
    if (jobs) columns.insert(columns.begin(), Table::Column{"JOB", true});
    Table table(columns);
    std::size_t kept = 0;
    for (const restore::MirrorFacts& each : all) {
        kept += each.kept.size();
        std::vector<Cell> row{each.held.name,
                              short_name(each.head),
                              each.tip ? each.tip->short_hex() : "-",
                              std::to_string(each.branches),
                              std::to_string(each.tags),
                              std::to_string(each.kept.size()),
                              human_bytes(each.bytes),
                              state_of(each)};
        if (jobs) row.insert(row.begin(), Cell(each.held.job));
        table.add(std::move(row));
    }
    std::string text = table.text(screen.width, screen.colour);
    if (kept > 0 && (one || kept <= most_kept)) return text + kept_text(all, screen);
    if (kept > 0) text += std::to_string(kept) + " kept refs: --item REPOSITORY lists those of one\n";
    return text;
}

}  // namespace autobackup::ctl
