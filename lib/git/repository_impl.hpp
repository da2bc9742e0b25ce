// SPDX-License-Identifier: MIT
// What the parts of Repository share. Private to lib/git.
#pragma once

#include "lib/git/object_reader.hpp"
#include "lib/git/pack_file.hpp"
#include "lib/git/ref_store.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::git {

struct Repository::Impl {
    explicit Impl(fs::path where)
        : path(std::move(where)),
          packs(path / "objects" / "pack"),
          reader(path / "objects", packs),
          ref_store(path) {}

    [[nodiscard]] fs::path pack_directory() const { return path / "objects" / "pack"; }
    [[nodiscard]] std::string object_name(const Oid& oid) const { return oid.hex() + " in " + path.string(); }
    /// Sees packs that came or went since the last look, ours and others'. Every public function begins with
    /// it; nothing else calls it, so that PackLocations stay valid within a call.
    void refresh();
    [[nodiscard]] bool has(const Oid& oid) const { return reader.has(oid); }
    /// not_found, repository_invalid. The content was hashed and has the name.
    Result<LoadedObject> load(const Oid& oid) { return reader.load(oid); }
    /// The same, and it must be of that type.
    Result<LoadedObject> load(const Oid& oid, ObjectType type);
    /// What a tag stands for, through tags of tags; any other object is itself.
    Result<Oid> peel(const Oid& oid);
    Result<void> read_settings();
    bool any = false;  ///< a work tree may belong to it

    fs::path path;
    PackStore packs;
    ObjectReader reader;
    RefStore ref_store;
    bool partial = false;
    std::vector<Oid> shallow;  ///< sorted
};

/// The configuration of a new repository.
inline constexpr std::string_view new_repository_config =
    "[core]\n"
    "\trepositoryformatversion = 0\n"
    "\tfilemode = true\n"
    "\tbare = true\n"
    "\tlogAllRefUpdates = true\n"
    // Nobody else repacks here: packs are read and pushed as they were written, and a git command that a user
    // runs must not start a clean-up in the background that races with a backup.
    "[gc]\n"
    "\tauto = 0\n";

/// Reads config and `shallow`; opens the object database.
Result<std::unique_ptr<Repository::Impl>> open_impl(const fs::path& path, bool any = false);

}  // namespace autobackup::git
