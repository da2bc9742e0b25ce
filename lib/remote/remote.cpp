// SPDX-License-Identifier: MIT
#include "lib/remote/remote.hpp"

#include <algorithm>

#include "lib/async/run.hpp"
#include "lib/core/text.hpp"
#include "lib/remote/kinds.hpp"
#include "lib/remote/local_url.hpp"

namespace autobackup::remote {
namespace {

Result<std::unique_ptr<Remote>> make_ssh_remote(async::Workers& workers, Settings settings) {
    Result<SshAddress> address = parse_ssh_address(settings.url);
    // The text is not repeated: it may hold a password.
    if (!address) return told_as(address.error(), "use", "the git URL");
    std::unique_ptr<Route> route = make_ssh_route(workers, settings, std::move(*address));
    settings.ssh.key = Secret();  // it is the route's now
    return make_child_remote(workers, std::move(settings), std::move(route));
}

}  // namespace

const Ref* Advertisement::find(std::string_view name) const noexcept {
    const auto by_name = [](const Ref& ref, std::string_view wanted) { return ref.name < wanted; };
    const auto found = std::lower_bound(refs.begin(), refs.end(), name, by_name);
    return found != refs.end() && found->name == name ? &*found : nullptr;
}

bool PushReport::accepted() const noexcept {
    const auto ok = [](const RefVerdict& verdict) { return verdict.ok; };
    return unpack == "ok" && !verdicts.empty() && std::all_of(verdicts.begin(), verdicts.end(), ok);
}

Failure told_as(Failure failure, std::string operation, std::string object, std::string words) {
    failure.operation = std::move(operation);
    failure.object = std::move(object);
    if (failure.peer.empty()) failure.peer = cut_peer_words(words);
    return failure;
}

bool is_http_url(std::string_view url) {
    const std::string lower = to_lower(url.substr(0, 8));
    return lower.starts_with("http://") || lower.starts_with("https://");
}

Result<std::unique_ptr<Remote>> make_remote(http::Client& client, async::Workers& workers,
                                            Settings settings) {
    if (settings.object.empty()) settings.object = without_user(settings.url);
    if (is_ssh_url(settings.url)) return make_ssh_remote(workers, std::move(settings));
    if (std::optional<std::string> path = local_path(settings.url)) {
        if (path->find('\0') != std::string::npos) {
            return fail(Errc::config_invalid, "use", settings.object, "the path holds a NUL");
        }
        std::unique_ptr<Route> route = make_path_route(workers, std::move(*path));
        return make_child_remote(workers, std::move(settings), std::move(route));
    }
    if (!is_http_url(settings.url)) {
        return fail(Errc::config_invalid, "use", settings.object,
                    "not an http, https, ssh or file URL of a git repository");
    }
    Result<http::Url> base = http::Url::parse(settings.url);
    if (!base) return told_as(base.error(), "use", base.error().object);
    return make_http_remote(client, workers, std::move(settings), std::move(*base));
}

Awaitable<Result<void>> verify_ref(Remote& remote, std::string ref, Oid expected, int attempts) {
    const std::vector<std::string> prefixes(1, ref);
    Failure last = fail(Errc::push_unverified, "verify", ref, "it was not asked for");
    for (int attempt = 1; attempt <= attempts; ++attempt) {
        const Milliseconds pause(attempt > 1 ? 500 << std::min(attempt - 2, 5) : 0);
        co_await async::sleep_for(pause);
        const Result<Advertisement> refs = co_await remote.ls_refs(prefixes);
        if (!refs) {
            last = refs.error();
            if (!last.transient) co_return last;
            continue;
        }
        const Ref* found = refs->find(ref);
        if (found != nullptr && found->oid == expected) co_return Result<void>();
        const std::string where = found == nullptr ? "it is not there" : "it stands at " + found->oid.hex();
        last = fail(Errc::push_unverified, "verify", ref, where + ", not at " + expected.hex());
    }
    co_return last;
}

}  // namespace autobackup::remote
