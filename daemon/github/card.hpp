// SPDX-License-Identifier: MIT
// What is known of a mirrored repository, in a small JSON file beside its mirror: so that nothing is lost with the state, and the copy
// tells by itself what it is a copy of. Blocks: for a worker.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/failure.hpp"

namespace autobackup::github_job {

struct Card {
    std::string id;                ///< node id
    std::int64_t database_id = 0;
    std::string name;              ///< "acme/app"
    std::string url;               ///< clone URL
    std::string pushed_at;         ///< of the listing under which the mirror was last brought up to date; a gist's updated_at
    std::string default_branch;
    std::string head;              ///< tip of HEAD, 40 hex; empty: an empty repository
    bool complete = false;         ///< the last look left nothing to do (refs and large files are all here)
    bool wiki = false;             ///< the wiki has a mirror too
    bool wiki_settled = false;     ///< the last look at the wiki left nothing to do: it is asked when the repository is
    bool wiki_alone = false;       ///< the wiki has moved without the repository's pushed_at: it is asked in every run
    std::string wiki_head;         ///< as `head`, of the wiki
    std::string gone_since;        ///< RFC 3339; empty: it is there
    std::string gone_reason;
    friend bool operator==(const Card&, const Card&) = default;
};

inline constexpr const char* card_file = "autobackupd.json";

/// Nothing where there is none, or none that can be read (it is made anew then).
std::optional<Card> read_card(const std::filesystem::path& folder);
/// Into `folder`, which is made. An equal one is left as it is.
Result<void> write_card(const std::filesystem::path& folder, const Card& card);

/// A folder with a card.
struct Held {
    std::string folder;  ///< name below the directory that was read
    Card card;
};
/// The folders of `directory` that have a card, by name; a directory that is not there is empty. A file that cannot be read is io_error.
Result<std::vector<Held>> read_cards(const std::filesystem::path& directory);

}  // namespace autobackup::github_job
