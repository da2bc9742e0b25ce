// SPDX-License-Identifier: MIT
#include "daemon/checks/server_drill.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <utility>

#include "daemon/checks/books.hpp"
#include "daemon/checks/drill.hpp"
#include "daemon/checks/sweep.hpp"
#include "daemon/restore/catalogue.hpp"
#include "daemon/restore/places.hpp"
#include "daemon/runner/services.hpp"
#include "lib/async/run.hpp"
#include "lib/core/text.hpp"

namespace autobackup::checks {
namespace {

using Clock = std::chrono::steady_clock;

model::Stage stage_of(const char* name, const std::string& target, const std::optional<Failure>& error) {
    model::Stage stage;
    stage.stage = name;
    stage.target = target;
    stage.error = error;
    if (error) stage.outcome = model::StageOutcome::failed;
    return stage;
}

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// The first thing that is not as it was backed up; the words of the server stay apart.
std::optional<Failure> difference(const restore::OnServer& there, const std::string& id) {
    if (there.whole()) return std::nullopt;
    std::vector<Failure> all;
    for (const restore::ServerTask& task : there.tasks) {
        if (task.problem.empty()) continue;
        const std::string which = "task " + std::to_string(task.backup_id) + " \"" + one_line(task.name) + "\" is left out: ";
        all.push_back(fail(Errc::content_mismatch, "compare", id, which + (task.peer.empty() ? task.problem : "the server could not import it"), task.peer));
    }
    for (const std::string& one : there.differences) all.push_back(fail(Errc::content_mismatch, "compare", id, one));
    Failure first = all.front();
    if (all.size() > 1) first.message += " (and " + std::to_string(all.size() - 1) + " more)";
    return first;
}

// Whether every copy can be read to its end, now that no run goes on. On a worker.
bool readable(const restore::Request& request) {
    for (const restore::Prefer copy : restore::order_of(request)) {
        const zip::Output nowhere = [](std::span<const std::byte>) { return Result<void>(); };
        Result<restore::Content> content = restore::content_of(request, copy, true);
        if (!content || !restore::write(*content, nowhere, request.stop)) return false;
    }
    return true;
}

// However the drill ends, what it moved is counted.
struct Meter {
    const restore::Server& server;
    model::Run& run;
    Meter(const restore::Server& of, model::Run& into) : server(of), run(into) {}
    Meter(const Meter&) = delete;
    ~Meter() {
        runner::add_traffic(run, server.traffic());
        run.api_requests += server.traffic().requests;
    }
};

class ServerDrill {
public:
    ServerDrill(ServerDrillOrder order, model::Run& run) : order_(std::move(order)), run_(run) {}

    Awaitable<Result<void>> run();

private:
    Awaitable<void> drill_item(const restore::Snapshot& snapshot);
    Awaitable<void> try_item(const restore::Snapshot& snapshot, model::Item& item);
    Awaitable<bool> import_once(const restore::Snapshot& snapshot, model::Item& item);
    Awaitable<void> clean_up();
    Awaitable<void> clean_up_cancelled();
    void tell_removal(model::Item& item);
    void mend_removals();
    void judge(model::Item& item);
    void tell_end();
    // What earlier drills left, and perhaps another account made, keeps nobody from proving the backup. Without a name: our own list could not be written.
    bool is_own(const Left& one) const { return one.remnant.name.empty() || books_->is_mine(one.remnant); }
    Awaitable<std::optional<Failure>> full_disk();

    ServerDrillOrder order_;
    model::Run& run_;
    restore::Place place_;
    restore::Server* server_ = nullptr;
    Books* books_ = nullptr;
    Swept last_;                     ///< of the last sweep
    bool removed_ = false;           ///< something of the item in work was removed
    std::optional<Failure> stuck_;   ///< why nothing more may be imported
};

// True: another try may find the copies readable.
Awaitable<bool> ServerDrill::import_once(const restore::Snapshot& snapshot, model::Item& item) {
    const std::string& target = order_.place.access.name;
    async::Workers& workers = order_.shared.workers;
    const restore::Request request{place_, snapshot, std::nullopt, restore::Prefer::any, workers.stop_token()};
    restore::ToServer wish;
    wish.organization = order_.place.organization;
    wish.policy = order_.place.access.policy;
    wish.ledger = books_;
    std::vector<Failure> not_whole;
    std::string from;
    const auto begin = Clock::now();
    const Result<restore::OnServer> there = co_await restore::to_cvat(*server_, workers, request, std::move(wish), *books_, from, &not_whole);
    for (const Failure& one : not_whole) item.stages.push_back(stage_of("restore", "", one));
    std::optional<Failure> error;
    if (!there) error = there.error();
    model::Stage import = stage_of("import", target, error);
    import.duration_s = seconds_since(begin);
    if (there) import.bytes = there->bytes;
    item.stages.push_back(std::move(import));
    if (there) item.stages.push_back(stage_of("compare", target, difference(*there, snapshot.id)));
    if (there) item.warnings = there->warnings;
    co_return !not_whole.empty();
}

Awaitable<void> ServerDrill::try_item(const restore::Snapshot& snapshot, model::Item& item) {
    const bool doubtful = co_await import_once(snapshot, item);
    if (!doubtful) co_return;
    co_await clean_up();
    if (stuck_) co_return;
    bool whole = false;
    {
        // A run may have moved what was read: looked at again while none goes on, which may take a while.
        const Result<state::JobLock> lock = co_await runner::lock_job(order_.shared, order_.job.name, order_.planned);
        if (!lock) co_return;
        const restore::Request request{place_, snapshot, std::nullopt, restore::Prefer::any, order_.shared.workers.stop_token()};
        auto look = [&request] { return readable(request); };
        whole = co_await order_.shared.workers.run(std::move(look));
    }
    if (!whole) co_return;
    item.stages.clear();
    item.warnings.clear();
    co_await import_once(snapshot, item);
}

// Everything that drills have made there goes.
Awaitable<void> ServerDrill::clean_up() {
    const Result<void> closed = co_await books_->close();
    last_ = co_await sweep(server_->client(), order_.shared.workers, order_.remnants, order_.place.access.url);
    if (!closed) last_.left.push_back(Left{Remnant(), closed.error()});
    removed_ = removed_ || !last_.removed.empty();
    for (const std::string& one : last_.let_go) run_.warnings.push_back(one);
    stuck_.reset();
    for (const Remnant& one : last_.awaited) {
        if (!books_->is_mine(one)) continue;
        stuck_ = fail(Errc::timeout, "remove", words_of(one), "it is not there (yet), but the server may still be importing it");
        stuck_->hint = "the next drill looks for it again";
    }
    for (const Left& one : last_.left) {
        if (is_own(one)) stuck_ = one.why;
    }
}

Awaitable<void> ServerDrill::clean_up_cancelled() {
    order_.shared.progress.phase("removing what was made");
    const bool in_time = co_await async::with_deadline(farewell, clean_up());
    if (in_time) co_return;
    std::string what = "what the drill has made on " + order_.place.access.name;
    for (const Remnant& one : order_.remnants.all()) {
        if (books_->is_mine(one)) what = words_of(one);
    }
    stuck_ = fail(Errc::timeout, "remove", std::move(what), "it could not be removed within " + human_duration(farewell));
    stuck_->hint = "the next drill removes it";
}

void ServerDrill::tell_removal(model::Item& item) {
    if (stuck_ || removed_) item.stages.push_back(stage_of("remove", order_.place.access.name, stuck_));
}

// What could not be removed at first, and is gone now.
void ServerDrill::mend_removals() {
    if (stuck_) return;
    for (model::Item& item : run_.items) {
        const bool owed = !item.stages.empty() && item.stages.back().stage == "remove" && item.stages.back().outcome == model::StageOutcome::failed;
        if (owed) item.stages.push_back(stage_of("remove", order_.place.access.name, std::nullopt));
    }
}

// By its stages; a restore that failed, and each copy that could not be read, counts as damaged.
void ServerDrill::judge(model::Item& item) {
    bool copies = false, restored = true;
    model::CheckFacts& facts = *run_.check;
    ++facts.copies;
    for (const model::Stage& stage : item.stages) {
        const bool failed = stage.outcome == model::StageOutcome::failed;
        const bool copy = stage.stage == "restore";
        copies = copies || copy;
        facts.copies += copy ? 1 : 0;
        facts.damaged += copy ? 1 : 0;
        if (failed && (stage.stage == "import" || stage.stage == "compare")) restored = false;
    }
    facts.damaged += restored ? 0 : 1;
    item.outcome = !restored ? model::ItemOutcome::failed : copies ? model::ItemOutcome::partial : model::ItemOutcome::unchanged;
}

Awaitable<void> ServerDrill::drill_item(const restore::Snapshot& snapshot) {
    model::Item item = item_of(snapshot);
    order_.shared.progress.item(order_.job.name, snapshot.id);
    const auto begin = Clock::now();
    std::exception_ptr broken;
    if (stuck_) {
        co_await clean_up();
        mend_removals();
    }
    if (stuck_) {
        Failure failure = fail(Errc::busy, "import", snapshot.id, "it was not tried: what was imported before could not be removed from " + order_.place.access.name);
        failure.peer = stuck_->peer;
        model::fail_item(item, "import", failure);
    } else if (snapshot.restorable) {
        removed_ = false;
        try {
            co_await try_item(snapshot, item);
            co_await clean_up();
        } catch (...) {
            broken = std::current_exception();
        }
        // Here: a cancelled coroutine does not even begin to await another one.
        if (broken) co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
        if (broken) co_await clean_up_cancelled();
        tell_removal(item);
    } else {
        model::fail_item(item, "import", fail(Errc::unsupported, "restore", snapshot.id, "it cannot be given back: " + snapshot.reason));
    }
    if (!broken) judge(item);
    else item.outcome = model::ItemOutcome::failed;
    item.duration_s = seconds_since(begin);
    run_.items.push_back(std::move(item));
    if (broken) std::rethrow_exception(broken);
}

// A server whose disk is nearly full is not filled up by us.
Awaitable<std::optional<Failure>> ServerDrill::full_disk() {
    const Result<std::optional<std::string>> health = co_await server_->client().health();
    if (!health || !*health) co_return std::nullopt;
    const std::string words = **health;
    const bool disk = words.find("DiskUsage") != std::string::npos;
    if (!disk) run_.warnings.push_back(order_.place.access.name + " reports trouble of its own: " + one_line(words));
    if (!disk) co_return std::nullopt;
    co_return fail(Errc::server_error, "drill", order_.place.access.name, "the server says that its disk is nearly full: nothing is imported there", words);
}

// What stays there in the end is named.
void ServerDrill::tell_end() {
    for (const Left& one : last_.left) {
        if (is_own(one)) run_.errors.push_back(one.why);
        else run_.warnings.push_back("an earlier drill has left something: " + describe(one.why));
    }
    for (const Remnant& one : last_.awaited) {
        run_.warnings.push_back(words_of(one) + " may still come of an import that nobody saw end: the next drill looks for it");
    }
}

Awaitable<Result<void>> ServerDrill::run() {
    async::Workers& workers = order_.shared.workers;
    place_ = restore::place_of(order_.shared.config, order_.job);
    auto list = [this] { return restore::snapshots_of(place_); };
    const Result<std::vector<restore::Snapshot>> snapshots = co_await workers.run(std::move(list));
    if (!snapshots) co_return snapshots.error();
    const Result<std::unique_ptr<restore::Server>> server = co_await restore::Server::open(order_.place.access);
    if (!server) co_return server.error();
    server_ = server->get();
    const Meter meter(*server_, run_);
    const Result<void> member = co_await server_->check_organization(order_.place.organization);
    if (!member) co_return member.error();
    Books books(server_->client(), workers, order_.shared.progress, order_.remnants, order_.place, DrillName{order_.job.name, run_.run_id});
    books_ = &books;
    co_await clean_up();
    for (const std::string& one : last_.removed) run_.warnings.push_back("removed what an earlier drill left: " + one);
    const std::optional<Failure> full = co_await full_disk();
    if (full) run_.errors.push_back(*full);
    const std::map<vault::ItemId, const restore::Snapshot*> chosen = newest_of(*snapshots);
    for (const auto& [item, snapshot] : chosen) {
        if (!full) co_await drill_item(*snapshot);
    }
    if (stuck_) co_await clean_up();
    mend_removals();
    tell_end();
    server_->close();
    co_return Result<void>();
}

}  // namespace

Awaitable<Result<void>> drill_into_server(ServerDrillOrder order, model::Run& run) {
    ServerDrill drill(std::move(order), run);
    co_return co_await drill.run();
}

}  // namespace autobackup::checks
