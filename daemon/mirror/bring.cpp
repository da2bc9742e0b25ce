// SPDX-License-Identifier: MIT
// Objects, refs and large files of one mirror: from the order of a fetch to the moved refs.
#include <algorithm>
#include <set>

#include "daemon/mirror/mirroring.hpp"
#include "daemon/mirror/retries.hpp"
#include "lib/async/run.hpp"
#include "lib/core/file.hpp"
#include "lib/core/stop.hpp"
#include "lib/remote/whole_pack.hpp"

namespace autobackup::mirror {
namespace {

constexpr std::uint64_t worth_a_process = std::uint64_t{512} << 10;

}  // namespace

// Makes the place ready and finds out what is to be asked for.
Result<Mirroring::Order> Mirroring::prepare_now() {
    Order order;
    const Result<void> room = check_room(what_.path, context_.limits.reserve);
    if (!room && !plan_.moves.empty()) return room.error();
    if (local_.exists) {
        order.place = what_.path;
    } else {
        const Result<void> folder = make_directories(what_.path.parent_path());
        if (!folder) return folder.error();
        Result<fs::path> place = begin_clone(what_, wanted_.head);
        if (!place) return place.error();
        order.place = std::move(*place);
    }
    Result<git::Repository> repository = git::Repository::open_or_init(order.place, "main");
    if (!repository) return repository.error();
    const Result<void> folder = make_directories(own_folder(order.place));
    if (!folder) return folder.error();
    fs::path left_over = fetched_pack(order.place);
    remove_quietly(left_over);
    remove_quietly(left_over += ".idx");
    std::error_code ignored;
    fs::remove_all(own_folder(order.place) / "repair", ignored);  // of a repair that was killed
    const Result<void> configured = repository->configure({{"remote.origin.url", plain_url(what_.source.url)}});
    if (!configured) return configured.error();
    if (!what_.lfs && local_.large_known && !plan_.moves.empty()) {
        const Result<void> forgotten = forget_large(order.place);
        if (!forgotten) return forgotten.error();
    }
    Result<std::vector<Oid>> wanted = wants_of(*repository);
    if (!wanted) return wanted.error();
    order.wants = std::move(*wanted);
    if (!broken_) order.haves = haves(local_, plan_);
    return order;
}

Result<std::vector<Oid>> Mirroring::wants_of(const git::Repository& repository) {
    if (local_.exists && context_.options.force) broken_ = !repository.missing_objects(tips(local_), {});
    if (broken_) {
        Plan everything;
        for (const auto& [name, oid] : wanted_.refs) {
            Move move;
            move.after = oid;
            everything.moves.push_back(std::move(move));
        }
        return wants(everything, wanted_, [](const Oid&) { return false; });
    }
    // What is here without being in the history of a ref is left over from a run that was killed, or from somebody else's git: it may lack
    // others, and nobody has looked for large files in it.
    const std::vector<Oid> named = named_here(plan_, local_, wanted_);
    std::vector<Oid> known;
    return wants(plan_, wanted_, [&](const Oid& oid) {
        if (std::binary_search(named.begin(), named.end(), oid)) return true;
        if (!local_.exists || !repository.has(oid)) return false;
        if (known.empty()) known = tips(local_);
        const Result<std::vector<Oid>> beyond = repository.missing_objects({oid}, known);
        return beyond && beyond->empty();
    });
}

Awaitable<Result<void>> Mirroring::fetch(const Order& order) {
    context_.progress.phase("fetching " + what_.name);
    remote::FetchRequest request;
    request.wants = order.wants;
    request.haves = order.haves;
    for (attempts_ = 1;; ++attempts_) {
        Result<remote::FetchReport> report = fail(Errc::internal, "fetch from", what_.source.object, "not asked");
        {
            async::Turnstile::Pass pass;
            if (what_.gate != nullptr) pass = co_await what_.gate->enter();
            report = co_await remote_->fetch(request, fetched_pack(order.place));
        }
        if (report) {
            fetched_bytes_ += report->pack_bytes;
            co_return Result<void>();
        }
        const std::optional<Milliseconds> pause = pause_after(report.error(), attempts_, context_.retry);
        if (!pause || report.error().code == Errc::remote_moved) co_return report.error();
        co_await async::sleep_for(*pause);
    }
}

// A pack that leans on nothing is indexed by git itself, which uses every processor. Nothing: it could not be, or is so small that starting a
// program costs more; then it is done in this process.
Awaitable<Result<fs::path>> Mirroring::index(const Order& order) {
    if (fetched_bytes_ < worth_a_process) co_return fail(Errc::unsupported, "index", what_.name, "the pack is small");
    if (!order.haves.empty()) co_return fail(Errc::unsupported, "index", what_.name, "the pack is thin");
    context_.progress.phase("indexing " + what_.name);
    co_return co_await remote::index_whole_pack(fetched_pack(order.place), order.place, fetched_bytes_);
}

Awaitable<Result<void>> Mirroring::take_in(const Order& order, fs::path index) {
    const auto begin = Clock::now();
    auto work = [this, &order, &index] {
        Result<void> done = take_in_now(order, index);
        if (!done) remove_quietly(fetched_pack(order.place));
        return done;
    };
    const Result<void> done = co_await context_.workers.run(std::move(work));
    if (done && (!plan_.nothing() || context_.options.force)) add_stage("update", begin, std::nullopt, std::nullopt);
    co_return done;
}

Result<void> Mirroring::take_in_now(const Order& order, const fs::path& index) {
    Result<git::Repository> repository = git::Repository::open(order.place);
    if (!repository) return repository.error();
    PointerCollector pointers;
    if (!order.wants.empty()) {
        git::Fetched fetched;
        fetched.pack = fetched_pack(order.place);
        fetched.index = index;
        fetched.closed = index.empty() && !repository->partial();  // else git has looked itself
        fetched.stop = stop_asked_by(context_.workers.stop_token());
        if (what_.lfs) fetched.small_blob = [&pointers](const Oid& blob, std::string_view content) { pointers.take(blob, content); };
        const Result<void> adopted = repository->adopt_pack(fetched, "origin", plain_url(what_.source.url));
        if (!adopted) return adopted;
    }
    Result<void> done = what_.lfs ? note_large(order.place, pointers) : Result<void>();
    begin_step("update");
    if (done) done = apply(*repository, what_, local_, wanted_, plan_);
    if (!done) return done;
    const Result<std::optional<Oid>> tip = repository->resolve("HEAD");
    if (!tip) return tip.error();
    head_after_ = *tip;
    if (local_.exists) return {};
    done = end_clone(what_);
    if (done) item_.repository->cloned = true;
    return done;
}

// What the pack wants is written down before a ref says that it is here.
Result<void> Mirroring::note_large(const fs::path& place, const PointerCollector& pointers) const {
    if (local_.exists && !local_.large_known) return {};  // all of the history is looked at, later
    const lfs::Store own = large_store(place);
    const Result<std::optional<std::vector<LargeFile>>> before = read_large(place);
    if (!before) return before.error();
    std::vector<LargeFile> wanted = before->value_or(std::vector<LargeFile>());
    const std::set<LargeFile> known(wanted.begin(), wanted.end());
    for (const LargeFile& file : pointers.found()) {
        if (!known.contains(file) && !own.has(file.object)) wanted.push_back(file);
    }
    if (before->has_value() && wanted.size() == known.size()) return {};
    return write_large(place, wanted);
}

// What is to be looked for: the list, or all pointers of the history where there is none.
Result<std::vector<LargeFile>> Mirroring::large_list() {
    Result<std::optional<std::vector<LargeFile>>> listed = read_large(what_.path);
    if (!listed) return listed.error();
    if (listed->has_value() && !context_.options.force) return std::move(**listed);
    const Result<git::Repository> repository = git::Repository::open(what_.path);
    if (!repository) return repository.error();
    PointerCollector pointers;
    const Result<void> looked = repository->small_blobs([&pointers](const Oid& blob, std::string_view content) { pointers.take(blob, content); });
    if (!looked) return looked.error();
    std::vector<LargeFile> wanted(pointers.found().begin(), pointers.found().end());
    const Result<void> written = write_large(what_.path, wanted);
    if (!written) return written.error();
    return wanted;
}

Awaitable<void> Mirroring::large() {
    const auto begin = Clock::now();
    begin_step("lfs");
    auto read = [this] { return large_list(); };
    Result<std::vector<LargeFile>> wanted = co_await context_.workers.run(std::move(read));
    LargeOutcome outcome;
    if (!wanted) {
        outcome.failure = wanted.error();
    } else if (!wanted->empty()) {
        context_.progress.phase("large files of " + what_.name);
        outcome = co_await fetch_large(context_, what_, *wanted);
        auto write = [this, &outcome, &wanted]() -> Result<void> {
            if (outcome.missing.size() == wanted->size() && !context_.options.force) return {};
            return write_large(what_.path, outcome.missing);
        };
        const Result<void> written = co_await context_.workers.run(std::move(write));
        if (!written) outcome.failure = written.error();
    } else {
        co_return;
    }
    item_.bytes += outcome.bytes;
    item_.warnings.insert(item_.warnings.end(), outcome.warnings.begin(), outcome.warnings.end());
    if (outcome.failure || !outcome.missing.empty()) {
        if (!outcome.failure) outcome.failure = fail(Errc::not_found, "fetch", "large files of " + what_.name, "some are missing");
        model::fail_item(item_, "lfs", *outcome.failure);
        item_.outcome = model::ItemOutcome::partial;
        co_return;
    }
    if (outcome.objects > 0) item_.outcome = model::ItemOutcome::saved;
    add_stage("lfs", begin, outcome.bytes, std::nullopt);
}

}  // namespace autobackup::mirror
