// SPDX-License-Identifier: MIT
// What the parts of Repository share. Private to lib/git.
#pragma once

#include "lib/git/handle.hpp"
#include "lib/git/pack_file.hpp"
#include "lib/git/ref_store.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::git {

/// An object in memory.
struct LoadedObject {
    ObjectType type = ObjectType::blob;
    OdbObjectHandle handle;
    [[nodiscard]] std::string_view content() const noexcept {
        return {static_cast<const char*>(git_odb_object_data(handle.get())), git_odb_object_size(handle.get())};
    }
};

struct Repository::Impl {
    explicit Impl(fs::path where) : path(std::move(where)), packs(path / "objects" / "pack"), ref_store(path) {}

    [[nodiscard]] fs::path pack_directory() const { return path / "objects" / "pack"; }
    [[nodiscard]] std::string object_name(const Oid& oid) const { return oid.hex() + " in " + path.string(); }
    /// Sees packs that came or went since the last look, ours and others'. Every public function begins with it; nothing else calls
    /// it, so that PackLocations stay valid within a call.
    void refresh();
    Result<void> open_objects();
    [[nodiscard]] bool has(const Oid& oid) const;
    /// not_found, repository_invalid. The content was hashed and has the name.
    Result<LoadedObject> load(const Oid& oid);
    /// The same, and it must be of that type.
    Result<LoadedObject> load(const Oid& oid, ObjectType type);
    /// What a tag stands for, through tags of tags; any other object is itself.
    Result<Oid> peel(const Oid& oid);
    Result<void> read_settings();

    fs::path path;
    RepositoryHandle repository;
    OdbHandle odb;
    PackStore packs;
    RefStore ref_store;
    bool partial = false;
    std::vector<Oid> shallow;  ///< sorted
};

/// Reads config and `shallow`; opens the object database.
Result<std::unique_ptr<Repository::Impl>> open_impl(const fs::path& path);

}  // namespace autobackup::git
