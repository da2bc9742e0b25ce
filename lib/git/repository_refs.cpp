// SPDX-License-Identifier: MIT
// Setting refs.
#include "lib/git/ref_lock.hpp"
#include "lib/git/repository_impl.hpp"

namespace autobackup::git {

namespace {

Failure no_target(const Repository::Impl& repository, const RefChange& change) {
    return fail(Errc::not_found, "set", change.ref + " in " + repository.path.string(), "the object " + change.target.hex() + " is not there");
}

/// What a tag object stands for; nothing for any other object.
auto peeler(Repository::Impl& repository) {
    return [&repository](const Oid& oid) -> std::optional<Oid> {
        const Result<ObjectHead> head = repository.reader.head(oid);
        if (!head || head->type != ObjectType::tag) return std::nullopt;
        const Result<Oid> peeled = repository.peel(oid);
        return peeled ? std::optional<Oid>(*peeled) : std::nullopt;
    };
}

}  // namespace

Result<void> Repository::set_ref(const std::string& ref, const Oid& target,
                                 const std::optional<Oid>& expected, const std::string& message) {
    RefChange change;
    change.ref = ref;
    change.target = target;
    change.expected = expected;
    return set_refs({change}, message);
}

Result<void> Repository::set_refs(const std::vector<RefChange>& changes, const std::string& message) {
    impl_->refresh();
    for (const RefChange& change : changes) {
        if (!impl_->has(change.target)) return no_target(*impl_, change);
    }
    return impl_->ref_store.set_many(changes, message, peeler(*impl_));
}

Result<void> Repository::replace_refs(const std::vector<RefChange>& changes) {
    impl_->refresh();
    for (const RefChange& change : changes) {
        if (!change.target.is_zero() && !impl_->has(change.target)) return no_target(*impl_, change);
    }
    return impl_->ref_store.replace(changes, peeler(*impl_));
}

Result<void> Repository::delete_ref(const std::string& ref) {
    return impl_->ref_store.remove(ref);
}

Result<void> Repository::set_head(const std::string& branch) {
    return impl_->ref_store.set_head(branch);
}

Result<void> Repository::detach_head(const Oid& commit) {
    return impl_->ref_store.detach_head(commit);
}

Result<std::optional<std::string>> Repository::head_target() const {
    return impl_->ref_store.head_target();
}

}  // namespace autobackup::git
