// SPDX-License-Identifier: MIT
// push_parts_helper VAULT TARGET LARGEST: pushes a vault's branch to a repository at a path, no more than LARGEST bytes at once.
// Exit 0 when the branch stands there.
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "daemon/vault/target.hpp"
#include "tests/support/run_coroutine.hpp"

#if defined(__SANITIZE_ADDRESS__)
/// LeakSanitizer cannot work in a program that is traced.
extern "C" const char* __asan_default_options() {
    return "detect_leaks=0";
}
#endif

using namespace autobackup;

int main(int count, char** words) {
    if (count != 4) return 2;
    std::signal(SIGPIPE, SIG_IGN);
    auto work = [words]() -> Awaitable<Result<vault::PushOutcome>> {
        async::Workers workers(2);
        const std::unique_ptr<http::Client> client = http::make_client(http::ClientSettings()).value();
        vault::Vault vault(workers, words[1], "main");
        remote::Settings at;
        at.url = words[2];
        vault::TargetSettings settings;
        settings.url = at.url;
        settings.branch = "main";
        settings.spool = fs::path(words[1]).parent_path() / "spool";
        settings.attempts = 1;
        settings.largest_push = std::strtoull(words[3], nullptr, 10);
        vault::Target target(vault, remote::make_remote(*client, workers, std::move(at)).value(), std::move(settings));
        Result<vault::PushOutcome> outcome = co_await target.push();
        co_return outcome;
    };
    const Result<vault::PushOutcome> outcome = test::run_coroutine(work, Milliseconds(60'000));
    if (!outcome) std::fprintf(stderr, "%s\n", describe(outcome.error()).c_str());
    if (outcome && !outcome->warning.empty()) std::fprintf(stderr, "warning: %s\n", outcome->warning.c_str());
    return outcome && outcome->warning.empty() ? 0 : 1;
}
