// SPDX-License-Identifier: MIT
// Writing objects and refs.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <unordered_set>

#include "lib/core/text.hpp"
#include "lib/git/pack_index_writer.hpp"
#include "lib/git/pack_writer.hpp"
#include "lib/git/ref_lock.hpp"
#include "lib/git/repository_impl.hpp"
#include "lib/git/temporary.hpp"

namespace autobackup::git {

namespace {

/// What a call of write_pack really has to write.
struct PackPlan {
    std::vector<const RawObject*> objects;
    std::vector<const NewBlob*> blobs;
    [[nodiscard]] std::size_t size() const noexcept { return objects.size() + blobs.size(); }
    [[nodiscard]] std::uint64_t content_bytes() const {
        std::uint64_t sum = 0;
        for (const RawObject* object : objects) sum += object->content.size();
        for (const NewBlob* blob : blobs) sum += blob->size;
        return sum;
    }
};

/// git's own order: what is walked first lies at the front.
int rank(ObjectType type) {
    switch (type) {
        case ObjectType::commit:
            return 0;
        case ObjectType::tag:
            return 1;
        case ObjectType::tree:
            return 2;
        case ObjectType::blob:
            return 3;
    }
    return 3;
}

PackPlan plan_pack(Repository::Impl& repository, const std::vector<NewBlob>& blobs,
                   const std::vector<RawObject>& objects) {
    PackPlan plan;
    std::unordered_set<Oid, OidHash> seen;
    const auto wanted = [&](const Oid& oid) { return seen.insert(oid).second && !repository.has(oid); };
    for (const RawObject& object : objects) {
        if (wanted(object.oid)) plan.objects.push_back(&object);
    }
    for (const NewBlob& blob : blobs) {
        if (wanted(blob.oid)) plan.blobs.push_back(&blob);
    }
    std::stable_sort(plan.objects.begin(), plan.objects.end(),
                     [](const RawObject* a, const RawObject* b) { return rank(a->type) < rank(b->type); });
    return plan;
}

Result<RawDigest> write_entries(PackWriter& writer, const PackPlan& plan) {
    const Result<void> begun = writer.begin(static_cast<std::uint32_t>(plan.size()));
    if (!begun) return begun.error();
    for (const RawObject* object : plan.objects) {
        const Result<void> added = writer.add(*object);
        if (!added) return added.error();
    }
    for (const NewBlob* blob : plan.blobs) {
        const Result<void> added = writer.add(*blob);
        if (!added) return added.error();
    }
    return writer.finish();
}

/// Proves what was written while another thread brings it to the disk.
Result<void> sync_and_verify(const LockedTemporary& pack, const PackWriter& writer) {
    Result<void> synced;
    std::thread syncing([&] { synced = sync_file(pack.fd(), pack.path()); });
    Result<void> verified;
    try {
        verified = verify_entries(pack.fd(), pack.path(), writer.entries(), writer.bytes() - digest_bytes);
    } catch (...) {
        syncing.join();
        throw;
    }
    syncing.join();
    return synced ? verified : synced;
}

/// Puts pack and index under their names: the pack first, since it is the index that makes it seen.
Result<fs::path> publish(const fs::path& directory, LockedTemporary& pack,
                         const std::vector<IndexEntry>& entries, const RawDigest& digest) {
    Result<LockedTemporary> index = LockedTemporary::create(directory, "tmp_idx_autobackup_");
    if (!index) return index.error();
    const Result<void> indexed = write_pack_index(index->fd(), index->path(), entries, digest);
    if (!indexed) return indexed.error();
    const std::string name = "pack-" + hex(digest);
    const fs::path pack_path = directory / (name + ".pack");
    const fs::path index_path = directory / (name + ".idx");
    Result<void> done = pack.publish(pack_path, pack_mode);
    if (!done) return done.error();
    done = index->publish(index_path, pack_mode);
    if (done) done = sync_directory(directory);
    if (done) return pack_path;
    remove_quietly(index_path);
    remove_quietly(pack_path);
    return done.error();
}

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

Result<std::optional<PackInfo>> Repository::write_pack(
    const std::vector<NewBlob>& blobs, const std::vector<RawObject>& objects,
    const std::function<void(std::uint64_t bytes)>& progress, PackTap* tap) {
    impl_->refresh();
    const PackPlan plan = plan_pack(*impl_, blobs, objects);
    if (plan.size() == 0) return std::optional<PackInfo>();
    const fs::path directory = impl_->pack_directory();
    const Result<void> made =
        make_directories_durably(directory);  // git itself does without it until the first pack
    if (!made) return made.error();
    Result<LockedTemporary> pack = LockedTemporary::create(directory, "tmp_pack_autobackup_");
    if (!pack) return pack.error();
    PackInfo info;
    {
        if (tap != nullptr) {
            Result<FileDescriptor> file = open_file(pack->path(), O_RDONLY);
            if (!file) return file.error();
            tap->begin(std::move(*file), plan.content_bytes());
        }
        PackWriter writer(pack->fd(), pack->path(), progress, tap);
        const Result<RawDigest> digest = write_entries(writer, plan);
        if (!digest) return digest.error();
        const Result<void> proved = sync_and_verify(*pack, writer);
        if (!proved) return proved.error();
        Result<fs::path> published = publish(directory, *pack, writer.entries(), *digest);
        if (!published) return published.error();
        info.pack = std::move(*published);
        info.bytes = writer.bytes();
        info.objects = static_cast<std::uint32_t>(plan.size());
    }
    impl_->refresh();
    return std::optional<PackInfo>(std::move(info));
}

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
