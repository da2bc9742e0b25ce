// SPDX-License-Identifier: MIT
#include "daemon/vault/large_files.hpp"

#include <set>
#include <unordered_map>

#include "daemon/vault/version.hpp"
#include "lib/core/text.hpp"

namespace autobackup::vault {
namespace {

// The folder that the vault holds, as far as large files are concerned.
struct HeldFolder {
    const git::Repository& vault;
    const git::Oid* tree;
    std::map<std::string, lfs::Pointer> large;
    std::unordered_map<git::Oid, lfs::Pointer, git::OidHash> by_blob{};

    /// The object of a member whose content did not come because the vault has it: its blob is the pointer.
    [[nodiscard]] const lfs::Pointer* large_of(const VersionMember& member) const {
        const auto found = by_blob.find(member.oid);
        return found != by_blob.end() && found->second.size == member.entry.size ? &found->second : nullptr;
    }
    [[nodiscard]] Result<bool> has_plain(const VersionMember& member) const {
        if (tree == nullptr || large.contains(member.entry.name)) return false;
        const Result<std::optional<git::TreeEntry>> entry = vault.entry_at(*tree, member.entry.name);
        if (!entry) return entry.error();
        return *entry && (*entry)->oid == member.oid;
    }
    /// The object that has the member's content under its name.
    [[nodiscard]] Result<std::optional<lfs::Pointer>> large_with_content(const VersionMember& member) const {
        const auto found = large.find(member.entry.name);
        if (found == large.end() || found->second.size != member.entry.size) return std::optional<lfs::Pointer>();
        hash::Digest digest(hash::Algorithm::sha256);
        const git::TakeBytes take = [&digest](std::span<const std::byte> bytes) -> Result<void> {
            digest.update(bytes);
            return {};
        };
        const Result<void> produced = member.produce(take);
        if (!produced) return produced.error();
        return digest.finish_hex() == found->second.oid ? std::optional(found->second) : std::nullopt;
    }
};

// Into the store, and proved to be what was verified before.
Result<lfs::Pointer> store_member(const lfs::Store& store, const VersionMember& member) {
    git::BlobHasher hasher(member.entry.size);
    std::uint64_t bytes = 0;
    const auto produce = [&](const lfs::TakeBytes& take) -> Result<void> {
        const git::TakeBytes both = [&](std::span<const std::byte> piece) -> Result<void> {
            hasher.update(piece);
            bytes += piece.size();
            return take(piece);
        };
        const Result<void> produced = member.produce(both);
        if (!produced) return produced;
        if (bytes == member.entry.size && hasher.finish() == member.oid) return {};
        return fail(Errc::content_mismatch, "store", "member " + one_line(member.entry.name), "its content is not what was verified before");
    };
    return store.put(produce);
}

Failure too_large(const Version& version, const VersionMember& member) {
    Failure failure = fail(Errc::unsupported, "commit", version.manifest.item.words(),
                           one_line(member.entry.name) + " has " + human_bytes(member.entry.size) + ", more than large_file_limit (" +
                               human_bytes(version.large_files.limit) + "), and large_files is refuse");
    failure.hint = "large_files: lfs hands such files to Git LFS; or raise large_file_limit if the git server takes them";
    return failure;
}

Result<void> place(const lfs::Store& store, const Version& version, const HeldFolder& held, VersionMember& member) {
    if (member.large) return {};
    if (!member.produce) {  // kept as it is
        if (const lfs::Pointer* object = held.large_of(member)) keep_large(store, *object, member);
        return {};
    }
    Result<std::optional<lfs::Pointer>> same = held.large_with_content(member);
    if (!same) return same.error();
    if (*same && store.has(**same)) {
        member.large = std::move(*same);
        return {};
    }
    const LargeFilePolicy& policy = version.large_files;
    const bool over = policy.mode != LargeFilePolicy::Mode::plain && member.entry.size > policy.limit;
    if (!*same && !over) return {};
    if (!*same) {
        const Result<bool> plain = held.has_plain(member);
        if (!plain) return plain.error();
        if (*plain) return {};
        if (policy.mode == LargeFilePolicy::Mode::refuse) return too_large(version, member);
    }
    Result<lfs::Pointer> stored = store_member(store, member);
    if (!stored) return stored.error();
    member.large = std::move(*stored);
    return {};
}

// The commits from `tip` down to, without, `base`, as far as they are here.
Result<std::vector<git::Commit>> commits_between(const git::Repository& vault, const git::Oid& tip, const std::optional<git::Oid>& base) {
    std::vector<git::Commit> commits;
    std::vector<git::Oid> todo{tip};
    git::OidSet seen;
    while (!todo.empty()) {
        const git::Oid oid = todo.back();
        todo.pop_back();
        if ((base && oid == *base) || !seen.insert(oid).second || !vault.has(oid)) continue;
        Result<git::Commit> commit = vault.read_commit(oid);
        if (!commit) return commit.error();
        todo.insert(todo.end(), commit->parents.begin(), commit->parents.end());
        commits.push_back(std::move(*commit));
    }
    return commits;
}

// Folders of items in the commit that are not among `seen`; they are added to it.
Result<std::vector<git::Oid>> new_folders(const git::Repository& vault, const git::Commit& commit, git::OidSet& seen) {
    std::vector<git::Oid> folders;
    if (!vault.has(commit.tree)) return folders;
    const Result<std::vector<git::TreeEntry>> root = vault.read_tree(commit.tree);
    if (!root) return root.error();
    for (const git::TreeEntry& entry : *root) {
        const std::optional<ItemId> item = item_of_entry(entry.name);
        if (item && entry.name == item->folder() && seen.insert(entry.oid).second && vault.has(entry.oid)) folders.push_back(entry.oid);
    }
    return folders;
}

}  // namespace

void keep_large(const lfs::Store& store, const lfs::Pointer& object, VersionMember& member) {
    member.large = object;
    member.produce = [store, object](const git::TakeBytes& take) { return store.stream(object, take); };
}

LargeFilePolicy policy_of(const std::vector<config::GitTarget>& targets) {
    LargeFilePolicy policy;
    if (targets.empty()) return policy;
    const config::GitTarget& first = targets.front();
    policy.mode = first.large_files == config::LargeFiles::lfs ? LargeFilePolicy::Mode::lfs : LargeFilePolicy::Mode::refuse;
    policy.limit = first.large_file_limit;
    return policy;
}

lfs::Store large_store(const std::filesystem::path& vault) { return lfs::Store(vault / "lfs" / "objects"); }

Result<std::map<std::string, lfs::Pointer>> large_files_in(const git::Repository& vault, const git::Oid& folder) {
    std::map<std::string, lfs::Pointer> large;
    const Result<std::optional<git::TreeEntry>> attributes = vault.entry_at(folder, attributes_name);
    if (!attributes) return attributes.error();
    if (!*attributes || !vault.has((*attributes)->oid)) return large;
    const Result<std::string> text = vault.read_blob((*attributes)->oid);
    if (!text) return text.error();
    for (const std::string& path : lfs::attribute_paths(*text)) {
        const Result<std::optional<git::TreeEntry>> entry = vault.entry_at(folder, path);
        if (!entry) return entry.error();
        if (!*entry) continue;
        lfs::Pointer& object = large[path];
        if (!vault.has((*entry)->oid)) continue;
        const Result<std::uint64_t> size = vault.blob_size((*entry)->oid);
        if (!size) return size.error();
        if (*size > lfs::longest_pointer) {  // somebody's line about a plain file
            large.erase(path);
            continue;
        }
        const Result<std::string> blob = vault.read_blob((*entry)->oid);
        if (!blob) return blob.error();
        const std::optional<lfs::Pointer> pointer = lfs::parse_pointer(*blob);
        if (pointer) {
            object = *pointer;
        } else {
            large.erase(path);
        }
    }
    return large;
}

Result<void> place_large_files(git::Repository& vault, Version& version, const git::Oid* held_folder) {
    HeldFolder held{vault, held_folder, {}};
    if (held_folder != nullptr) {
        Result<std::map<std::string, lfs::Pointer>> large = large_files_in(vault, *held_folder);
        if (!large) return large.error();
        held.large = std::move(*large);
        for (const auto& [path, object] : held.large) held.by_blob.emplace(git::hash_object(git::ObjectType::blob, lfs::pointer_text(object)), object);
    }
    const lfs::Store store = large_store(vault.path());
    for (VersionMember& member : version.members) {
        const Result<void> placed = place(store, version, held, member);
        if (!placed) return placed;
    }
    return {};
}

Result<std::string> attributes_text(const Version& version) {
    std::map<std::string, bool> large;  // the last member of a name counts
    for (const VersionMember& member : version.members) large[member.entry.name] = member.large.has_value();
    std::string text;
    for (const auto& [name, is_large] : large) {
        if (!is_large) continue;
        const std::optional<std::string> line = lfs::attributes_line(name);
        if (!line) {
            return fail(Errc::unsupported, "commit", version.manifest.item.words(),
                        "the name of " + cut_utf8(one_line(name), 200) + " is too long for a large file: git reads 2048 bytes of a line of .gitattributes");
        }
        text += *line;
    }
    if (!text.empty() && large.contains(attributes_name)) {
        return fail(Errc::unsupported, "commit", version.manifest.item.words(), "it has a member .gitattributes of its own, so that no file of it can be a large one");
    }
    return text;
}

Result<std::vector<lfs::Pointer>> large_files_between(const git::Repository& vault, const git::Oid& tip, const std::optional<git::Oid>& base) {
    git::OidSet seen;
    if (base && vault.has(*base)) {
        const Result<git::Commit> commit = vault.read_commit(*base);
        if (!commit) return commit.error();
        const Result<std::vector<git::Oid>> known = new_folders(vault, *commit, seen);
        if (!known) return known.error();
    }
    const Result<std::vector<git::Commit>> commits = commits_between(vault, tip, base);
    if (!commits) return commits.error();
    std::set<lfs::Pointer> objects;
    for (const git::Commit& commit : *commits) {
        const Result<std::vector<git::Oid>> folders = new_folders(vault, commit, seen);
        if (!folders) return folders.error();
        for (const git::Oid& folder : *folders) {
            const Result<std::map<std::string, lfs::Pointer>> large = large_files_in(vault, folder);
            if (!large) return large.error();
            for (const auto& [path, object] : *large) {
                if (!object.oid.empty()) objects.insert(object);
            }
        }
    }
    return std::vector<lfs::Pointer>(objects.begin(), objects.end());
}

}  // namespace autobackup::vault
