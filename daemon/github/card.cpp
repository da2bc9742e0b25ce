// SPDX-License-Identifier: MIT
#include "daemon/github/card.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "lib/core/file.hpp"
#include "lib/core/json_fields.hpp"

namespace autobackup::github_job {

namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_card = 64 << 10;

std::string text_of(const Card& card) {
    json::object out;
    out["format"] = 1;
    out["id"] = card.id;
    out["database_id"] = card.database_id;
    out["name"] = card.name;
    out["url"] = card.url;
    out["pushed_at"] = card.pushed_at;
    out["default_branch"] = card.default_branch;
    out["head"] = card.head;
    out["complete"] = card.complete;
    out["wiki"] = card.wiki;
    out["wiki_settled"] = card.wiki_settled;
    out["wiki_alone"] = card.wiki_alone;
    out["wiki_head"] = card.wiki_head;
    if (!card.gone_since.empty()) {
        out["gone_since"] = card.gone_since;
        out["gone_reason"] = card.gone_reason;
    }
    return json::serialize(out) + "\n";
}

}  // namespace

std::optional<Card> read_card(const fs::path& folder) {
    const Result<std::string> text = read_file(folder / card_file, longest_card);
    if (!text) return std::nullopt;
    boost::system::error_code error;
    const json::value value = json::parse(*text, error);
    if (error) return std::nullopt;
    JsonFields fields(value, "the card");
    Card card;
    card.id = fields.text("id");
    card.database_id = fields.maybe_integer("database_id").value_or(0);
    card.name = fields.text("name");
    card.url = fields.maybe_text("url");
    card.pushed_at = fields.maybe_text("pushed_at");
    card.default_branch = fields.maybe_text("default_branch");
    card.head = fields.maybe_text("head");
    card.complete = fields.flag("complete");
    card.wiki = fields.flag("wiki");
    card.wiki_settled = fields.flag("wiki_settled");
    card.wiki_alone = fields.flag("wiki_alone");
    card.wiki_head = fields.maybe_text("wiki_head");
    card.gone_since = fields.maybe_text("gone_since");
    card.gone_reason = fields.maybe_text("gone_reason");
    if (!fields.problem().empty()) return std::nullopt;
    return card;
}

Result<void> write_card(const fs::path& folder, const Card& card) {
    if (read_card(folder) == card) return Result<void>();
    const Result<void> made = make_directories(folder);
    if (!made) return made;
    return write_file_durably(folder / card_file, text_of(card));
}

Result<std::vector<Held>> read_cards(const fs::path& directory) {
    std::vector<Held> found;
    std::error_code error;
    fs::directory_iterator entries(directory, error);
    if (error == std::errc::no_such_file_or_directory) return found;
    if (error) return fail_errno(error.value(), "read", directory.string());
    for (; entries != fs::directory_iterator(); entries.increment(error)) {
        if (error) return fail_errno(error.value(), "read", directory.string());
        if (std::optional<Card> card = read_card(entries->path())) found.push_back(Held{entries->path().filename().string(), std::move(*card)});
    }
    std::sort(found.begin(), found.end(), [](const Held& a, const Held& b) { return a.folder < b.folder; });
    return found;
}

}  // namespace autobackup::github_job
