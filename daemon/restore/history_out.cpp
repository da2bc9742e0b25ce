// SPDX-License-Identifier: MIT
#include "daemon/restore/history_out.hpp"

#include <algorithm>
#include <map>

#include "daemon/restore/out_file.hpp"
#include "daemon/vault/carry.hpp"
#include "daemon/vault/history.hpp"
#include "daemon/vault/large_files.hpp"
#include "daemon/vault/push_plan.hpp"
#include "lib/core/stop.hpp"
#include "lib/git/bundle.hpp"
#include "lib/remote/pack_source.hpp"
#include "lib/remote/part_refs.hpp"

namespace autobackup::restore {
namespace {

Result<void> need_whole(const git::Repository& repository, const git::Oid& tip) {
    const Result<bool> whole = vault::whole_since(repository, tip, std::nullopt);
    if (!whole) return whole.error();
    if (*whole) return {};
    Failure failure = fail(Errc::repository_invalid, "read", repository.path().string(), "it does not hold the whole history: it is a partial or shallow clone");
    failure.hint = "fetch the history from the target that it came from";
    return failure;
}

// What a push has to send, found out on a worker.
struct Plan {
    std::vector<vault::PushStep> steps;
    std::vector<lfs::Pointer> large;
};

Result<Plan> plan(const Place& place, const git::Oid& tip, const std::string& ref, const std::optional<git::Oid>& theirs, const std::string& url,
                  std::uint64_t largest) {
    Result<git::Repository> repository = git::Repository::open_any(place.vault);
    if (!repository) return repository.error();
    Plan plan;
    if (theirs) {
        const Result<bool> inside = vault::is_ancestor(*repository, *theirs, tip);
        if (!inside) return inside.error();
        if (!*inside) {
            Failure failure = fail(Errc::remote_moved, "push", url, ref + " holds commits that this history does not hold; nothing is overwritten");
            failure.hint = "choose another branch: --ref NAME";
            failure.transient = false;
            return failure;
        }
    } else if (const Result<void> whole = need_whole(*repository, tip); !whole) {
        return whole.error();
    }
    Result<std::vector<lfs::Pointer>> large = vault::large_files_between(*repository, tip, theirs);
    if (!large) return large.error();
    plan.large = std::move(*large);
    Result<std::vector<vault::PushStep>> steps = vault::plan_push(*repository, ref, tip, theirs, largest);
    if (!steps) return steps.error();
    plan.steps = std::move(*steps);
    return plan;
}


Awaitable<Result<std::uint64_t>> send(const Place& place, const vault::PushStep& step, const remote::PartRefs& parts, remote::Remote& remote,
                                      const std::string& url, async::Workers& workers) {
    const Result<std::shared_ptr<remote::PackSource>> source = co_await remote::make_pack_source(workers, place.vault, step.objects);
    if (!source) co_return source.error();
    remote::RefUpdate update;
    update.name = step.ref;
    if (step.from) update.old_oid = *step.from;
    if (const auto other = parts.find(step.ref); other != parts.end()) update.old_oid = other->second;
    update.new_oid = step.target;
    std::vector<remote::RefUpdate> updates;
    updates.push_back(std::move(update));
    const Result<remote::PushReport> report = co_await remote.push(std::move(updates), *source);
    if (!report) co_return report.error();
    if (report->accepted()) co_return (*source)->size().value_or(0);
    std::string words = report->unpack == "ok" ? std::string() : report->unpack;
    for (const remote::RefVerdict& verdict : report->verdicts) words += (words.empty() ? "" : "; ") + verdict.reason;
    co_return fail(Errc::push_rejected, "push", url, "the server refused " + step.ref, words + "\n" + report->peer_words);
}

}  // namespace

Result<HistoryGiven> to_bundle(const Place& place, const git::Oid& tip, const std::string& ref, const fs::path& file, bool force,
                               const std::stop_token& stop) {
    const Result<fs::path> out = bundle_file(file, force);
    if (!out) return out.error();
    const Result<git::Repository> repository = git::Repository::open_any(place.vault);
    if (!repository) return repository.error();
    const Result<void> whole = need_whole(*repository, tip);
    if (!whole) return whole.error();
    const Result<std::vector<lfs::Pointer>> large = vault::large_files_between(*repository, tip, std::nullopt);
    if (!large) return large.error();
    git::BundleRefs refs;
    refs.emplace_back(ref, tip);
    const Result<git::BundleInfo> written = git::write_bundle(*repository, refs, *out, stop_asked_by(stop));
    if (!written) return written.error();
    HistoryGiven given;
    given.tip = tip;
    given.ref = ref;
    given.objects = written->objects.size();
    given.bytes = written->bytes;
    given.large_files = large->size();
    return given;
}

Awaitable<Result<HistoryGiven>> push_history(Place place, git::Oid tip, std::string ref, std::string url, remote::Remote& remote,
                                             lfs::Remote& large, async::Workers& workers, std::uint64_t largest) {
    const Result<remote::Advertisement> listed = co_await remote.list_for_push();
    if (!listed) co_return listed.error();
    std::optional<git::Oid> theirs;
    if (const remote::Ref* found = listed->find(ref)) theirs = found->oid;
    HistoryGiven given;
    given.tip = tip;
    given.ref = ref;
    given.changed = theirs != tip;
    if (!given.changed) co_return given;
    remote::PartRefs parts = remote::part_refs(*listed);
    auto look = [&] { return plan(place, tip, ref, theirs, url, largest); };
    const Result<Plan> planned = co_await workers.run(std::move(look));
    if (!planned) co_return planned.error();
    if (!planned->large.empty()) {
        const Result<lfs::Moved> moved = co_await large.upload(planned->large);
        if (!moved) co_return moved.error();
        given.large_files = planned->large.size();
    }
    std::erase_if(parts, [&](const auto& part) {  // others may be of a push that goes on elsewhere
        return std::none_of(planned->steps.begin(), planned->steps.end(), [&](const vault::PushStep& step) { return step.ref == part.first; });
    });
    for (const vault::PushStep& step : planned->steps) {
        const auto there = parts.find(step.ref);
        if (step.is_part() && there != parts.end() && there->second == step.target) continue;  // of a restore that was interrupted
        const Result<std::uint64_t> sent = co_await send(place, step, parts, remote, url, workers);
        if (!sent) co_return sent.error();
        if (step.is_part()) parts[step.ref] = step.target;
        given.bytes += *sent;
        given.objects += step.objects.size();
    }
    const Result<void> proved = co_await remote::verify_ref(remote, ref, tip, 4);
    if (!proved) co_return proved.error();
    given.warning = co_await remote::remove_part_refs(std::move(parts), remote, url, "they can go");
    co_return given;
}

}  // namespace autobackup::restore
