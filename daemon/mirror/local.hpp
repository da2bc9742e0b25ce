// SPDX-License-Identifier: MIT
// A mirror on the disk. Synchronous: on a worker.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "daemon/mirror/plan.hpp"

namespace autobackup::mirror {

/// Our own directory in a mirror: what is being fetched, and the list of wanted large objects.
std::filesystem::path own_folder(const std::filesystem::path& repository);
/// Where a fetch is put, in the repository that it is for.
std::filesystem::path fetched_pack(const std::filesystem::path& repository);
/// Where a repository that is cloned grows until it is whole: beside its final place.
std::filesystem::path growing_place(const std::filesystem::path& repository);

/// Reads refs, HEAD and URL; changes nothing. `exists` is false when there is nothing, or an empty directory. repository_invalid when there
/// is something else than a sound bare repository.
Result<Local> read_local(const std::filesystem::path& repository);

/// The URL without user name and password, for comparing and for the mirror's own configuration (ssh keeps its user name there).
std::string plain_url(const std::string& url);
/// Whether two URLs name the same repository of the same server, whatever the transport: "git@github.com:acme/app" and
/// "https://token@github.com/acme/app.git". Pure.
bool same_place(const std::string& one, const std::string& other);

/// Makes the repository in which a clone grows; what an earlier try left there goes. Returns its place.
Result<std::filesystem::path> begin_clone(const Repository& what, const Head& head);
/// Gives the grown repository its name, durably.
Result<void> end_clone(const Repository& what);

/// Refuses a mirror of something else: another URL, and not one commit in common. Does nothing for one without refs.
Result<void> check_same(const Repository& what, const Local& local, const Wanted& wanted);

/// Moves refs and HEAD. Sets `forced` of the moves in `plan` first: a branch whose old tip is not in the history of the new one. The objects
/// are all here and whole.
Result<void> apply(git::Repository& repository, const Repository& what, const Local& local, const Wanted& wanted, Plan& plan);

/// `path`, or the nearest folder above it that exists.
std::filesystem::path nearest_there(std::filesystem::path path);

/// Bytes that may be used up below `path` (or the nearest folder above that exists) before limits.reserve is touched; reserve when there
/// are none.
Result<void> check_room(const std::filesystem::path& path, std::uint64_t reserve);

}  // namespace autobackup::mirror
