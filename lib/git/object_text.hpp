// SPDX-License-Identifier: MIT
// The text of tree, commit and tag objects, read as leniently as git itself reads them: a mirror holds what
// people wrote with any program in twenty years.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "lib/git/tree.hpp"

namespace autobackup::git {

inline constexpr std::uint32_t mode_submodule = 0160000;

[[nodiscard]] constexpr bool is_tree_mode(std::uint32_t mode) noexcept {
    return (mode & 0170000) == mode_tree;
}
[[nodiscard]] constexpr bool is_submodule_mode(std::uint32_t mode) noexcept {
    return (mode & 0170000) == mode_submodule;
}

/// One entry inside a tree's content; `name` points into it.
struct TreeEntryView {
    std::uint32_t mode = 0;
    std::string_view name;
    Oid oid;
};

/// Takes the first entry off the front of `content`; nothing when what is there is not an entry.
std::optional<TreeEntryView> take_tree_entry(std::string_view& content);

/// All entries; nothing when the content is not a tree.
std::optional<std::vector<TreeEntry>> parse_tree(std::string_view content);

/// Nothing unless it begins with "tree <hex>".
std::optional<Commit> parse_commit(std::string_view content);

/// Name and type of what an annotated tag stands for.
struct TagTarget {
    Oid oid;
    ObjectType type = ObjectType::commit;
};
std::optional<TagTarget> parse_tag(std::string_view content);

}  // namespace autobackup::git
