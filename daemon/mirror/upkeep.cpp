// SPDX-License-Identifier: MIT
#include "daemon/mirror/mirror.hpp"
#include "lib/core/file.hpp"
#include "lib/core/stop.hpp"

namespace autobackup::mirror {

Awaitable<Result<git::Joined>> join_packs(async::Workers& workers, std::filesystem::path repository, std::uint64_t reserve) {
    auto work = [path = std::move(repository), reserve, stop = workers.stop_token()]() -> Result<git::Joined> {
        Result<git::Repository> opened = git::Repository::open(path);
        if (!opened) return opened.error();
        const Result<std::uint64_t> free = free_bytes(path);
        if (!free) return free.error();
        git::JoinRule rule;
        rule.room = *free > reserve ? *free - reserve : 0;
        return opened->join_packs(rule, stop_asked_by(stop));
    };
    co_return co_await workers.run(std::move(work));
}

}  // namespace autobackup::mirror
