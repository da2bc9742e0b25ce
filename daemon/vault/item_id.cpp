// SPDX-License-Identifier: MIT
#include "daemon/vault/item_id.hpp"

#include <charconv>

namespace autobackup::vault {

std::optional<ItemId> item_of_entry(std::string_view name) {
    for (const std::string_view suffix : {".manifest.json", ".details.json"}) {
        if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
    }
    ItemId item;
    for (const auto kind : {ItemId::Kind::project, ItemId::Kind::task}) {
        item.kind = kind;
        const std::string prefix = "cvat_backup_" + std::string(item.kind_word()) + "_";
        if (!name.starts_with(prefix)) continue;
        const std::string_view digits = name.substr(prefix.size());
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), item.id);
        if (error == std::errc() && end == digits.data() + digits.size() && item.id > 0) return item;
    }
    return std::nullopt;
}

std::string commit_message(const ItemId& item, std::string_view zip_file_name, Instant time) {
    return "chore(backup): add cvat " + item.words() + " backup " + std::string(zip_file_name) + " @ " + rfc3339_seconds(time);
}

}  // namespace autobackup::vault
