// SPDX-License-Identifier: MIT
// The steps of writing a new pack, each once. Private to lib/git.
#pragma once

#include <vector>

#include "lib/git/pack_writer.hpp"
#include "lib/git/repository_impl.hpp"
#include "lib/git/temporary.hpp"

namespace autobackup::git {

/// What really has to be written; the objects are borrowed.
struct PackPlan {
    std::vector<const RawObject*> objects;
    std::vector<const NewBlob*> blobs;
    [[nodiscard]] std::size_t size() const noexcept { return objects.size() + blobs.size(); }
    [[nodiscard]] std::uint64_t content_bytes() const;
};

/// Whether an object has to be written; asked once for each object of a name.
using Wanted = std::function<bool(const Oid&)>;

/// Every object that is `wanted`, once, in git's own order (what is walked first lies at the front).
PackPlan plan_pack(const std::vector<NewBlob>& blobs, const std::vector<RawObject>& objects, const Wanted& wanted);

Result<void> add_entries(PackWriter& writer, const PackPlan& plan);

/// Runs `prove` while another thread brings the file to the disk. The failure of the disk counts first.
Result<void> sync_and_prove(const LockedTemporary& pack, const std::function<Result<void>()>& prove);

/// Puts pack and index under their names: the pack first, since it is the index that makes it seen. The pack is on the disk and proved.
/// `entries` in any order.
Result<fs::path> publish_pack(const fs::path& directory, LockedTemporary& pack, const std::vector<IndexEntry>& entries,
                              const RawDigest& digest);

/// The folder of the packs, made when git has not needed one yet.
Result<fs::path> ready_pack_directory(const Repository::Impl& repository);

}  // namespace autobackup::git
