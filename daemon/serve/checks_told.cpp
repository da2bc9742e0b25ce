// SPDX-License-Identifier: MIT
// Checks: what is known of them, and told.
#include "daemon/control/reading.hpp"
#include "daemon/serve/checks.hpp"
#include "daemon/serve/clock.hpp"
#include "daemon/serve/daemon.hpp"

namespace autobackup::serve {
namespace {

std::optional<model::CheckFacts> found_by(const std::string& report) {
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(report, error);
    const boost::json::value* const check = !error && value.is_object() ? value.get_object().if_contains("check") : nullptr;
    if (check == nullptr || !check->is_object()) return std::nullopt;
    const answers::Reading reading(*check);
    model::CheckFacts facts;
    facts.kind = reading.text("kind");
    facts.copies = reading.count("copies").value_or(0);
    facts.damaged = reading.count("damaged").value_or(0);
    facts.server = reading.text("server");
    return facts;
}

// Where the last drill went, else where the next one will go.
std::string drill_server(const config::Job& job, const std::string& check, const std::optional<model::CheckFacts>& last) {
    if (check != "drill") return {};
    return last ? last->server : job.drill_server;
}

// As much of a run as a notice tells, from what is known of it.
model::Run head_of(const std::string& job, const std::string& kind, const answers::LastRun& last, std::optional<model::CheckFacts> found) {
    using model::RunOutcome;
    model::Run run;
    run.run_id = last.run_id;
    run.job = job;
    run.check = found.value_or(model::CheckFacts());
    run.check->kind = kind;
    run.outcome = RunOutcome::failed;
    for (const RunOutcome one : {RunOutcome::success, RunOutcome::unchanged, RunOutcome::partial, RunOutcome::cancelled, RunOutcome::refused}) {
        if (last.outcome == model::name(one)) run.outcome = one;
    }
    run.started_at = last.started_at;
    run.finished_at = last.finished_at;
    if (!last.error.empty()) run.errors.push_back(fail(Errc::content_mismatch, "check", "job " + job, last.error));
    return run;
}

}  // namespace

Checks::Known Checks::known_from(const std::vector<std::string>& reports) const {
    Known known;
    known.facts = facts_of(reports);
    for (const std::string& report : reports) {  // newest first; one that was cut off found nothing out
        const std::optional<model::CheckFacts> facts = found_by(report);
        if (facts && facts->copies > 0) known.last = facts;
        if (known.last) break;
    }
    return known;
}

Awaitable<void> Checks::recall(std::string job) {
    for (const std::string& name : names_of(job)) {
        auto look = [store = daemon_.store_, name] { return store->history(name, check_reports_kept); };
        const Result<std::vector<std::string>> reports = co_await daemon_.workers_.run(std::move(look));
        if (!reports) co_return;
        const JobFacts before = known_[name].facts;
        known_[name] = known_from(*reports);
        const JobFacts& now_known = known_[name].facts;
        const bool news = now_known.last && (!before.last || before.last->run_id != now_known.last->run_id);
        if (news) daemon_.telling_->check_ended(head_of(job, model::parse_history_name(name).check.value_or(std::string()), *now_known.last, known_[name].last), before, now_known);
    }
    daemon_.telling_->changed();
}

std::vector<answers::CheckStatus> Checks::status(const std::string& job, std::size_t count) {
    std::vector<answers::CheckStatus> all;
    const auto& jobs = daemon_.generation_->config.jobs;
    for (const std::string& name : names_of(job)) {
        answers::CheckStatus status;
        status.check = model::parse_history_name(name).check.value_or(std::string());
        status.schedule = jobs.at(job).checks.at(status.check);
        if (const auto view = scheduler_.view(name, wall_clock(), count)) {
            for (const scheduler::Time due : view->next) status.next.push_back(instant_of(due));
        }
        const Known& known = known_[name];
        status.last = known.facts.last;
        status.last_success = known.facts.last_success;
        status.failures = known.facts.failures;
        if (known.last) status.copies = known.last->copies;
        if (known.last) status.damaged = known.last->damaged;
        status.server = drill_server(jobs.at(job), status.check, known.last);
        all.push_back(std::move(status));
    }
    return all;
}

Milliseconds Checks::longest_standstill() { return live_ == nullptr ? Milliseconds(0) : live_->workers.longest_standstill(); }

void Checks::complete(metrics::Snapshot& snapshot) {
    for (const auto& [job, one] : daemon_.generation_->config.jobs) {
        for (const std::string& name : names_of(job)) {
            const Known& known = known_[name];
            metrics::CheckFacts facts;
            facts.job = job;
            facts.check = model::parse_history_name(name).check.value_or(std::string());
            if (known.facts.last) facts.last_run_at = known.facts.last->finished_at;
            facts.last_success_at = known.facts.last_success;
            facts.failures_in_a_row = known.facts.failures;
            if (known.last) facts.copies = known.last->copies;
            if (known.last) facts.damaged = known.last->damaged;
            facts.server = drill_server(one, facts.check, known.last);
            if (const auto view = scheduler_.view(name, wall_clock())) facts.expected_interval = view->expected_interval;
            snapshot.checks.push_back(std::move(facts));
        }
    }
}

}  // namespace autobackup::serve
