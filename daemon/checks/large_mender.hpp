// SPDX-License-Identifier: MIT
// A large file, damaged or missing, and a whole one in its place. Private to daemon/checks. Synchronous; worker thread.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "daemon/checks/repair.hpp"
#include "lib/lfs/store.hpp"

namespace autobackup::checks {

using GiveLarge = std::function<Result<void>(const lfs::TakeBytes&)>;

/// What a check said of large files names each by its digest.
std::set<std::string> large_named_in(const std::vector<std::string>& problems);

/// What `give` gives is written and proved without a name; then the damaged one goes to `aside`, and this one takes its place.
Result<void> put_large(const lfs::Store& store, const lfs::Pointer& object, const GiveLarge& give, Aside& aside);

}  // namespace autobackup::checks
