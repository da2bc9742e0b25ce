// SPDX-License-Identifier: MIT
// The refs that hold the parts of a commit too large for one push (see plan_push), as the other side shows them.
#pragma once

#include <map>
#include <string>

#include "daemon/vault/push_plan.hpp"
#include "lib/remote/remote.hpp"

namespace autobackup::vault {

using PartRefs = std::map<std::string, git::Oid>;

/// Those that the other side lists.
PartRefs part_refs(const remote::Advertisement& listed);

/// The commit that they went ahead of is there: nobody needs them any more. Returns a warning that ends with `afterwards` when they could not
/// be removed, else nothing. Loop thread.
Awaitable<std::string> remove_part_refs(PartRefs parts, remote::Remote& remote, std::string url, std::string afterwards);

}  // namespace autobackup::vault
