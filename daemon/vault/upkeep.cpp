// SPDX-License-Identifier: MIT
#include "daemon/vault/upkeep.hpp"

#include "lib/core/file.hpp"
#include "lib/core/stop.hpp"

namespace autobackup::vault {

Awaitable<Result<git::Joined>> join_packs(Vault& vault, std::uint64_t reserve) {
    auto work = [reserve, stop = vault.workers().stop_token()](git::Repository& repository) -> Result<git::Joined> {
        const Result<std::uint64_t> free = free_bytes(repository.path());
        if (!free) return free.error();
        git::JoinRule rule;
        rule.room = *free > reserve ? *free - reserve : 0;
        return repository.join_packs(rule, stop_asked_by(stop));
    };
    co_return co_await vault.with(std::move(work));
}

}  // namespace autobackup::vault
