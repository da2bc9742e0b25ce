// SPDX-License-Identifier: MIT
// What a directory looks like from outside. Synchronous: on a worker.
#pragma once

#include <filesystem>

namespace autobackup::mirror {

/// A git directory with all its parts (gitrepository-layout(5)): HEAD, objects, refs. Nothing in it is read.
bool is_bare_repository(const std::filesystem::path& path);

/// What was one, be it without its HEAD, or without one of refs/ and packed-refs: in a storage of ours a damaged mirror, and no folder of mirrors.
bool was_bare_repository(const std::filesystem::path& path);

/// A bare repository, or a clone with its work tree.
bool is_repository(const std::filesystem::path& path);

}  // namespace autobackup::mirror
