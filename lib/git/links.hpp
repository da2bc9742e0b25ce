// SPDX-License-Identifier: MIT
// What an object names. Private to lib/git.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "lib/git/object_reader.hpp"
#include "lib/git/object_text.hpp"

namespace autobackup::git {

/// Calls visit(oid, type) for each object that `object`, whose name is `oid`, needs; those of a shallow commit's parents and of
/// submodules are not needed. False: it is not well formed. `shallow` is sorted.
template <class Visit>
bool for_each_link(const Oid& oid, const LoadedObject& object, const std::vector<Oid>& shallow, const Visit& visit) {
    if (object.type == ObjectType::blob) return true;
    if (object.type == ObjectType::tag) {
        const std::optional<TagTarget> target = parse_tag(object.content);
        if (target) visit(target->oid, target->type);
        return target.has_value();
    }
    if (object.type == ObjectType::commit) {
        const std::optional<Commit> commit = parse_commit(object.content);
        if (!commit) return false;
        visit(commit->tree, ObjectType::tree);
        if (std::binary_search(shallow.begin(), shallow.end(), oid)) return true;
        for (const Oid& parent : commit->parents) visit(parent, ObjectType::commit);
        return true;
    }
    std::string_view content = object.content;
    while (!content.empty()) {
        const std::optional<TreeEntryView> entry = take_tree_entry(content);
        if (!entry) return false;
        if (!is_submodule_mode(entry->mode)) visit(entry->oid, is_tree_mode(entry->mode) ? ObjectType::tree : ObjectType::blob);
    }
    return true;
}

}  // namespace autobackup::git
