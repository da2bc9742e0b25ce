// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "lib/async/turnstile.hpp"
#include "lib/async/workers.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::vault {

/// A job's bare repository, reached from the loop: one piece of work at a time, each on a worker. Loop thread.
class Vault {
public:
    /// Opened (made when missing) by the first use.
    Vault(async::Workers& workers, std::filesystem::path path, std::string branch);

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] const std::string& branch() const noexcept { return branch_; }
    [[nodiscard]] std::string branch_ref() const { return git::branch_ref(branch_); }
    [[nodiscard]] async::Workers& workers() const noexcept { return workers_; }

    /// Waits for the vault to be free, opens it if needed and runs `work(repository)` on a worker. `work` returns a Result and must be a
    /// named object moved in.
    template <class Work>
    Awaitable<std::invoke_result_t<Work&, git::Repository&>> with(Work work) {
        using Value = std::invoke_result_t<Work&, git::Repository&>;
        const async::Turnstile::Pass pass = co_await turnstile_.enter();
        auto task = [this, &work]() -> Value {
            const Result<void> opened = open();
            if (!opened) return opened.error();
            return work(*repository_);
        };
        co_return co_await workers_.run(std::move(task));
    }

    /// Holds the vault for several steps (a push that reads packs): nobody else writes meanwhile.
    Awaitable<async::Turnstile::Pass> hold() { return turnstile_.enter(); }
    /// As with(), for the holder of hold().
    template <class Work>
    Awaitable<std::invoke_result_t<Work&, git::Repository&>> held(Work work) {
        using Value = std::invoke_result_t<Work&, git::Repository&>;
        auto task = [this, &work]() -> Value {
            const Result<void> opened = open();
            if (!opened) return opened.error();
            return work(*repository_);
        };
        co_return co_await workers_.run(std::move(task));
    }

private:
    Result<void> open();
    async::Workers& workers_;
    async::Turnstile turnstile_{1};
    std::filesystem::path path_;
    std::string branch_;
    std::unique_ptr<git::Repository> repository_;
};

}  // namespace autobackup::vault
