// SPDX-License-Identifier: MIT
// The names under which an item stands in git, in storage and in reports (interface.md §4, §5). Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/core/instant.hpp"

namespace autobackup::vault {

/// One thing that a job keeps versions of.
struct ItemId {
    enum class Kind { project, task };
    Kind kind = Kind::project;
    std::int64_t id = 0;
    friend auto operator<=>(const ItemId&, const ItemId&) = default;

    [[nodiscard]] std::string_view kind_word() const { return kind == Kind::project ? "project" : "task"; }
    [[nodiscard]] std::string key() const { return std::string(kind_word()) + "-" + std::to_string(id); }    ///< "project-12"
    [[nodiscard]] std::string words() const { return std::string(kind_word()) + " " + std::to_string(id); }  ///< "project 12"
    /// "cvat_backup_project_12": the folder of the members, as cvat-auto-backup names it.
    [[nodiscard]] std::string folder() const { return "cvat_backup_" + std::string(kind_word()) + "_" + std::to_string(id); }
    [[nodiscard]] std::string manifest_name() const { return folder() + ".manifest.json"; }
    [[nodiscard]] std::string details_name() const { return folder() + ".details.json"; }
};

/// Undoes folder(), manifest_name() and details_name(); nothing for any other name.
std::optional<ItemId> item_of_entry(std::string_view top_level_name);

/// Undoes key(): "project-12"; nothing for any other text.
std::optional<ItemId> item_of_key(std::string_view text);

/// "chore(backup): add cvat project 12 backup 20261121T013000Z.zip @ 2026-11-21T01:30:00Z".
std::string commit_message(const ItemId& item, std::string_view zip_file_name, Instant time);

}  // namespace autobackup::vault
