// SPDX-License-Identifier: MIT
#include "daemon/checks/supplies.hpp"

#include <algorithm>
#include <set>

#include "daemon/checks/room.hpp"
#include "daemon/mirror/bundle_shelf.hpp"
#include "daemon/mirror/plan.hpp"
#include "daemon/mirror/retries.hpp"
#include "lib/async/run.hpp"
#include "lib/core/file.hpp"
#include "lib/core/stop.hpp"
#include "lib/git/bundle.hpp"
#include "lib/remote/ssh_address.hpp"
#include "lib/remote/whole_pack.hpp"

namespace autobackup::checks {
namespace {

namespace fs = std::filesystem;

// Where a supply is asked for by git's own protocol.
struct Peer {
    remote::Settings access;
    http::Client* client = nullptr;
    async::Turnstile* gate = nullptr;
    std::string words;
    std::optional<config::MirrorCopy> copy{};  ///< nothing: it is the source
    mirror::PullRefs pull_refs = mirror::PullRefs::all;  ///< of the source: which of them the mirror follows
    std::string default_branch{};
};

class Fetching {
public:
    Fetching(runner::Shared& shared, const config::Retry& retry, fs::path room) : shared_(shared), retry_(retry), room_(std::move(room)) {}

    Awaitable<Result<Supply>> from_peer(Peer peer);
    Awaitable<Result<Supply>> from_bundles(std::vector<fs::path> bundles);

private:
    Result<void> begin(std::uint64_t bytes);
    static void take_refs(const Peer& peer, remote::Advertisement listed, Supply& supply);
    Awaitable<Result<void>> take(std::uint64_t bytes);
    [[nodiscard]] fs::path pack() const { return room_ / "supply.pack"; }
    [[nodiscard]] fs::path repository() const { return room_ / "supply.git"; }

    runner::Shared& shared_;
    config::Retry retry_;
    fs::path room_;
};

// `bytes`: of the pack that will come, where that is known.
Result<void> Fetching::begin(std::uint64_t bytes) {
    std::error_code error;
    fs::remove_all(repository(), error);
    remove_quietly(pack());
    const Result<void> room = need_room(room_, bytes, shared_.config.limits.reserve, "fetch into", room_.string());
    if (!room) return room;
    const Result<git::Repository> made = git::Repository::open_or_init(repository(), "main");
    return made ? Result<void>() : Result<void>(made.error());
}

// Indexing hashes every object, and proves that nothing that one of them names is missing.
Awaitable<Result<void>> Fetching::take(std::uint64_t bytes) {
    Result<fs::path> index = co_await remote::index_whole_pack(pack(), repository(), bytes);
    auto adopt = [this, &index]() -> Result<void> {
        Result<git::Repository> made = git::Repository::open(repository());
        if (!made) return made.error();
        git::Fetched fetched;
        fetched.pack = pack();
        if (index) fetched.index = *index;
        fetched.closed = !index;
        fetched.stop = stop_asked_by(shared_.workers.stop_token());
        return made->adopt_pack(fetched, "origin", "");
    };
    co_return co_await shared_.workers.run(std::move(adopt));
}

// Of the source what the mirror follows, with HEAD as a run would set it; of a copy everything.
void Fetching::take_refs(const Peer& peer, remote::Advertisement listed, Supply& supply) {
    if (!peer.copy) {
        mirror::Wanted wanted = mirror::wanted_refs(std::move(listed), peer.pull_refs, peer.default_branch, mirror::Head());
        for (auto& [name, oid] : wanted.refs) supply.known.refs.emplace(std::move(name), oid);
        supply.known.pulls = true;
        if (!wanted.head.branch.empty()) supply.head = "ref: " + wanted.head.branch;
        else if (wanted.head.detached) supply.head = wanted.head.detached->hex();
        return;
    }
    RefMap refs;
    for (const remote::Ref& ref : listed.refs) {
        if (ref.name == "HEAD" && !ref.symref_target.empty()) supply.head = "ref: " + ref.symref_target;
        if (git::is_ref_name(ref.name)) refs.emplace(ref.name, ref.oid);
    }
    supply.known = known_of(*peer.copy, std::move(refs));
}

Awaitable<Result<Supply>> Fetching::from_peer(Peer peer) {
    Supply supply{peer.words, repository(), {}, {}, !peer.copy};
    auto prepare = [this] { return begin(0); };
    const Result<void> prepared = co_await shared_.workers.run(std::move(prepare));
    if (!prepared) co_return prepared.error();
    async::Turnstile::Pass pass;
    if (peer.gate != nullptr) pass = co_await peer.gate->enter();
    const Result<std::unique_ptr<remote::Remote>> remote = remote::make_remote(*peer.client, shared_.workers, peer.access);
    if (!remote) co_return remote.error();
    auto list = [&remote] { return (*remote)->ls_refs(std::vector<std::string>()); };
    Result<remote::Advertisement> listed = co_await mirror::with_retries<remote::Advertisement>(retry_, std::move(list));
    if (!listed) co_return listed.error();
    take_refs(peer, std::move(*listed), supply);
    std::set<git::Oid> tips;
    for (const auto& [name, oid] : supply.known.refs) tips.insert(oid);
    if (const std::optional<git::Oid> detached = git::Oid::parse(supply.head)) tips.insert(*detached);
    if (tips.empty()) co_return fail(Errc::not_found, "fetch from", peer.words, "the repository has no refs");
    remote::FetchRequest request;
    request.wants.assign(tips.begin(), tips.end());
    auto fetch = [this, &remote, &request] { return (*remote)->fetch(request, pack()); };
    const Result<remote::FetchReport> report = co_await mirror::with_retries<remote::FetchReport>(retry_, std::move(fetch));
    pass.release();
    if (!report) co_return report.error();
    const Result<void> taken = co_await take(report->pack_bytes);
    if (!taken) co_return taken.error();
    co_return supply;
}

// The newest that is whole.
Awaitable<Result<Supply>> Fetching::from_bundles(std::vector<fs::path> bundles) {
    Failure why = fail(Errc::not_found, "find", "bundle", "there is none");
    for (const fs::path& file : bundles) {
        Supply supply{"the bundle " + file.string(), repository(), {}, {}, false};
        const std::uint64_t bytes = bytes_of(file);
        auto unpack = [this, &file, bytes]() -> Result<git::BundleRefs> {
            const Result<void> begun = begin(bytes);
            if (!begun) return begun.error();
            return git::unpack_bundle(file, pack(), stop_asked_by(shared_.workers.stop_token()));
        };
        const Result<git::BundleRefs> refs = co_await shared_.workers.run(std::move(unpack));
        Result<void> taken;
        if (refs) taken = co_await take(bytes);
        if (refs && taken) {
            for (const auto& [name, oid] : *refs) {
                if (git::is_ref_name(name)) supply.known.refs.emplace(name, oid);
            }
            supply.known.kept = supply.known.pulls = true;
            co_return supply;
        }
        why = refs ? taken.error() : refs.error();
        if (why.code == Errc::cancelled) break;
    }
    co_return why;
}

Awaitable<Result<Supply>> within(Milliseconds limit, std::string words, Awaitable<Result<Supply>> work) {
    Result<Supply> supply = fail(Errc::timeout, "fetch from", words, "not finished within the job's timeout");
    (void)co_await async::with_deadline(limit, async::into(std::move(work), supply));
    co_return supply;
}

Awaitable<Result<Supply>> from_source(runner::Shared& shared, MirrorSources& sources, const HeldSource& held, fs::path room) {
    const Result<mirror::Repository> reached = co_await sources.reach(held);
    if (!reached) co_return reached.error();
    Peer peer{reached->source, reached->client, reached->gate, "its source", std::nullopt, reached->pull_refs, reached->default_branch};
    Fetching fetching(shared, sources.context().retry, std::move(room));
    co_return co_await fetching.from_peer(std::move(peer));
}

Awaitable<Result<Supply>> from_copy(runner::Shared& shared, MirrorSources& sources, mirror::CopyPlace& place, std::string url, fs::path room) {
    Peer peer{place.access, place.client.get(), place.gate, "the copy at " + remote::without_user(url), place.settings};
    peer.access.url = url;
    peer.access.object = remote::without_user(url);
    Fetching fetching(shared, sources.context().retry, std::move(room));
    co_return co_await fetching.from_peer(std::move(peer));
}

Awaitable<Result<Supply>> from_bundle(runner::Shared& shared, MirrorSources& sources, std::string name, fs::path room) {
    auto find = [&sources, name] { return mirror::bundles_of(*sources.outlets().bundles, name); };
    std::vector<fs::path> bundles = co_await shared.workers.run(std::move(find));
    Fetching fetching(shared, sources.context().retry, std::move(room));
    co_return co_await fetching.from_bundles(std::move(bundles));
}

}  // namespace

KnownRefs known_of(const config::MirrorCopy& settings, RefMap refs) {
    KnownRefs known;
    known.refs = std::move(refs);
    known.kept = settings.kept;
    known.pulls = mirror::takes_pulls(settings);
    return known;
}

std::vector<SupplyWay> ways_of(runner::Shared& shared, MirrorSources& sources, const HeldSource& held, const fs::path& room) {
    std::vector<SupplyWay> ways;
    const Milliseconds limit = sources.timeout();
    if (held.not_asked.empty()) {
        ways.push_back({"its source", [&shared, &sources, &held, room, limit] { return within(limit, "its source", from_source(shared, sources, held, room)); }});
    }
    for (mirror::CopyPlace& place : sources.outlets().copies) {
        const std::string url = mirror::copy_url(held.what, place.settings);
        ways.push_back({"the copy at " + remote::without_user(url),
                        [&shared, &sources, &place, url, room, limit] { return within(limit, remote::without_user(url), from_copy(shared, sources, place, url, room)); }});
    }
    if (sources.outlets().bundles) {
        ways.push_back({"its bundles", [&shared, &sources, name = held.what.name, room, limit] { return within(limit, "its bundles", from_bundle(shared, sources, name, room)); }});
    }
    return ways;
}

}  // namespace autobackup::checks
