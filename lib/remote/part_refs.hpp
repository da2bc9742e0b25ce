// SPDX-License-Identifier: MIT
// The refs that hold the parts of a commit too large for one push (see git::cut_commit), as the other side shows them.
#pragma once

#include <map>
#include <string>

#include "lib/remote/remote.hpp"

namespace autobackup::remote {

/// Where the parts of a commit are held meanwhile: refs/autobackup/part/<commit>/<n>.
inline constexpr const char* part_prefix = "refs/autobackup/part/";

/// `number` counts from 1.
std::string part_ref(const git::Oid& commit, std::size_t number);

using PartRefs = std::map<std::string, git::Oid>;

/// Those that the other side lists.
PartRefs part_refs(const Advertisement& listed);

/// The commit that they went ahead of is there: nobody needs them any more. Returns a warning that ends with `afterwards` when they could not
/// be removed, else nothing. Loop thread.
Awaitable<std::string> remove_part_refs(PartRefs parts, Remote& remote, std::string url, std::string afterwards);

}  // namespace autobackup::remote
