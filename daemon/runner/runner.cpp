// SPDX-License-Identifier: MIT
#include "daemon/runner/runner.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include "daemon/report/report.hpp"
#include "daemon/runner/services.hpp"
#include "daemon/runner/spool.hpp"
#include "daemon/runner/work.hpp"
#include "daemon/state/reserve_file.hpp"
#include "lib/async/run.hpp"
#include "lib/core/file.hpp"
#include "lib/core/text.hpp"
#include "lib/remote/run_folder.hpp"

namespace autobackup::runner {
namespace {

// One run from the moment that its job is locked.
struct Session {
    Shared& shared;
    const config::Job& job;
    RunOptions options;
    model::Run& run;
    std::unique_ptr<state::Store> store{};
    std::unique_ptr<Work> work{};
    bool refused = false;  // by RunOptions::refuse
};

Awaitable<Result<void>> open_state(Session& session) {
    const std::filesystem::path storage = session.shared.config.storage;
    auto open = [&session, storage]() -> Result<void> {
        Result<state::Opened> opened = state::open_sqlite(storage / "state.sqlite");
        if (!opened) return opened.error();
        state::keep_reserve(storage);
        if (!opened->warning.empty()) session.run.warnings.push_back(opened->warning);
        session.store = std::move(opened->store);
        if (session.options.refuse) {
            const std::optional<Failure> refused = session.options.refuse(*session.store, session.job.name);
            session.refused = refused.has_value();
            if (refused) return *refused;
        }
        const Result<std::vector<std::string>> interrupted = session.store->mark_interrupted(session.job.name);
        if (!interrupted) return interrupted.error();
        const Result<std::vector<state::PendingExport>> pending = session.store->exports(session.job.name);
        if (!pending) return pending.error();
        clean_spool(storage / "spool" / session.job.name, *pending);
        clean_archives(storage / "archives" / session.job.name);
        remote::sweep_run_folders(ssh_directory(session.shared));
        const Result<void> made = make_directories(storage / "spool" / session.job.name, 0700);
        if (!made) return made;
        // Durable before the first remote call: a crash is then seen as an interrupted run.
        return session.store->begin_run(session.run);
    };
    co_return co_await session.shared.workers.run(std::move(open));
}

Awaitable<void> work(Session& session) {
    const WorkOrder order{session.shared, session.job, session.options.item, *session.store};
    Result<std::unique_ptr<Work>> made = co_await make_work(order);
    if (!made) {
        session.run.errors.push_back(made.error());
        co_return;
    }
    session.work = std::move(*made);
    co_await session.work->run(session.run);
}

void end_early(model::Run& run, Failure why) {
    model::close_unfinished(run, why);
    run.errors.push_back(std::move(why));
}

// Runs work() to its end, its time limit or its cancellation; true: it was cancelled.
Awaitable<bool> work_within_limits(Session& session) {
    const std::string name = "job " + session.job.name;
    std::string broken;
    try {
        const bool in_time = co_await async::with_deadline(session.job.timeout, work(session));
        if (!in_time) {
            end_early(session.run, fail(Errc::timeout, "run", name, "not finished within its timeout of " + human_duration(session.job.timeout)));
        }
    } catch (const boost::system::system_error& error) {
        if (error.code() == boost::asio::error::operation_aborted) {
            model::close_unfinished(session.run, fail_cancelled("run", name));
            co_return true;
        }
        broken = error.what();
    } catch (const std::exception& error) {
        broken = error.what();
    }
    if (!broken.empty()) end_early(session.run, fail(Errc::internal, "run", name, broken));
    co_return false;
}

Awaitable<void> finish(Session& session, bool cancelled) {
    model::Run& run = session.run;
    if (session.work) {
        session.work->account(run);
        session.work->close();
    }
    run.outcome = cancelled ? model::RunOutcome::cancelled : session.refused ? model::RunOutcome::refused : model::add_up(run);
    if (session.store) co_await session.shared.workers.drain_serial();
    run.finished_at = now();
    if (!session.store) co_return;
    auto write = [&session] { return session.store->finish_run(session.run, report::json_line(report::to_json(session.run))); };
    const Result<void> written = co_await session.shared.workers.run(std::move(write));
    if (!written) session.shared.listener.warning("the run could not be written to the history: " + describe(written.error()));
}

Awaitable<void> run_locked(Session& session) {
    bool cancelled = false;
    try {
        const Result<void> opened = co_await open_state(session);
        if (!opened) {
            session.run.errors.push_back(opened.error());
            session.store.reset();
        } else {
            cancelled = co_await work_within_limits(session);
        }
    } catch (const boost::system::system_error& error) {
        // While the state was opened: the next co_await throws.
        if (error.code() != boost::asio::error::operation_aborted) throw;
        cancelled = true;
    }
    // What follows is short and must not be torn by the owner's wish to stop.
    co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
    co_await finish(session, cancelled);
    if (session.work && !cancelled && !session.options.item.dry_run) co_await session.work->keep_up();
}

}  // namespace

Awaitable<Result<state::JobLock>> lock_job(Shared& shared, std::string name, bool wait) {
    for (;;) {
        auto acquire = [&shared, name] { return state::JobLock::acquire(shared.config.storage, name); };
        Result<state::JobLock> held = co_await shared.workers.run(std::move(acquire));
        if (held || held.error().code != Errc::busy || !wait) co_return held;
        shared.progress.phase("waiting for job " + name + ": " + held.error().message);
        co_await async::sleep_for(Milliseconds(500));
    }
}

Awaitable<model::Run> run_job(Shared& shared, std::string name, RunOptions options) {
    const config::Job& job = shared.config.jobs.at(name);
    model::Run run;
    run.started_at = now();
    run.run_id = options.run_id.empty() ? model::new_run_id(run.started_at) : options.run_id;
    run.job = name;
    run.trigger = options.trigger;
    run.attempt = options.attempt;
    run.outcome = model::RunOutcome::cancelled;
    run.finished_at = run.started_at;
    Result<state::JobLock> lock = fail(Errc::cancelled, "lock", "job " + name, "stopped while waiting");
    try {
        lock = co_await lock_job(shared, name, options.wait);
    } catch (const boost::system::system_error&) {
        co_return run;
    }
    if (!lock) {
        run.outcome = lock.error().code == Errc::busy ? model::RunOutcome::refused : model::RunOutcome::failed;
        run.errors.push_back(lock.error());
        run.finished_at = now();
        co_return run;
    }
    Session session{shared, job, std::move(options), run};
    co_await run_locked(session);
    shared.progress.clear();
    co_return run;
}

}  // namespace autobackup::runner
