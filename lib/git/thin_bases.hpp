// SPDX-License-Identifier: MIT
#pragma once

#include "lib/git/handle.hpp"
#include "lib/git/object_reader.hpp"

namespace autobackup::git {

/// An object database for libgit2's indexer that reads through `reader`, which must outlive it.
Result<OdbHandle> make_odb(ObjectReader& reader);

}  // namespace autobackup::git
