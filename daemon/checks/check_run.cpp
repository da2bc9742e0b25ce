// SPDX-License-Identifier: MIT
#include "daemon/checks/check_run.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <map>

#include "daemon/checks/drill_run.hpp"
#include "daemon/checks/missing.hpp"
#include "daemon/checks/spot.hpp"
#include "daemon/report/report.hpp"
#include "daemon/restore/places.hpp"
#include "daemon/state/store.hpp"
#include "lib/async/run.hpp"

namespace autobackup::checks {
namespace {

using Copies = Result<std::vector<restore::Checked>>;
using Lock = Result<state::JobLock>;

constexpr const char* spotted_key = "spotted";  // of the state: when each task or repository was asked for last

struct Session {
    runner::Shared& shared;
    const config::Job& job;
    Order order;
    Done& done;
    std::shared_ptr<state::Store> store{};
    bool held_something = false;  ///< the state knows of items that were saved
};

Awaitable<Result<void>> open_state(Session& session) {
    auto open = [&session]() -> Result<void> {
        Result<state::Opened> opened = state::open_sqlite(session.shared.config.storage / "state.sqlite");
        if (!opened) return opened.error();
        if (!opened->warning.empty()) session.done.run.warnings.push_back(opened->warning);
        session.store = std::move(opened->store);
        const Result<std::map<std::string, state::ItemState>> items = session.store->items(session.job.name);
        if (!items) return items.error();
        session.held_something = std::any_of(items->begin(), items->end(), [](const auto& one) { return !one.second.commit.empty(); });
        return session.order.planned ? session.store->begin_run(session.done.run) : Result<void>();
    };
    co_return co_await session.shared.workers.run(std::move(open));
}

// A vault that versions were saved in and that is gone is not a vault without faults.
void miss_vault(const Session& session, const restore::Place& place, std::vector<restore::Checked>& copies) {
    const bool versions = std::holds_alternative<config::CvatSource>(session.job.source);
    const auto is_vault = [](const restore::Checked& one) { return one.where == "vault"; };
    if (!versions || !session.held_something) return;
    if (const auto vault = std::find_if(copies.begin(), copies.end(), is_vault); vault != copies.end()) {
        if (vault->good() && vault->versions == 0) vault->problems.emplace_back("there is no version, though some were saved in it");
        return;
    }
    restore::Checked missing;
    missing.job = session.job.name;
    missing.where = "vault";
    missing.path = place.vault.string();
    missing.problems.emplace_back("there is no repository, though versions were saved in it");
    copies.insert(copies.begin(), std::move(missing));
}

Copies look(const Session& session, restore::Level level) {
    const restore::Place place = restore::place_of(session.shared.config, session.job);
    Copies copies = restore::verify(place, level, session.shared.workers.stop_token());
    if (copies) miss_vault(session, place, *copies);
    const Result<void> missed = copies ? miss_mirrors(session.shared.config, session.job, session.store.get(), *copies) : Result<void>();
    return missed ? std::move(copies) : Copies(missed.error());
}

// What a check that asks the source had nothing to ask for: it must not pass for good.
Copies look_for_lost(const Session& session, bool nothing_compared) {
    std::vector<restore::Checked> lost;
    const Result<void> missed = miss_mirrors(session.shared.config, session.job, session.store.get(), lost);
    if (!missed) return missed.error();
    if (!nothing_compared || !session.held_something) return lost;
    Copies copies = look(session, restore::Level::exists);
    if (!copies) return copies;
    std::erase_if(*copies, [](const restore::Checked& one) { return one.where != "vault" || one.good(); });
    std::move(copies->begin(), copies->end(), std::back_inserter(lost));
    return lost;
}

// Into manifests and state. The job's lock is held.
void remember(Session& session, const std::vector<restore::Checked>& copies, restore::Level level) {
    std::vector<std::string>& warnings = session.done.run.warnings;
    for (const std::string& problem : restore::record(copies, level, now())) warnings.push_back(problem);
    if (!session.store) return;
    const std::string& job = session.job.name;
    const Result<std::optional<std::string>> before = session.store->value(job, vault_mark_key);
    Result<void> saved = before ? Result<void>() : Result<void>(before.error());
    if (saved) {
        const std::string mark = restore::vault_mark(before->value_or(""), copies, level, session.done.run.started_at);
        if (!mark.empty()) saved = session.store->set_value(job, vault_mark_key, mark);
    }
    if (saved) saved = session.store->set_value(job, "verify", report::json_line(restore::verify_json(copies, restore::name(level), now())));
    if (!saved) warnings.push_back("the result is not in the state: " + describe(saved.error()));
}

// The same item of the run for all dated ZIPs of a project or task.
std::string item_name(const restore::Checked& copy) {
    if (copy.where == "archive") return copy.id.substr(0, copy.id.find('@'));
    return copy.where == "mirror" || copy.where == "source" ? copy.path : copy.where;
}

void add_damage(const restore::Checked& copy, model::Item& item) {
    model::Stage damaged;
    damaged.stage = "verify";
    damaged.outcome = model::StageOutcome::failed;
    damaged.target = copy.path;
    const std::size_t more = copy.problems.size() - 1;
    std::string message = copy.problems.front();
    if (more > 0) message += " (and " + std::to_string(more) + " more)";
    damaged.error = fail(Errc::content_mismatch, "verify", copy.path, std::move(message));
    const bool source = copy.where == "source";
    const bool repository = source && copy.id.starts_with("refs/");
    damaged.error->hint = "autobackupctl verify " + copy.job + (repository ? " --repair mends it" : " shows all of it");
    if (source && !repository) damaged.error->hint = "autobackupctl run " + copy.job + " --force saves it anew";
    item.stages.push_back(std::move(damaged));
}

void take(std::vector<restore::Checked> copies, Done& done) {
    struct Sum {
        std::uint64_t good = 0, bad = 0, bytes = 0;
        std::string tip{};  // of a source: what of it was fetched
    };
    std::map<std::string, Sum> sums;
    for (const restore::Checked& copy : copies) {
        const std::string name = item_name(copy);
        auto item = std::find_if(done.run.items.begin(), done.run.items.end(), [&](const model::Item& one) { return one.name == name; });
        if (item == done.run.items.end()) item = done.run.items.emplace(item);
        item->kind = copy.where;
        item->name = name;
        Sum& sum = sums[name];
        ++(copy.good() ? sum.good : sum.bad);
        sum.bytes += copy.bytes;
        if (copy.where == "source" && copy.good()) sum.tip = copy.id;
        if (!copy.good()) add_damage(copy, *item);
        ++done.run.check->copies;
        done.run.check->damaged += copy.good() ? 0 : 1;
    }
    for (model::Item& item : done.run.items) {
        const Sum& sum = sums[item.name];
        item.outcome = sum.bad == 0 ? model::ItemOutcome::unchanged : sum.good == 0 ? model::ItemOutcome::failed : model::ItemOutcome::partial;
        if (sum.good == 0) continue;
        model::Stage good;
        good.stage = "verify";
        good.target = sum.tip.empty() ? std::to_string(sum.good) + (sum.good == 1 ? " copy" : " copies") : sum.tip;
        good.bytes = sum.bytes;
        item.stages.push_back(std::move(good));
    }
    done.copies = std::move(copies);
}

Awaitable<void> check_copies(Session& session, restore::Level level) {
    session.shared.progress.item(session.job.name, "check");
    session.shared.progress.phase(std::string("checking, ") + restore::name(level));
    auto look_first = [&session, level] { return look(session, level); };
    Copies copies = co_await session.shared.workers.run(std::move(look_first));
    if (copies) {
        const Lock lock = co_await runner::lock_job(session.shared, session.job.name, session.order.planned);
        std::vector<std::string>& warnings = session.done.run.warnings;
        if (!lock) warnings.push_back("the result is not recorded: " + describe(lock.error()));
        if (!lock && restore::any_damaged(*copies)) warnings.emplace_back("what looks damaged may be what that run writes: verify again when it has ended");
        auto look_again = [&session, level, &copies] {
            if (restore::any_damaged(*copies)) copies = look(session, level);
            if (copies) remember(session, *copies, level);
        };
        if (lock) co_await session.shared.workers.run(std::move(look_again));
    }
    if (copies) take(std::move(*copies), session.done);
    else session.done.run.errors.push_back(copies.error());
}

std::map<std::string, std::string> asked_before(Session& session) {
    std::map<std::string, std::string> asked;
    if (!session.store) return asked;
    const Result<std::optional<std::string>> text = session.store->value(session.job.name, spotted_key);
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(text ? text->value_or("") : std::string(), error);
    if (error || !value.is_object()) return asked;  // then all are asked for as if they never were
    for (const auto& [name, time] : value.get_object()) {
        if (time.is_string()) asked.emplace(name, std::string(time.get_string()));
    }
    return asked;
}

Result<void> remember_asked(Session& session, const std::map<std::string, std::string>& asked) {
    boost::json::object object;
    for (const auto& [name, time] : asked) object[name] = time;
    return session.store ? session.store->set_value(session.job.name, spotted_key, boost::json::serialize(object)) : Result<void>();
}

Awaitable<Result<Spotted>> ask_source(Session& session, std::map<std::string, std::string> asked) {
    const bool versions = std::holds_alternative<config::CvatSource>(session.job.source);
    if (versions) return spot(session.shared, session.job, std::move(asked));
    return spot_mirrors(session.shared, session.job, std::move(asked), session.done.run.run_id, session.order.planned);
}

Awaitable<void> run_spot(Session& session) {
    session.shared.progress.item(session.job.name, "check");
    auto recall = [&session] { return asked_before(session); };
    std::map<std::string, std::string> asked = co_await session.shared.workers.run(std::move(recall));
    Result<Spotted> spotted = co_await ask_source(session, std::move(asked));
    if (!spotted) {
        session.done.run.errors.push_back(spotted.error());
        co_return;
    }
    for (const std::string& warning : spotted->warnings) session.done.run.warnings.push_back(warning);
    auto keep = [&session, &spotted] { return remember_asked(session, spotted->asked); };
    const Result<void> kept = co_await session.shared.workers.run(std::move(keep));
    if (!kept) session.done.run.warnings.push_back("what was asked for is not in the state: " + describe(kept.error()));
    auto look_around = [&session, &spotted] { return look_for_lost(session, spotted->copies.empty() && spotted->warnings.empty()); };
    Copies lost = co_await session.shared.workers.run(std::move(look_around));
    if (!lost) session.done.run.errors.push_back(lost.error());
    if (lost) std::move(lost->begin(), lost->end(), std::back_inserter(spotted->copies));
    if (spotted->failure) session.done.run.errors.push_back(*spotted->failure);
    take(std::move(spotted->copies), session.done);
}

Awaitable<void> work(Session& session) {
    if (session.order.kind == "spot") {
        co_await run_spot(session);
        co_return;
    }
    if (session.order.kind == "drill") {
        DrillRun drill{session.shared, session.job, session.order, session.store, session.held_something};
        co_await run_drill(std::move(drill), session.done.run);
        co_return;
    }
    const std::optional<restore::Level> level = restore::parse_level(session.order.kind);
    if (level) co_await check_copies(session, *level);
    else session.done.run.errors.push_back(fail(Errc::unsupported, "check", session.order.kind, "there is no such check"));
}

// A state that cannot be had keeps nobody from looking by hand.
Awaitable<void> open_and_work(Session& session) {
    const Result<void> opened = co_await open_state(session);
    if (!opened) session.store.reset();
    if (!opened && session.order.planned) {
        session.done.run.errors.push_back(opened.error());
        co_return;
    }
    if (!opened) session.done.run.warnings.push_back("the result will not be in the history: " + describe(opened.error()));
    co_await work(session);
}

// True: it was cancelled. What broke otherwise is an error of the run.
Awaitable<bool> work_to_the_end(Session& session) {
    std::string broken;
    try {
        co_await open_and_work(session);
    } catch (const boost::system::system_error& error) {
        if (error.code() == boost::asio::error::operation_aborted) co_return true;
        broken = error.what();
    } catch (const std::exception& error) {
        broken = error.what();
    }
    if (!broken.empty()) session.done.run.errors.push_back(fail(Errc::internal, "check", "job " + session.job.name, broken));
    co_return session.shared.workers.stop_token().stop_requested();
}

}  // namespace

Awaitable<Done> run_check(runner::Shared& shared, Order order) {
    Done done;
    model::Run& run = done.run;
    run.started_at = now();
    run.run_id = order.run_id.empty() ? model::new_run_id(run.started_at) : order.run_id;
    run.job = order.job;
    model::CheckFacts facts;
    facts.kind = order.kind;
    if (order.kind == "drill") facts.server = drill_server(shared.config.jobs.at(order.job), order);
    run.check = facts;
    run.trigger = order.trigger;
    run.attempt = order.attempt;
    Session session{shared, shared.config.jobs.at(order.job), order, done};
    const bool cancelled = co_await work_to_the_end(session);
    co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
    run.outcome = cancelled ? model::RunOutcome::cancelled : model::add_up(run);
    run.finished_at = now();
    auto write = [&session] { return session.store->finish_run(session.done.run, report::json_line(report::to_json(session.done.run))); };
    if (session.store) {
        const Result<void> written = co_await shared.workers.run(std::move(write));
        if (!written) shared.listener.warning("the check could not be written to the history: " + describe(written.error()));
    }
    shared.progress.clear();
    co_return done;
}

}  // namespace autobackup::checks
