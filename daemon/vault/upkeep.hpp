// SPDX-License-Identifier: MIT
// What a vault needs now and then. Loop thread.
#pragma once

#include "daemon/vault/vault.hpp"

namespace autobackup::vault {

/// Joins the packs of many small runs into one (git::Repository::join_packs): a reader looks into every pack, and 365 of them a year would
/// make every look slow. The vault is held meanwhile, so nobody pushes from it; the work is done on a worker and ends with `cancelled` as
/// soon as the workers are asked to stop. Leaves `reserve` bytes of the disk free: without that room it does nothing.
Awaitable<Result<git::Joined>> join_packs(Vault& vault, std::uint64_t reserve);

}  // namespace autobackup::vault
