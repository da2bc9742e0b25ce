// SPDX-License-Identifier: MIT
#include "lib/git/pack_inspect.hpp"

#include "lib/git/links.hpp"

namespace autobackup::git {
namespace {

class Inspector {
public:
    Inspector(Repository::Impl& repository, ObjectReader& reader, PackFile& pack, const Inspection& inspection)
        : repository_(repository), reader_(reader), pack_(pack), inspection_(inspection) {}

    Result<void> run() {
        for (const std::uint32_t row : pack_.rows_by_offset()) {
            const Result<void> looked = look_at(pack_.oid(row));
            if (!looked) return looked;
        }
        return {};
    }

private:
    Result<void> look_at(const Oid& oid) {
        const Result<ObjectHead> head = reader_.head(oid);
        if (!head) return head.error();
        if (head->type == ObjectType::blob) {
            if (!inspection_.small_blob || head->size >= small_limit) return {};
            const Result<LoadedObject> blob = reader_.load(oid);
            if (!blob) return blob.error();
            inspection_.small_blob(oid, blob->content);
            return {};
        }
        return inspection_.closed ? look_at_links(oid) : Result<void>();
    }

    Result<void> look_at_links(const Oid& oid) {
        const Result<LoadedObject> object = reader_.load(oid);
        if (!object) return object.error();
        std::optional<Oid> missing;
        const bool understood = for_each_link(oid, *object, repository_.shallow, [&](const Oid& link, std::optional<ObjectType>) {
            if (!missing && !pack_.find(link) && !repository_.has(link)) missing = link;
        });
        if (!understood) return fail(Errc::bad_response, "check", pack_.pack_path().string(), "the object " + oid.hex() + " is not well formed");
        if (!missing) return {};
        return fail(Errc::bad_response, "check", repository_.path.string(),
                    "the server did not send all that is needed: the object " + missing->hex() + ", which " + oid.hex() + " names, is missing");
    }

    Repository::Impl& repository_;
    ObjectReader& reader_;
    PackFile& pack_;
    const Inspection& inspection_;
};

}  // namespace

Result<void> inspect_pack(Repository::Impl& repository, ObjectReader& reader, PackFile& pack, const Inspection& inspection) {
    return Inspector(repository, reader, pack, inspection).run();
}

Result<void> Repository::small_blobs(const TakeBlob& take) const {
    impl_->refresh();
    Inspection inspection;
    inspection.small_blob = take;
    for (const std::unique_ptr<PackFile>& pack : impl_->packs.packs()) {
        const Result<void> looked = inspect_pack(*impl_, impl_->reader, *pack, inspection);
        if (!looked) return looked;
    }
    std::error_code error;
    for (fs::directory_iterator folder(impl_->path / "objects", error), end; !error && folder != end; folder.increment(error)) {
        if (folder->path().filename().native().size() != 2) continue;
        std::error_code ignored;
        for (const auto& file : fs::directory_iterator(folder->path(), ignored)) {
            const std::optional<Oid> oid = Oid::parse(folder->path().filename().string() + file.path().filename().string());
            if (!oid) continue;
            const Result<ObjectHead> head = impl_->reader.head(*oid);
            if (!head) return head.error();
            if (head->type != ObjectType::blob || head->size >= small_limit) continue;
            const Result<LoadedObject> blob = impl_->load(*oid);
            if (!blob) return blob.error();
            take(*oid, blob->content);
        }
    }
    if (error) return fail_errno(error.value(), "list", (impl_->path / "objects").string());
    return {};
}

}  // namespace autobackup::git
