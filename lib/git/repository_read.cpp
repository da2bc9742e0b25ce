// SPDX-License-Identifier: MIT
// Reading objects and refs.
#include <algorithm>

#include "lib/git/object_text.hpp"
#include "lib/git/repository_impl.hpp"

namespace autobackup::git {

namespace {

constexpr int deepest_tree = 1024;  // far beyond any path that a file system takes

Failure not_here(const Repository::Impl& impl, const Oid& oid, const char* operation) {
    return fail(Errc::not_found, operation, "object " + impl.object_name(oid),
                impl.partial ? "this partial clone does not hold it" : "there is no such object");
}

Failure broken(const Repository::Impl& impl, const Oid& oid, std::string what) {
    return fail(Errc::repository_invalid, "read", "object " + impl.object_name(oid), std::move(what));
}

}  // namespace

void Repository::Impl::refresh() {
    if (packs.refresh() == PackStore::Change::removed) reader.forget();
}

Result<LoadedObject> Repository::Impl::load(const Oid& oid, ObjectType type) {
    if (!has(oid)) return not_here(*this, oid, "read");
    Result<LoadedObject> object = load(oid);
    if (object && object->type != type)
        return broken(*this, oid, "it is an object of another type than expected");
    return object;
}

Result<Oid> Repository::Impl::peel(const Oid& oid) {
    Oid at = oid;
    for (;;) {
        const Result<LoadedObject> object = load(at);
        if (!object) return object.error();
        if (object->type != ObjectType::tag) return at;
        const std::optional<TagTarget> target = parse_tag(object->content);
        if (!target) return broken(*this, at, "the tag is damaged");
        if (target->type != ObjectType::tag) return target->oid;
        at = target->oid;
    }
}

Result<std::optional<Oid>> Repository::resolve(const std::string& ref) const {
    return impl_->ref_store.resolve(ref);
}

Result<std::vector<std::pair<std::string, Oid>>> Repository::refs(const std::string& prefix) const {
    return impl_->ref_store.list(prefix);
}

bool Repository::has(const Oid& oid) const {
    impl_->refresh();
    return impl_->has(oid);
}

Result<Commit> Repository::read_commit(const Oid& commit) const {
    impl_->refresh();
    const Result<LoadedObject> object = impl_->load(commit, ObjectType::commit);
    if (!object) return object.error();
    std::optional<Commit> parsed = parse_commit(object->content);
    if (!parsed) return broken(*impl_, commit, "the commit has no tree");
    return std::move(*parsed);
}

Result<std::vector<TreeEntry>> Repository::read_tree(const Oid& tree) const {
    impl_->refresh();
    const Result<LoadedObject> object = impl_->load(tree, ObjectType::tree);
    if (!object) return object.error();
    std::optional<std::vector<TreeEntry>> entries = parse_tree(object->content);
    if (!entries) return broken(*impl_, tree, "the tree is damaged");
    return std::move(*entries);
}

Result<std::optional<TreeEntry>> Repository::entry_at(const Oid& tree, std::string_view path) const {
    Oid at = tree;
    for (;;) {
        const std::size_t slash = path.find('/');
        const std::string_view name = path.substr(0, slash);
        const Result<std::vector<TreeEntry>> entries = read_tree(at);
        if (!entries) return entries.error();
        const auto found = std::find_if(entries->begin(), entries->end(),
                                        [name](const TreeEntry& entry) { return entry.name == name; });
        if (found == entries->end()) return std::optional<TreeEntry>();
        if (slash == std::string_view::npos) return std::optional<TreeEntry>(*found);
        if (!is_tree_mode(found->mode)) return std::optional<TreeEntry>();
        at = found->oid;
        path.remove_prefix(slash + 1);
    }
}

namespace {

using Visit = std::function<Result<void>(const std::string& path, const TreeEntry&)>;

Result<void> walk_below(const Repository& repository, const Oid& tree, const std::string& prefix, int depth,
                        const Visit& visit) {
    if (depth > deepest_tree) {
        return fail(Errc::repository_invalid, "walk", "tree " + tree.hex(),
                    "directories are nested too deeply");
    }
    const Result<std::vector<TreeEntry>> entries = repository.read_tree(tree);
    if (!entries) return entries.error();
    for (const TreeEntry& entry : *entries) {
        if (is_submodule_mode(entry.mode)) continue;  // a commit of another repository
        const std::string path = prefix + entry.name;
        const Result<void> visited = is_tree_mode(entry.mode)
                                         ? walk_below(repository, entry.oid, path + "/", depth + 1, visit)
                                         : visit(path, entry);
        if (!visited) return visited;
    }
    return {};
}

}  // namespace

Result<void> Repository::walk(const Oid& tree, const Visit& visit) const {
    return walk_below(*this, tree, {}, 0, visit);
}

Result<std::string> Repository::read_blob(const Oid& blob, std::size_t limit) const {
    const Result<std::uint64_t> size = blob_size(blob);
    if (!size) return size.error();
    if (*size > limit) {
        return fail(Errc::response_too_large, "read", "object " + impl_->object_name(blob),
                    "it has " + std::to_string(*size) + " bytes, more than the " + std::to_string(limit) +
                        " allowed");
    }
    std::string text;
    text.reserve(*size);
    const Result<void> streamed =
        stream_blob(blob, [&text](std::span<const std::byte> bytes) -> Result<void> {
            text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            return {};
        });
    if (!streamed) return streamed.error();
    return text;
}

Result<std::uint64_t> Repository::blob_size(const Oid& blob) const {
    impl_->refresh();
    if (!impl_->has(blob)) return not_here(*impl_, blob, "read");
    const Result<ObjectHead> head = impl_->reader.head(blob);
    if (!head) return head.error();
    if (head->type != ObjectType::blob) return broken(*impl_, blob, "it is not a blob");
    return head->size;
}

Result<void> Repository::stream_blob(const Oid& blob, const TakeBytes& take) const {
    impl_->refresh();
    if (!impl_->has(blob)) return not_here(*impl_, blob, "read");
    const Result<ObjectType> type = impl_->reader.stream(blob, take, ObjectType::blob);
    if (!type) return type.error();
    return {};
}

}  // namespace autobackup::git
