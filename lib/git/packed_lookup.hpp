// SPDX-License-Identifier: MIT
// One name in a packed-refs file, without reading all of it. Private to lib/git.
#pragma once

#include <optional>
#include <string_view>

#include "lib/core/file.hpp"
#include "lib/git/oid.hpp"

namespace autobackup::git {

struct PackedLookup {
    bool answered = false;   ///< false: the file has to be read whole
    std::optional<Oid> oid;  ///< nothing: there is no such ref
};

/// Bisects a file whose header says that its rows are sorted, as git does (refs/packed-backend.c): a few reads, however many refs there are.
/// Not answered where the header does not say so, a row that is met cannot be read, or the file cannot be opened.
PackedLookup look_up_packed(const fs::path& file, std::string_view name);

}  // namespace autobackup::git
