// SPDX-License-Identifier: MIT
#include "daemon/vault/version.hpp"

#include <algorithm>
#include <set>

#include "daemon/vault/live_pack.hpp"
#include "lib/core/text.hpp"

namespace autobackup::vault {
namespace {

using Entries = std::vector<git::TreeEntry>;

struct Tip {
    std::optional<git::Oid> commit;
    Entries root;
};

Result<Tip> read_commit(const git::Repository& vault, const git::Oid& oid) {
    Tip tip;
    tip.commit = oid;
    const Result<git::Commit> commit = vault.read_commit(oid);
    if (!commit) return commit.error();
    Result<Entries> root = vault.read_tree(commit->tree);
    if (!root) return root.error();
    tip.root = std::move(*root);
    return tip;
}

Result<Tip> read_tip(const git::Repository& vault, const std::string& branch) {
    const Result<std::optional<git::Oid>> resolved = vault.resolve(git::branch_ref(branch));
    if (!resolved) return resolved.error();
    if (!*resolved) return Tip();
    return read_commit(vault, **resolved);
}

const git::TreeEntry* find(const Entries& entries, const std::string& name) {
    const auto found = std::find_if(entries.begin(), entries.end(), [&](const git::TreeEntry& e) { return e.name == name; });
    return found == entries.end() ? nullptr : &*found;
}

void put(Entries& entries, const std::string& name, std::uint32_t mode, const git::Oid& oid) {
    std::erase_if(entries, [&](const git::TreeEntry& e) { return e.name == name; });
    entries.push_back(git::TreeEntry{name, mode, oid});
}

git::RawObject text_blob(std::string text) {
    git::RawObject blob;
    blob.type = git::ObjectType::blob;
    blob.oid = git::hash_object(git::ObjectType::blob, text);
    blob.content = std::move(text);
    return blob;
}

// What stands in the tree for a member.
git::Oid tree_blob(const VersionMember& member, std::vector<git::RawObject>& objects) {
    if (!member.large) return member.oid;
    objects.push_back(text_blob(lfs::pointer_text(*member.large)));
    return objects.back().oid;
}

// The folder's tree; warnings for names that git cannot hold twice and for names that cannot be checked out.
git::Oid build_folder(const Version& version, const std::string& attributes, std::vector<git::RawObject>& objects,
                      std::vector<std::string>& warnings) {
    git::Folder folder;
    if (!attributes.empty()) {
        objects.push_back(text_blob(attributes));
        folder.add_file(attributes_name, objects.back().oid);
    }
    std::set<std::string> seen;
    for (const VersionMember& member : version.members) {
        const std::string& name = member.entry.name;
        if (name.ends_with('/')) continue;
        if (!seen.insert(name).second) {
            warnings.push_back("two members are named " + one_line(name) + ": git keeps the last one");
        }
        folder.add_file(name, tree_blob(member, objects));
    }
    for (const std::string& name : folder.collisions()) {
        warnings.push_back("member " + one_line(name) + " is a file and a folder at once: git keeps the folder");
    }
    return folder.build(objects);
}

std::vector<git::NewBlob> new_blobs(const Version& version) {
    std::vector<git::NewBlob> blobs;
    for (const VersionMember& member : version.members) {
        if (!member.produce || member.large) continue;
        blobs.push_back(new_blob(member));
    }
    return blobs;
}

std::string finished_manifest(Version& version, const git::Oid& folder) {
    version.manifest.tree = folder.hex();
    version.manifest.members.clear();
    version.manifest.members.reserve(version.members.size());
    for (const VersionMember& member : version.members) version.manifest.members.push_back(member.entry);
    return to_text(version.manifest);
}

Result<Committed> write_commit(git::Repository& vault, const std::string& branch, const Version& version, const Tip& tip,
                               Entries root, std::vector<git::RawObject> objects, Committed result, LivePack* live, git::GrowingPack* grown) {
    git::RawObject tree = git::make_tree(std::move(root));
    const git::Oid tree_oid = tree.oid;
    objects.push_back(std::move(tree));
    std::vector<git::Oid> parents;
    if (tip.commit) parents.push_back(*tip.commit);
    const std::string message =
        commit_message(version.manifest.item, compact_utc(version.time) + ".zip", version.time) + "\n";
    git::RawObject commit = git::make_commit(tree_oid, parents, version.author, message);
    result.commit = commit.oid;
    result.changed = true;
    objects.push_back(std::move(commit));
    if (live != nullptr) live->announce(result.commit, tip.commit);
    Result<std::optional<git::PackInfo>> pack = std::optional<git::PackInfo>();
    if (grown != nullptr) {
        pack = vault.finish_pack(std::move(*grown), new_blobs(version), objects);
    } else {
        pack = vault.write_pack(new_blobs(version), objects, nullptr, live);
    }
    if (!pack) return pack.error();
    if (*pack) result.pack_bytes = (*pack)->bytes;
    const Result<void> moved = vault.set_ref(git::branch_ref(branch), result.commit, tip.commit, "backup: " + version.manifest.item.words());
    if (!moved) return moved.error();
    return result;
}

// Tells pointers from files, and .gitattributes of ours from a member of that name.
Result<void> take_out_large(const git::Repository& vault, const git::Oid& folder, Held& held) {
    if (!held.blobs.contains(attributes_name)) return {};
    const auto is_member = [](const ManifestMember& member) { return member.name == attributes_name; };
    if (held.manifest && std::any_of(held.manifest->members.begin(), held.manifest->members.end(), is_member)) return {};
    Result<std::map<std::string, lfs::Pointer>> large = large_files_in(vault, folder);
    if (!large) return large.error();
    held.large = std::move(*large);
    held.blobs.erase(attributes_name);
    return {};
}

}  // namespace

git::NewBlob new_blob(const VersionMember& member) {
    git::NewBlob blob;
    blob.oid = member.oid;
    blob.size = member.entry.size;
    blob.compress = worth_compressing(member.entry.name);
    blob.produce = member.produce;
    return blob;
}

bool worth_compressing(std::string_view name) {
    for (const std::string_view suffix : {".json", ".jsonl", ".md", ".txt", ".xml", ".csv", ".svg", ".pcd", ".bmp"}) {
        if (to_lower(name.substr(name.size() - std::min(name.size(), suffix.size()))) == suffix) return true;
    }
    return false;
}

Result<std::optional<Held>> read_held(const git::Repository& vault, const std::string& branch, const ItemId& item) {
    const Result<std::optional<git::Oid>> tip = vault.resolve(git::branch_ref(branch));
    if (!tip) return tip.error();
    if (!*tip) return std::optional<Held>();
    return read_held(vault, **tip, item);
}

Result<std::optional<Held>> read_held(const git::Repository& vault, const git::Oid& commit, const ItemId& item) {
    const Result<Tip> tip = read_commit(vault, commit);
    if (!tip) return tip.error();
    const git::TreeEntry* folder = find(tip->root, item.folder());
    if (folder == nullptr) return std::optional<Held>();
    Held held;
    held.commit = *tip->commit;
    held.large_objects = large_store(vault.path());
    const auto take = [&](const std::string& path, const git::TreeEntry& entry) -> Result<void> {
        held.blobs.emplace(path, entry.oid);
        return {};
    };
    const Result<void> walked = vault.walk(folder->oid, take);
    if (!walked) return walked.error();
    if (const git::TreeEntry* details = find(tip->root, item.details_name())) held.details = details->oid;
    const git::TreeEntry* entry = find(tip->root, item.manifest_name());
    // A partial clone may lack the manifest's blob: then the item counts as held without one, and is fetched whole again.
    if (entry != nullptr && vault.has(entry->oid)) {
        const Result<std::string> text = vault.read_blob(entry->oid);
        if (!text) return text.error();
        Result<Manifest> manifest = parse_manifest(*text, item.manifest_name());
        if (manifest) {
            held.manifest = std::move(*manifest);
            held.as_written = held.manifest->tree == folder->oid.hex();
        } else {
            held.problem = describe(manifest.error());
        }
    }
    const Result<void> sorted = take_out_large(vault, folder->oid, held);
    if (!sorted) return sorted.error();
    return std::optional<Held>(std::move(held));
}

std::optional<VersionMember> kept_member(const Held& held, const ManifestMember& entry) {
    const auto blob = held.blobs.find(entry.name);
    if (blob == held.blobs.end()) return std::nullopt;
    VersionMember member;
    member.entry = entry;
    member.oid = blob->second;
    const auto large = held.large.find(entry.name);
    if (large == held.large.end()) return member;
    if (large->second.size != entry.size || !held.large_objects.has(large->second)) return std::nullopt;
    keep_large(held.large_objects, large->second, member);
    return member;
}

Result<std::vector<ItemId>> held_items(const git::Repository& vault, const std::string& branch) {
    const Result<Tip> tip = read_tip(vault, branch);
    if (!tip) return tip.error();
    std::vector<ItemId> items;
    for (const git::TreeEntry& entry : tip->root) {
        const std::optional<ItemId> item = item_of_entry(entry.name);
        if (item && entry.name == item->folder()) items.push_back(*item);
    }
    return items;
}

Result<Committed> commit_version(git::Repository& vault, const std::string& branch, Version& version, LivePack* live,
                                 git::GrowingPack* grown) {
    const Result<Tip> tip = read_tip(vault, branch);
    if (!tip) return tip.error();
    const ItemId item = version.manifest.item;
    Committed result;
    if (tip->commit) result.commit = *tip->commit;
    std::vector<git::RawObject> objects;
    const git::TreeEntry* held_folder = find(tip->root, item.folder());
    const Result<void> placed = place_large_files(vault, version, held_folder == nullptr ? nullptr : &held_folder->oid);
    if (!placed) return placed.error();
    const Result<std::string> attributes = attributes_text(version);
    if (!attributes) return attributes.error();
    const git::Oid folder = build_folder(version, *attributes, objects, result.warnings);
    const git::TreeEntry* held_manifest = find(tip->root, item.manifest_name());
    const bool members_changed = held_folder == nullptr || held_folder->oid != folder || held_manifest == nullptr;
    Entries root = tip->root;
    result.members_changed = members_changed;
    if (members_changed) {
        put(root, item.folder(), git::mode_tree, folder);
        git::RawObject manifest = text_blob(finished_manifest(version, folder));
        put(root, item.manifest_name(), git::mode_file, manifest.oid);
        objects.push_back(std::move(manifest));
    }
    bool details_changed = false;
    // Beside other members a side file that nobody keeps up any more would say what is no longer so.
    if (members_changed && version.drop_details) {
        std::erase_if(root, [&](const git::TreeEntry& e) { return e.name == item.details_name(); });
    }
    if (version.details) {
        git::RawObject details = text_blob(std::move(*version.details));
        const git::TreeEntry* held = find(tip->root, item.details_name());
        details_changed = held == nullptr || held->oid != details.oid;
        if (details_changed) put(root, item.details_name(), git::mode_file, details.oid);
        objects.push_back(std::move(details));
    }
    if (!members_changed && !details_changed) return result;
    return write_commit(vault, branch, version, *tip, std::move(root), std::move(objects), std::move(result), live, grown);
}

}  // namespace autobackup::vault
