// SPDX-License-Identifier: MIT
#include "lib/git/object_text.hpp"

#include <charconv>

namespace autobackup::git {

namespace {

/// Takes a line without its end off the front.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

bool take_word(std::string_view& line, std::string_view word) {
    if (!line.starts_with(word)) return false;
    line.remove_prefix(word.size());
    return true;
}

/// The seconds of "A U Thor <a@b> 1700000000 +0100"; 0 when there are none.
std::int64_t seconds_of(std::string_view identity) {
    const std::size_t bracket = identity.rfind('>');
    if (bracket == std::string_view::npos) return 0;
    identity.remove_prefix(bracket + 1);
    while (!identity.empty() && identity.front() == ' ') identity.remove_prefix(1);
    std::int64_t seconds = 0;
    std::from_chars(identity.data(), identity.data() + identity.size(), seconds);
    return seconds;
}

std::optional<ObjectType> type_of_name(std::string_view name) {
    if (name == "commit") return ObjectType::commit;
    if (name == "tree") return ObjectType::tree;
    if (name == "blob") return ObjectType::blob;
    if (name == "tag") return ObjectType::tag;
    return std::nullopt;
}

}  // namespace

std::optional<TreeEntryView> take_tree_entry(std::string_view& content) {
    TreeEntryView entry;
    const auto [after_mode, error] =
        std::from_chars(content.data(), content.data() + content.size(), entry.mode, 8);
    if (error != std::errc{}) return std::nullopt;
    content.remove_prefix(static_cast<std::size_t>(after_mode - content.data()));
    if (content.empty() || content.front() != ' ') return std::nullopt;
    content.remove_prefix(1);
    const std::size_t zero = content.find('\0');
    if (zero == std::string_view::npos || zero == 0 || content.size() - zero - 1 < entry.oid.bytes.size())
        return std::nullopt;
    entry.name = content.substr(0, zero);
    std::memcpy(entry.oid.bytes.data(), content.data() + zero + 1, entry.oid.bytes.size());
    content.remove_prefix(zero + 1 + entry.oid.bytes.size());
    return entry;
}

std::optional<std::vector<TreeEntry>> parse_tree(std::string_view content) {
    std::vector<TreeEntry> entries;
    while (!content.empty()) {
        const std::optional<TreeEntryView> view = take_tree_entry(content);
        if (!view) return std::nullopt;
        TreeEntry entry;
        entry.name = view->name;
        entry.mode = view->mode;
        entry.oid = view->oid;
        entries.push_back(std::move(entry));
    }
    return entries;
}

std::optional<Commit> parse_commit(std::string_view content) {
    Commit commit;
    std::string_view first = take_line(content);
    const std::optional<Oid> tree = take_word(first, "tree ") ? Oid::parse(first) : std::nullopt;
    if (!tree) return std::nullopt;
    commit.tree = *tree;
    while (!content.empty()) {
        std::string_view line = take_line(content);
        if (line.empty()) break;
        if (take_word(line, "parent ")) {
            const std::optional<Oid> parent = Oid::parse(line);
            if (!parent) return std::nullopt;
            commit.parents.push_back(*parent);
        } else if (commit.author_line.empty() && take_word(line, "author ")) {
            commit.author_line = line;
        } else if (commit.committer_line.empty() && take_word(line, "committer ")) {
            commit.committer_line = line;
        }
    }
    commit.message = content;
    commit.unix_seconds = seconds_of(commit.committer_line);
    return commit;
}

std::optional<TagTarget> parse_tag(std::string_view content) {
    std::string_view object = take_line(content);
    std::string_view type = take_line(content);
    if (!take_word(object, "object ") || !take_word(type, "type ")) return std::nullopt;
    const std::optional<Oid> oid = Oid::parse(object);
    const std::optional<ObjectType> kind = type_of_name(type);
    if (!oid || !kind) return std::nullopt;
    TagTarget target;
    target.oid = *oid;
    target.type = *kind;
    return target;
}

}  // namespace autobackup::git
