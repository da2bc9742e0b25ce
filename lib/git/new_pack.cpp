// SPDX-License-Identifier: MIT
#include "lib/git/new_pack.hpp"

#include <fcntl.h>

#include <algorithm>
#include <thread>

#include "lib/core/text.hpp"
#include "lib/git/pack_index_writer.hpp"
#include "lib/git/ref_lock.hpp"

namespace autobackup::git {

namespace {

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

Result<RawDigest> write_all_of(PackWriter& writer, const PackPlan& plan) {
    const Result<void> begun = writer.begin(static_cast<std::uint32_t>(plan.size()));
    if (!begun) return begun.error();
    const Result<void> added = add_entries(writer, plan);
    if (!added) return added.error();
    return writer.finish();
}

}  // namespace

std::uint64_t PackPlan::content_bytes() const {
    std::uint64_t sum = 0;
    for (const RawObject* object : objects) sum += object->content.size();
    for (const NewBlob* blob : blobs) sum += blob->size;
    return sum;
}

PackPlan plan_pack(const std::vector<NewBlob>& blobs, const std::vector<RawObject>& objects, const Wanted& wanted) {
    PackPlan plan;
    OidSet seen;
    for (const RawObject& object : objects) {
        if (seen.insert(object.oid).second && wanted(object.oid)) plan.objects.push_back(&object);
    }
    for (const NewBlob& blob : blobs) {
        if (seen.insert(blob.oid).second && wanted(blob.oid)) plan.blobs.push_back(&blob);
    }
    std::stable_sort(plan.objects.begin(), plan.objects.end(),
                     [](const RawObject* a, const RawObject* b) { return rank(a->type) < rank(b->type); });
    return plan;
}

Result<void> add_entries(PackWriter& writer, const PackPlan& plan) {
    for (const RawObject* object : plan.objects) {
        const Result<void> added = writer.add(*object);
        if (!added) return added;
    }
    for (const NewBlob* blob : plan.blobs) {
        const Result<void> added = writer.add(*blob);
        if (!added) return added;
    }
    return {};
}

Result<void> sync_and_prove(const LockedTemporary& pack, const std::function<Result<void>()>& prove) {
    Result<void> synced;
    std::thread syncing([&] { synced = sync_file(pack.fd(), pack.path()); });
    Result<void> proved;
    try {
        proved = prove();
    } catch (...) {
        syncing.join();
        throw;
    }
    syncing.join();
    return synced ? proved : synced;
}

Result<fs::path> publish_pack(const fs::path& directory, LockedTemporary& pack, const std::vector<IndexEntry>& entries,
                              const RawDigest& digest) {
    Result<LockedTemporary> index = LockedTemporary::create(directory, new_index_prefix);
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

Result<fs::path> ready_pack_directory(const Repository::Impl& repository) {
    fs::path directory = repository.pack_directory();
    const Result<void> made = make_directories_durably(directory);
    if (!made) return made.error();
    return directory;
}

Result<std::optional<PackInfo>> Repository::write_pack(const std::vector<NewBlob>& blobs, const std::vector<RawObject>& objects,
                                                       const std::function<void(std::uint64_t bytes)>& progress, PackTap* tap) {
    impl_->refresh();
    const PackPlan plan = plan_pack(blobs, objects, [this](const Oid& oid) { return !impl_->has(oid); });
    if (plan.size() == 0) return std::optional<PackInfo>();
    const Result<fs::path> directory = ready_pack_directory(*impl_);
    if (!directory) return directory.error();
    Result<LockedTemporary> pack = LockedTemporary::create(*directory, new_pack_prefix);
    if (!pack) return pack.error();
    PackInfo info;
    {
        if (tap != nullptr) {
            Result<FileDescriptor> file = open_file(pack->path(), O_RDONLY);
            if (!file) return file.error();
            tap->begin(std::move(*file), plan.content_bytes());
        }
        PackWriter writer(pack->fd(), pack->path(), progress, tap);
        const Result<RawDigest> digest = write_all_of(writer, plan);
        if (!digest) return digest.error();
        const Result<void> proved = sync_and_prove(
            *pack, [&] { return verify_entries(pack->fd(), pack->path(), writer.entries(), writer.bytes() - digest_bytes); });
        if (!proved) return proved.error();
        Result<fs::path> published = publish_pack(*directory, *pack, writer.entries(), *digest);
        if (!published) return published.error();
        info.pack = std::move(*published);
        info.bytes = writer.bytes();
        info.objects = static_cast<std::uint32_t>(plan.size());
    }
    impl_->refresh();
    return std::optional<PackInfo>(std::move(info));
}

}  // namespace autobackup::git
