// SPDX-License-Identifier: MIT
#include "daemon/github/github_job.hpp"

#include <charconv>

#include "daemon/github/owner.hpp"
#include "daemon/github/owner_name.hpp"
#include "daemon/github/plan.hpp"

namespace autobackup::github_job {
namespace {

constexpr const char* turn_key = "github.turn";

// The number of this run, for the rotation. One that is lost begins anew: some repositories are then looked at earlier.
Awaitable<std::uint64_t> next_turn(Context& context) {
    auto count = [&context]() -> std::uint64_t {
        std::uint64_t turn = 0;
        const Result<std::optional<std::string>> held = context.store.value(context.job.name, turn_key);
        if (held && *held) std::from_chars((*held)->data(), (*held)->data() + (*held)->size(), turn);
        const Result<void> kept = context.store.set_value(context.job.name, turn_key, std::to_string(turn + 1));
        return kept ? turn : turn + 1;
    };
    co_return co_await context.mirrors.workers.run(std::move(count));
}

}  // namespace

Awaitable<void> back_up(Context& context, model::Run& run) {
    const std::uint64_t turn = co_await next_turn(context);
    for (const config::GithubSource::Owner& owner : context.source.owners) {
        std::filesystem::path directory = directory_of(context.source, owner, context.directory);
        auto clean = [directory] {
            // Not deeper: beside a mirror other tools may have left a file for each issue.
            for (const char* folder : {"repositories", "gists"}) mirror::sweep(directory / folder, 2);
            mirror::sweep(directory / "starred", 3);
        };
        if (!context.mirrors.options.dry_run) co_await context.mirrors.workers.run(std::move(clean));
        OwnerBackup backup(context, owner, std::move(directory), turn, run);
        co_await backup.run();
    }
}

}  // namespace autobackup::github_job
