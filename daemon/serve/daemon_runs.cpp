// SPDX-License-Identifier: MIT
// Daemon: a run from its start to its end.
#include <spdlog/spdlog.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "daemon/report/journal_entries.hpp"
#include "daemon/report/report.hpp"
#include "daemon/serve/clock.hpp"
#include "daemon/serve/daemon.hpp"
#include "daemon/serve/messages.hpp"

namespace autobackup::serve {
namespace {

namespace asio = boost::asio;

constexpr std::size_t reports_kept = 64;

std::string time_text(scheduler::Time time) { return rfc3339_seconds(std::chrono::time_point_cast<Instant::duration>(time)); }

struct NoteForm {
    const char* message_id;
    journal::Priority priority;
};

NoteForm form_of(scheduler::Note::Kind kind) {
    using Kind = scheduler::Note::Kind;
    using journal::Priority;
    switch (kind) {
        case Kind::clock_stepped: return {message_id::clock_stepped, Priority::warning};
        case Kind::caught_up: return {message_id::caught_up, Priority::notice};
        case Kind::missed: return {message_id::missed, Priority::warning};
        case Kind::overlap_skipped: return {message_id::overlap_skipped, Priority::warning};
        case Kind::merged: return {message_id::overlap_skipped, Priority::info};
        case Kind::waited_in_vain: return {message_id::waited_in_vain, Priority::error};
        case Kind::skipped: return {message_id::steered, Priority::notice};
        case Kind::retry_planned: return {message_id::retry_planned, Priority::warning};
        case Kind::gave_up: return {message_id::gave_up, Priority::error};
        case Kind::replanned: return {message_id::config_loaded, Priority::info};
        case Kind::pause_ended: return {message_id::steered, Priority::notice};
        case Kind::withdrawn: return {message_id::steered, Priority::notice};
        case Kind::crash_loop: return {message_id::crash_loop, Priority::critical};

    }
    return {message_id::missed, Priority::warning};
}

}  // namespace

void Daemon::tell_notes() {
    for (const scheduler::Note& note : scheduler_.notes()) tell_note(note, note.job);
}

void Daemon::tell_note(const scheduler::Note& note, const std::string& job) {
    const NoteForm form = form_of(note.kind);
    std::vector<std::pair<std::string, std::string>> fields;
    if (!job.empty()) fields.emplace_back("AUTOBACKUP_JOB", job);
    log(form.priority, form.message_id, scheduler::text(note), std::move(fields));
}

Awaitable<void> Daemon::save_memories(scheduler::Scheduler& of, std::vector<std::string> names) {
    std::vector<std::pair<std::string, std::string>> texts;
    for (const std::string& name : names) {
        if (const auto memory = of.memory(name)) texts.emplace_back(name, scheduler::to_text(*memory));
    }
    if (texts.empty()) co_return;
    auto save = [store = store_, texts = std::move(texts)]() -> Result<void> {
        for (const auto& [job, text] : texts) {
            const Result<void> saved = store->set_value(job, memory_key, text);
            if (!saved) return saved;
        }
        return {};
    };
    const Result<void> saved = co_await workers_.run(std::move(save));
    // The schedule goes on in memory; after a crash a due time might be run again, which costs nothing but time.
    if (!saved) spdlog::error("the schedule could not be saved: {}", describe(saved.error()));
}

void Daemon::begin(const scheduler::Start& start) {
    auto live = std::make_unique<LiveRun>();
    live->start = start;
    live->started_at = now();
    live->run_id = model::new_run_id(live->started_at);
    live->generation = generation_;
    LiveRun& run = *live;
    runner::RunListener listener;
    listener.item_done = [this, &run](const std::string& job, const model::Item& item) {
        model::Run of;
        of.job = job;
        of.run_id = run.run_id;
        of.attempt = run.start.attempt;
        settings_.journal->send(report::entry_of(of, item));
        for (const std::string& warning : item.warnings) spdlog::warn("{} {}: {}", job, item.name, warning);
        run.done.push_back(item);
    };
    listener.warning = [](const std::string& text) { spdlog::warn("{}", text); };
    listener.note = [](const std::string& text) { spdlog::info("{}", text); };
    run.shared = std::make_unique<runner::Shared>(runner::Shared{run.generation->config, settings_.environment, run.workers, run.progress,
                                                                 gates_, std::move(listener)});
    live_.emplace(start.ticket, std::move(live));
    std::vector<std::pair<std::string, std::string>> fields{{"AUTOBACKUP_JOB", start.job},
                                                            {"AUTOBACKUP_RUN_ID", run.run_id},
                                                            {"AUTOBACKUP_ATTEMPT", std::to_string(start.attempt)},
                                                            {"AUTOBACKUP_TRIGGER", std::string(scheduler::name(start.trigger))}};
    log(journal::Priority::info, message_id::run_started, start.job + "  run " + run.run_id + " begins (" + std::string(scheduler::name(start.trigger)) + ")",
        std::move(fields));
    telling_->run_started(start.job, run.run_id);
    auto over = [this, ticket = start.ticket](std::exception_ptr failure) {
        // Not destroyed here: the handler that runs just now is bound to its signal.
        auto last_look = [gone = std::move(live_.extract(ticket).mapped())] {};
        asio::post(bell_->get_executor(), std::move(last_look));
        kick();
        if (failure) std::rethrow_exception(failure);
    };
    asio::co_spawn(bell_->get_executor(), run_one(run), asio::bind_cancellation_slot(run.cancel.slot(), std::move(over)));
}

Awaitable<void> Daemon::run_one(LiveRun& live) {
    runner::RunOptions options;
    const auto asked = asked_.extract(live.start.ticket);
    if (!asked.empty()) options.item = asked.mapped();
    options.trigger = std::string(scheduler::name(live.start.trigger));
    options.attempt = live.start.attempt;
    options.run_id = live.run_id;
    // A check holds the job's lock for a moment, to write down what it found: no reason to refuse the run.
    options.wait = checks_.running() && checks_.live()->start.job == live.start.job;
    const std::string job = live.start.job;
    const model::Run run = co_await runner::run_job(*live.shared, job, std::move(options));
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    ended(live, run);
    co_await follow_state();
    co_await save_memories(scheduler_, scheduler_.changed());
}

void Daemon::ended(LiveRun& live, const model::Run& run) {
    const scheduler::Ticket ticket = live.start.ticket;
    if (stopping_ && run.outcome == model::RunOutcome::cancelled) {
        scheduler_.stopped(ticket, wall_clock());
    } else {
        scheduler::Ended how;
        how.outcome = run.outcome;
        how.transient = only_passing_failures(run);
        scheduler_.ended(ticket, how, wall_clock());
    }
    boost::json::object report = report::to_json(run);
    const JobFacts before = facts_[run.job];
    if (const auto last = last_run_of(report)) facts_[run.job].add(*last);
    telling_->run_ended(run, before, facts_[run.job]);
    finished_.emplace(ticket, std::move(report));
    if (finished_.size() > reports_kept) finished_.erase(finished_.begin());
    tell_run(run);
    tell_notes();
}

void Daemon::tell_run(const model::Run& run) {
    std::vector<journal::Entry> entries = report::entries_of(run);
    if (const auto view = scheduler_.view(run.job, wall_clock())) {
        if (view->next_start) entries.back().fields.emplace_back("AUTOBACKUP_NEXT_RUN", time_text(*view->next_start));
    }
    entries.back().fields.emplace_back("AUTOBACKUP_TRIGGER", run.trigger);
    for (const journal::Entry& entry : entries) settings_.journal->send(entry);
}

}  // namespace autobackup::serve
