// SPDX-License-Identifier: MIT
// What the tests of mirrors share: a source that the real git serves from a path, and one run of the engine.
#pragma once

#include <map>
#include <string>

#include "daemon/mirror/mirror.hpp"
#include "tests/support/run_coroutine.hpp"

namespace autobackup::mirror {

/// Mirrors `url` at `path` and gives the item.
inline model::Item mirror_once(const std::string& url, const std::filesystem::path& path, const model::Options& options = {}) {
    model::Item item;
    auto work = [&]() -> Awaitable<void> {
        async::Workers workers(2);
        const std::unique_ptr<report::Progress> progress = report::silent_progress();
        config::Limits limits;
        limits.reserve = 0;
        config::Retry retry;
        retry.attempts = 1;
        Context context{workers, *progress, limits, retry, "job", options};
        const std::unique_ptr<http::Client> client = http::make_client(http::ClientSettings()).value();
        async::Turnstile gate(2);
        Repository what;
        what.id = what.name = "a";
        what.path = path;
        what.large_pool = path.parent_path() / ".lfs" / "objects";
        what.source.url = url;
        what.client = client.get();
        what.gate = &gate;
        item = make_item(what);
        co_await mirror_repository(context, what, item);
        client->close_idle();
    };
    test::run_coroutine(work, Milliseconds(60'000));
    return item;
}

}  // namespace autobackup::mirror
