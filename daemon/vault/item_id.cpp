// SPDX-License-Identifier: MIT
#include "daemon/vault/item_id.hpp"

#include <charconv>

namespace autobackup::vault {
namespace {

// `text` is what a template of the form <before><kind><between><id> makes of an item.
std::optional<ItemId> item_named(std::string_view text, std::string_view before, char between) {
    ItemId item;
    for (const auto kind : {ItemId::Kind::project, ItemId::Kind::task}) {
        item.kind = kind;
        const std::string prefix = std::string(before) + std::string(item.kind_word()) + between;
        if (!text.starts_with(prefix)) continue;
        const std::string_view digits = text.substr(prefix.size());
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), item.id);
        if (error == std::errc() && end == digits.data() + digits.size() && item.id > 0) return item;
    }
    return std::nullopt;
}

}  // namespace

std::optional<ItemId> item_of_entry(std::string_view name) {
    for (const std::string_view suffix : {".manifest.json", ".details.json"}) {
        if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
    }
    return item_named(name, "cvat_backup_", '_');
}

std::optional<ItemId> item_of_key(std::string_view text) { return item_named(text, "", '-'); }

std::string commit_message(const ItemId& item, std::string_view zip_file_name, Instant time) {
    return "chore(backup): add cvat " + item.words() + " backup " + std::string(zip_file_name) + " @ " + rfc3339_seconds(time);
}

}  // namespace autobackup::vault
