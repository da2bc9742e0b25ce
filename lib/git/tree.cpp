// SPDX-License-Identifier: MIT
#include "lib/git/tree.hpp"

#include <algorithm>
#include <cstdio>

namespace autobackup::git {

namespace {

/// git sorts a directory as if its name ended in '/' (base_name_compare).
bool sorts_before(const TreeEntry& a, const TreeEntry& b) {
    const auto key = [](const TreeEntry& entry) {
        return entry.mode == mode_tree ? entry.name + '/' : entry.name;
    };
    return key(a) < key(b);
}

std::string octal(std::uint32_t mode) {
    char text[16];
    std::snprintf(text, sizeof text, "%o", mode);
    return text;
}

std::string_view oid_bytes(const Oid& oid) {
    return {reinterpret_cast<const char*>(oid.bytes.data()), oid.bytes.size()};
}

RawObject named(ObjectType type, std::string content) {
    RawObject object;
    object.type = type;
    object.oid = hash_object(type, content);
    object.content = std::move(content);
    return object;
}

bool is_crud(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 32 || std::string_view(".,:;<>\"\\'").find(c) != std::string_view::npos;
}

/// What git leaves of a name or address: no punctuation at the ends, no line ends and angle brackets within.
std::string without_crud(std::string_view text) {
    while (!text.empty() && is_crud(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_crud(text.back())) text.remove_suffix(1);
    std::string clean;
    for (const char c : text) {
        if (c != '\n' && c != '\r' && c != '<' && c != '>' && c != '\0') clean += c;
    }
    return clean;
}

std::string identity_line(const Signature& who) {
    const std::string email = without_crud(who.email);
    std::string name = without_crud(who.name);
    // git fsck --strict refuses an identity without a name.
    if (name.empty()) name = email.empty() ? "unknown" : email;
    return name + " <" + email + "> " + std::to_string(std::max<std::int64_t>(0, who.unix_seconds)) +
           " +0000";
}

}  // namespace

RawObject make_tree(std::vector<TreeEntry> entries) {
    std::sort(entries.begin(), entries.end(), sorts_before);
    std::string content;
    for (const TreeEntry& entry : entries) {
        content += octal(entry.mode);
        content += ' ';
        content += entry.name;
        content += '\0';
        content += oid_bytes(entry.oid);
    }
    return named(ObjectType::tree, std::move(content));
}

Folder& Folder::folder_for(std::string_view& path) {
    Folder* folder = this;
    const std::string_view whole = path;
    for (;;) {
        const std::size_t slash = path.find('/');
        if (slash == std::string_view::npos) return *folder;
        const std::string_view part = path.substr(0, slash);
        path.remove_prefix(slash + 1);
        if (part.empty()) continue;
        if (const auto file = folder->entries_.find(part); file != folder->entries_.end()) {
            collisions_.emplace_back(whole.substr(0, whole.size() - path.size() - 1));
            folder->entries_.erase(file);
        }
        auto found = folder->folders_.find(part);
        if (found == folder->folders_.end())
            found = folder->folders_.emplace(std::string(part), Folder{}).first;
        folder = &found->second;
    }
}

void Folder::add_file(std::string_view path, const Oid& blob, std::uint32_t mode) {
    std::string_view name = path;
    Folder& folder = folder_for(name);
    if (name.empty()) return;
    if (folder.folders_.contains(name)) {
        collisions_.emplace_back(path);
        return;
    }
    TreeEntry entry;
    entry.name = name;
    entry.mode = mode;
    entry.oid = blob;
    folder.entries_.insert_or_assign(std::string(name), std::move(entry));
}

void Folder::add_tree(std::string_view path, const Oid& tree) {
    std::string_view name = path;
    Folder& folder = folder_for(name);
    if (name.empty()) return;
    folder.folders_.erase(std::string(name));
    TreeEntry entry;
    entry.name = name;
    entry.mode = mode_tree;
    entry.oid = tree;
    folder.entries_.insert_or_assign(std::string(name), std::move(entry));
}

Oid Folder::build(std::vector<RawObject>& objects) const {
    std::vector<TreeEntry> entries;
    entries.reserve(entries_.size() + folders_.size());
    for (const auto& [name, entry] : entries_) entries.push_back(entry);
    for (const auto& [name, folder] : folders_) {
        TreeEntry entry;
        entry.name = name;
        entry.mode = mode_tree;
        entry.oid = folder.build(objects);
        entries.push_back(std::move(entry));
    }
    objects.push_back(make_tree(std::move(entries)));
    return objects.back().oid;
}

RawObject make_commit(const Oid& tree, const std::vector<Oid>& parents, const Signature& author,
                      std::string_view message) {
    const std::string who = identity_line(author);
    std::string content = "tree " + tree.hex() + "\n";
    for (const Oid& parent : parents) content += "parent " + parent.hex() + "\n";
    content += "author " + who + "\ncommitter " + who + "\n\n";
    for (const char c : message) {
        if (c != '\0') content += c;  // git fsck --strict: nulInCommit
    }
    if (content.back() != '\n') content += '\n';
    return named(ObjectType::commit, std::move(content));
}

}  // namespace autobackup::git
