// SPDX-License-Identifier: MIT
#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "daemon/checks/mirror_sources.hpp"
#include "daemon/checks/scratch.hpp"
#include "daemon/checks/source_compare.hpp"
#include "daemon/checks/spot.hpp"
#include "daemon/mirror/large.hpp"
#include "daemon/mirror/retries.hpp"
#include "lib/async/run.hpp"
#include "lib/core/stop.hpp"
#include "lib/core/text.hpp"

namespace autobackup::checks {
namespace {

namespace fs = std::filesystem;

// One repository that is asked, from its refs to what came of it.
class RepositorySpot {
public:
    RepositorySpot(runner::Shared& shared, MirrorSources& sources, const HeldSource& held, fs::path scratch, std::string word)
        : shared_(shared), sources_(sources), held_(held), scratch_(std::move(scratch)), word_(std::move(word) + " " + held.what.name) {
        checked.job = sources.context().job;
        checked.where = "source";
        checked.path = held.what.name;
    }

    Awaitable<void> run();
    /// Compares what came with what is held now; needs no network.
    void look();

    restore::Checked checked;
    std::vector<std::string> warnings;
    std::optional<Failure> failure;  // why nothing could be compared
    bool listed = false;

private:
    Awaitable<Result<void>> ask();
    Awaitable<Result<void>> fetch(remote::Remote& remote);
    Result<void> choose_tip();
    Result<void> take_in(const remote::FetchReport& report);
    Awaitable<void> fetch_large();
    void compare_all();
    void warn(const std::string& text) { warnings.push_back(one_line(held_.what.name) + ": " + text); }
    [[nodiscard]] fs::path came_path() const { return scratch_ / "came.git"; }

    runner::Shared& shared_;
    MirrorSources& sources_;
    const HeldSource& held_;
    fs::path scratch_;
    std::string word_;
    mirror::Repository what_;
    remote::Advertisement refs_;
    std::pair<std::string, git::Oid> tip_;  // no name: none was chosen
    bool without_files_ = false;
    bool came_ = false;
    std::vector<lfs::Pointer> pointers_;
    std::optional<lfs::Pointer> large_;  // came again
    std::uint64_t fetched_bytes_ = 0;
};

// A tip that both sides have; without its files where they are too many.
Result<void> RepositorySpot::choose_tip() {
    const Result<RefsCompared> compared = compare_refs(what_, refs_);
    if (!compared) return compared.error();
    const std::string moves = moves_in_words(*compared);
    if (!moves.empty()) warn("at the source " + moves + ": the next run brings it");
    if (compared->tips.empty()) return {};
    tip_ = compared->tips[chosen(word_, compared->tips.size())];
    const Result<git::Repository> mirror = git::Repository::open(what_.path);
    if (!mirror) return mirror.error();
    without_files_ = content_bytes(*mirror, tip_.second, most_fetched) > most_fetched;
    const auto fetch = refs_.capabilities.find("fetch");
    const bool filters = fetch != refs_.capabilities.end() && fetch->second.find("filter") != std::string::npos;
    if (without_files_ && !filters) {
        warn("the files of " + tip_.first + " have more than " + human_bytes(most_fetched) + ", and the server cannot leave them out: only the refs were compared");
        tip_.first.clear();
    }
    return {};
}

Result<void> RepositorySpot::take_in(const remote::FetchReport& report) {
    Result<git::Repository> came = git::Repository::open_or_init(came_path(), "main");
    if (!came) return came.error();
    mirror::PointerCollector collector;
    git::Fetched fetched;
    fetched.pack = scratch_ / "came.pack";
    fetched.shallow = report.shallow;
    fetched.promisor = report.filtered;
    fetched.small_blob = [&collector](const git::Oid& blob, std::string_view content) { collector.take(blob, content); };
    fetched.stop = stop_asked_by(shared_.workers.stop_token());
    const Result<void> adopted = came->adopt_pack(fetched, "origin", "");
    if (!adopted) return adopted;
    const Result<git::Repository::CheckReport> report_of = came->check(fetched.stop);
    if (!report_of) return report_of.error();
    if (!report_of->problems.empty()) return fail(Errc::bad_response, "fetch", what_.source.url, "what came is not whole: " + report_of->problems.front());
    for (const mirror::LargeFile& file : collector.found()) pointers_.push_back(file.object);
    came_ = true;
    return {};
}

Awaitable<Result<void>> RepositorySpot::fetch(remote::Remote& remote) {
    remote::FetchRequest request;
    request.wants.push_back(tip_.second);
    request.depth = 1;
    if (without_files_) request.filter = "blob:none";
    const Result<remote::FetchReport> report = co_await remote.fetch(std::move(request), scratch_ / "came.pack");
    if (!report) co_return report.error();
    fetched_bytes_ += report->pack_bytes;
    auto take = [this, &report] { return take_in(*report); };
    co_return co_await shared_.workers.run(std::move(take));
}

Awaitable<void> RepositorySpot::fetch_large() {
    auto choose = [this] { return choose_large(what_.path, pointers_, most_fetched, word_); };
    const Result<std::optional<lfs::Pointer>> object = co_await shared_.workers.run(std::move(choose));
    if (!object || !*object) co_return;
    std::vector<lfs::Pointer> objects(1, **object);
    lfs::Store into(scratch_ / "large");
    const Result<lfs::Gathered> gathered = co_await mirror::gather_large(sources_.context(), what_, std::move(objects), std::move(into));
    if (!gathered) co_return warn("a large file could not be asked for: " + describe(gathered.error()));
    if (!gathered->refused.empty()) co_return warn("the source does not give the large file " + (*object)->oid + ": " + describe(gathered->refused.front().second));
    fetched_bytes_ += gathered->moved.bytes;
    large_ = **object;
}

Awaitable<Result<void>> RepositorySpot::ask() {
    Result<mirror::Repository> reached = co_await sources_.reach(held_);
    if (!reached) co_return reached.error();
    what_ = std::move(*reached);
    async::Turnstile::Pass pass;
    if (what_.gate != nullptr) pass = co_await what_.gate->enter();
    const Result<std::unique_ptr<remote::Remote>> remote = remote::make_remote(*what_.client, shared_.workers, what_.source);
    if (!remote) co_return remote.error();
    auto list = [&remote] { return (*remote)->ls_refs(std::vector<std::string>()); };
    Result<remote::Advertisement> refs = co_await mirror::with_retries<remote::Advertisement>(sources_.context().retry, std::move(list));
    if (!refs) co_return refs.error();
    refs_ = std::move(*refs);
    listed = true;
    auto choose = [this] { return choose_tip(); };
    const Result<void> tip = co_await shared_.workers.run(std::move(choose));
    if (!tip || tip_.first.empty()) co_return Result<void>();  // a mirror that cannot be read is told by look()
    const Result<void> fetched = co_await fetch(**remote);
    pass.release();
    if (!fetched) warn(tip_.first + " could not be fetched anew: " + describe(fetched.error()));
    if (fetched && what_.lfs) co_await fetch_large();
    co_return Result<void>();
}

void RepositorySpot::compare_all() {
    const Result<RefsCompared> compared = compare_refs(what_, refs_);
    if (!compared) return checked.problems.push_back(describe(compared.error()));
    checked.versions = compared->same;
    checked.problems = compared->problems;
    if (!came_) return;
    const Result<git::Repository> mirror = git::Repository::open(what_.path), came = git::Repository::open(came_path());
    if (!mirror || !came) return checked.problems.push_back(describe(mirror ? came.error() : mirror.error()));
    std::uint64_t objects = 0;
    const Result<std::vector<std::string>> content = compare_content(*came, tip_.second, *mirror, shared_.workers.stop_token(), objects);
    if (!content) return checked.problems.push_back(describe(content.error()));
    checked.problems.insert(checked.problems.end(), content->begin(), content->end());
    if (!large_) return;
    const std::string large = compare_large(what_.path, *large_);
    if (!large.empty()) checked.problems.push_back(large);
}

void RepositorySpot::look() {
    checked.problems.clear();
    compare_all();
    checked.bytes = fetched_bytes_;
    if (came_) checked.id = tip_.first + "@" + tip_.second.hex();
}

Awaitable<void> RepositorySpot::run() {
    shared_.progress.phase("asking for " + held_.what.name);
    Result<void> asked;
    const bool in_time = co_await async::with_deadline(longest_spot, async::into(ask(), asked));
    if (!in_time && listed) warn("it was not all fetched within " + human_duration(longest_spot));
    if (!in_time && !listed) asked = fail(Errc::timeout, "ask", held_.what.name, "no answer within " + human_duration(longest_spot));
    if (!asked) failure = asked.error();
    if (!listed) co_return;
    auto compare = [this] { look(); };
    co_await shared_.workers.run(std::move(compare));
}

using Asked = std::map<std::string, std::string>;

std::vector<const HeldSource*> due(const std::vector<HeldSource>& all, const Asked& asked) {
    std::vector<const HeldSource*> found;
    for (const HeldSource& one : all) {
        if (one.not_asked.empty()) found.push_back(&one);
    }
    const auto at = [&asked](const HeldSource* one) {
        const auto known = asked.find(one->what.name);
        return known == asked.end() ? std::string() : known->second;
    };
    std::stable_sort(found.begin(), found.end(), [&](const HeldSource* a, const HeldSource* b) { return at(a) < at(b); });
    if (found.size() > spots) found.resize(spots);
    return found;
}

// What looks damaged may be what a run writes.
Awaitable<void> look_again(runner::Shared& shared, RepositorySpot& one, const std::string& job, bool wait, Spotted& spotted) {
    const Result<state::JobLock> lock = co_await runner::lock_job(shared, job, wait);
    auto again = [&one] { one.look(); };
    if (lock) co_await shared.workers.run(std::move(again));
    else spotted.warnings.push_back(one.checked.path + ": what looks damaged may be what a run writes: verify again when it has ended");
}

}  // namespace

Awaitable<Result<Spotted>> spot_mirrors(runner::Shared& shared, const config::Job& job, Asked asked, std::string word, bool wait) {
    auto make = [&] { return Scratch::make(shared.config.storage, "spot", job.name); };
    const Result<Scratch> scratch = co_await shared.workers.run(std::move(make));
    if (!scratch) co_return scratch.error();
    const Result<std::unique_ptr<MirrorSources>> sources = co_await MirrorSources::make(shared, job);
    if (!sources) co_return sources.error();
    Spotted spotted;
    for (const HeldSource& one : (*sources)->all()) {
        if (asked.contains(one.what.name)) spotted.asked[one.what.name] = asked[one.what.name];
    }
    std::optional<Failure> first;
    std::size_t number = 0;
    for (const HeldSource* held : due((*sources)->all(), asked)) {
        RepositorySpot one(shared, **sources, *held, scratch->path() / std::to_string(++number), word);
        auto place = [&] { return make_directories(scratch->path() / std::to_string(number), 0700); };
        const Result<void> made = co_await shared.workers.run(std::move(place));
        if (!made) co_return made.error();
        co_await one.run();
        if (shared.workers.stop_token().stop_requested()) co_return fail_cancelled("spot", "job " + job.name);
        if (one.listed && !one.checked.good()) co_await look_again(shared, one, job.name, wait, spotted);
        spotted.asked[held->what.name] = rfc3339_seconds(now());
        std::move(one.warnings.begin(), one.warnings.end(), std::back_inserter(spotted.warnings));
        if (one.listed) spotted.copies.push_back(std::move(one.checked));
        if (!one.failure) continue;
        const bool gone = one.failure->code == Errc::not_found;
        spotted.warnings.push_back(one_line(held->what.name) + (gone ? " is no longer at the source, its copy stays: " : " could not be asked for: ") + describe(*one.failure));
        // GitHub says "not found" of what a token may not see.
        if (!first || (!gone && first->code == Errc::not_found)) first = one.failure;
    }
    if (spotted.copies.empty()) spotted.failure = first;
    co_return spotted;
}

}  // namespace autobackup::checks
