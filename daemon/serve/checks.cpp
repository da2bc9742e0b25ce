// SPDX-License-Identifier: MIT
#include "daemon/serve/checks.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "daemon/checks/check_run.hpp"
#include "daemon/checks/scratch.hpp"
#include "daemon/report/journal_entries.hpp"
#include "daemon/report/report.hpp"
#include "daemon/serve/clock.hpp"
#include "daemon/serve/daemon.hpp"
#include "daemon/serve/messages.hpp"

namespace autobackup::serve {
namespace {

namespace asio = boost::asio;

scheduler::Options one_at_a_time() {
    scheduler::Options options;
    options.runs = 1;
    return options;
}

}  // namespace

Result<std::vector<scheduler::JobPlan>> check_plans(const config::Config& config, const std::string& host) {
    std::vector<scheduler::JobPlan> plans;
    for (const auto& [name, job] : config.jobs) {
        for (const auto& [kind, schedule] : job.checks) {
            config::Job planned = job;
            planned.name = model::history_name(name, kind);
            planned.schedule = schedule;
            planned.after.clear();
            planned.catch_up = config::CatchUp::latest;
            planned.overlap = config::Overlap::skip;
            Result<scheduler::JobPlan> plan = scheduler::plan_of(planned, host);
            if (!plan) return plan.error();
            plans.push_back(std::move(*plan));
        }
    }
    return plans;
}

Checks::Checks(Daemon& daemon) : daemon_(daemon), scheduler_(one_at_a_time()) {}

std::vector<std::string> Checks::names_of(const std::string& job) const {
    std::vector<std::string> names;
    const auto& jobs = daemon_.generation_->config.jobs;
    const auto found = jobs.find(job);
    if (found == jobs.end()) return names;
    for (const auto& [kind, schedule] : found->second.checks) names.push_back(model::history_name(job, kind));
    return names;
}

Awaitable<Result<Checks::Remembered>> Checks::look_up(const std::vector<scheduler::JobPlan>& plans) {
    std::vector<std::string> unknown;
    for (const scheduler::JobPlan& plan : plans) {
        if (!known_.contains(plan.name)) unknown.push_back(plan.name);
    }
    auto look = [store = daemon_.store_, unknown]() -> Result<Remembered> {
        Remembered remembered;
        for (const std::string& name : unknown) {
            const Result<std::optional<std::string>> text = store->value(name, memory_key);
            if (!text) return text.error();
            // One that cannot be read is planned anew.
            Result<scheduler::Memory> memory = scheduler::parse_memory(text->value_or(""));
            if (memory) remembered.memories.emplace(name, std::move(*memory));
            Result<std::vector<std::string>> reports = store->history(name, check_reports_kept);
            if (!reports) return reports.error();
            remembered.reports.emplace(name, std::move(*reports));
        }
        return remembered;
    };
    co_return co_await daemon_.workers_.run(std::move(look));
}

void Checks::adopt(std::vector<scheduler::JobPlan> plans, const Remembered& remembered) {
    for (const auto& [name, reports] : remembered.reports) known_[name] = known_from(reports);
    scheduler_.configure(std::move(plans), remembered.memories, wall_clock());
    for (const auto& [job, one] : daemon_.generation_->config.jobs) {
        const auto view = daemon_.scheduler_.view(job, wall_clock());
        if (view && view->pause) pause(job, view->pause->until, view->pause->by);
    }
}

Awaitable<void> Checks::resume_interrupted() {
    auto sweep = [storage = daemon_.generation_->config.storage] { checks::sweep_scratch(storage); };
    co_await daemon_.workers_.run(std::move(sweep));
    for (const std::string& name : scheduler_.jobs()) {
        auto mark = [store = daemon_.store_, name] { return store->mark_interrupted(name); };
        const Result<std::vector<std::string>> runs = co_await daemon_.workers_.run(std::move(mark));
        if (runs && !runs->empty()) scheduler_.interrupted(name, wall_clock());
    }
}

Awaitable<void> Checks::save_all() { co_await daemon_.save_memories(scheduler_, scheduler_.jobs()); }

void Checks::tell_notes() {
    for (const scheduler::Note& note : scheduler_.notes()) {
        const bool of_run = note.kind == scheduler::Note::Kind::gave_up || note.kind == scheduler::Note::Kind::clock_stepped;
        if (!of_run) daemon_.tell_note(note, model::parse_history_name(note.job).job);  // that a check failed is told as such
    }
}

Awaitable<void> Checks::tick() {
    const std::vector<scheduler::Start> starts = scheduler_.tick(wall_clock(), steady_clock());
    tell_notes();
    co_await daemon_.save_memories(scheduler_, scheduler_.changed());
    for (const scheduler::Start& start : starts) begin(start);
}

void Checks::begin(const scheduler::Start& start) {
    live_ = std::make_unique<LiveRun>();
    LiveRun& live = *live_;
    live.start = start;
    const model::HistoryName name = model::parse_history_name(start.job);
    live.start.job = name.job;
    live.check = name.check.value_or(std::string());
    live.started_at = now();
    live.run_id = model::new_run_id(live.started_at);
    live.generation = daemon_.generation_;
    runner::RunListener listener;
    listener.item_done = [](const std::string&, const model::Item&) {};
    listener.warning = [](const std::string& text) { spdlog::warn("{}", text); };
    listener.note = [](const std::string& text) { spdlog::info("{}", text); };
    live.shared = std::make_unique<runner::Shared>(runner::Shared{live.generation->config, daemon_.settings_.environment, live.workers, live.progress,
                                                                  daemon_.gates_, std::move(listener)});
    spdlog::info("{}  check {} begins, run {}", live.start.job, live.check, live.run_id);
    auto over = [this](std::exception_ptr failure) {
        // Not destroyed here: the handler that runs just now is bound to its signal.
        auto last_look = [gone = std::move(live_)] {};
        asio::post(daemon_.bell_->get_executor(), std::move(last_look));
        daemon_.kick();
        if (failure) std::rethrow_exception(failure);
    };
    asio::co_spawn(daemon_.bell_->get_executor(), run_one(live), asio::bind_cancellation_slot(live.cancel.slot(), std::move(over)));
}

Awaitable<void> Checks::run_one(LiveRun& live) {
    checks::Order order;
    order.job = live.start.job;
    order.kind = live.check;
    order.trigger = std::string(scheduler::name(live.start.trigger));
    order.attempt = live.start.attempt;
    order.run_id = live.run_id;
    order.planned = true;
    const checks::Done done = co_await checks::run_check(*live.shared, std::move(order));
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    if (daemon_.stopping_ && done.run.outcome == model::RunOutcome::cancelled) {
        scheduler_.stopped(live.start.ticket, wall_clock());
    } else {
        scheduler::Ended how;
        how.outcome = done.run.outcome;
        how.transient = only_passing_failures(done.run);
        scheduler_.ended(live.start.ticket, how, wall_clock());
    }
    ended(done.run);
    co_await daemon_.follow_state();
    co_await daemon_.save_memories(scheduler_, scheduler_.changed());
}

void Checks::ended(const model::Run& run) {
    const boost::json::object report = report::to_json(run);
    Known& known = known_[model::history_name(run)];
    const JobFacts before = known.facts;
    if (const auto last = last_run_of(report)) known.facts.add(*last);
    if (run.check->copies > 0 || run.outcome == model::RunOutcome::unchanged) known.last = run.check;
    daemon_.telling_->check_ended(run, before, known.facts);
    for (const std::string& warning : run.warnings) spdlog::warn("{}: {}", run.job, warning);
    for (journal::Entry& entry : report::entries_of(run)) {
        entry.fields.emplace_back("AUTOBACKUP_TRIGGER", run.trigger);
        daemon_.settings_.journal->send(entry);
    }
    tell_notes();
}

void Checks::pause(const std::string& job, std::optional<scheduler::Time> until, const std::string& by) {
    for (const std::string& name : names_of(job)) scheduler_.pause(name, until, by, wall_clock());
}

void Checks::resume(const std::string& job) {
    for (const std::string& name : names_of(job)) scheduler_.resume(name, wall_clock());
}

std::optional<std::string> Checks::cancel(const std::string& word) {
    if (live_ == nullptr || word.size() < 4 || !live_->run_id.starts_with(word)) return std::nullopt;
    live_->stop();
    return live_->start.job;
}

void Checks::stop() {
    if (live_ != nullptr) live_->stop();
}

}  // namespace autobackup::serve
