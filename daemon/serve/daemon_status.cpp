// SPDX-License-Identifier: MIT
// Daemon: what it tells of itself.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>

#include "daemon/serve/clock.hpp"
#include "daemon/serve/daemon.hpp"
#include "daemon/serve/messages.hpp"
#include "lib/core/file.hpp"
#include "lib/core/text.hpp"
#include "lib/systemd/manager.hpp"

namespace autobackup::serve {
namespace {

// A worker that has used no processor time for so long hangs: a disk or a mount that does not answer. The longest
// fsync of a healthy machine is far below.
constexpr std::chrono::minutes workers_may_stand{15};

answers::JobState state_of(const scheduler::View& view, bool scheduled) {
    switch (view.state) {
        case scheduler::State::idle: return scheduled ? answers::JobState::waiting : answers::JobState::manual;
        case scheduler::State::waiting: return answers::JobState::blocked;
        case scheduler::State::retrying: return answers::JobState::retrying;
        case scheduler::State::queued: return answers::JobState::queued;
        case scheduler::State::running: return answers::JobState::running;
        case scheduler::State::paused: return answers::JobState::paused;
        case scheduler::State::disabled: return answers::JobState::disabled;
    }
    return answers::JobState::waiting;
}

std::string in_words(scheduler::Time time) {
    const auto left = std::max(time - wall_clock(), Milliseconds(0));
    return human_duration(std::chrono::round<std::chrono::minutes>(left) >= std::chrono::minutes(2)
                              ? Milliseconds(std::chrono::round<std::chrono::minutes>(left))
                              : Milliseconds(std::chrono::round<std::chrono::seconds>(left)));
}

}  // namespace

answers::JobStatus Daemon::job_status(const config::Job& job, std::size_t count) {
    answers::JobStatus status;
    status.job = job.name;
    if (std::holds_alternative<config::MirrorSource>(job.source)) status.kind = answers::JobKind::mirror;
    status.enabled = job.enabled;
    status.schedule = job.schedule;
    status.time_zone = job.time_zone;
    if (const auto view = scheduler_.view(job.name, wall_clock(), count)) {
        status.state = state_of(*view, view->expected_interval.has_value() || !view->next.empty());
        status.paused = view->pause.has_value();
        if (view->pause && view->pause->until) status.paused_until = instant_of(*view->pause->until);
        status.skip_next = view->skip.has_value();
        for (const scheduler::Time due : view->next) status.next.push_back(instant_of(due));
        if (const auto live = live_.find(view->ticket); live != live_.end()) status.running = live->second->running();
    }
    const JobFacts& facts = facts_[job.name];
    status.last = facts.last;
    status.last_success = facts.last_success;
    status.failures = facts.failures;
    status.checks = checks_.status(job.name, count);
    return status;
}

std::vector<answers::JobStatus> Daemon::all_jobs(std::size_t count) {
    std::vector<answers::JobStatus> jobs;
    for (const auto& [name, job] : generation_->config.jobs) jobs.push_back(job_status(job, count));
    return jobs;
}

answers::DaemonStatus Daemon::daemon_status() const {
    answers::DaemonStatus status;
    status.version = settings_.version + " (" + settings_.commit + ")";
    status.pid = ::getpid();
    status.since = since_;
    status.config = settings_.config_path;
    status.loaded_at = generation_->loaded_at;
    status.reload_error = reload_error_;
    status.storage = generation_->config.storage.string();
    if (const Result<std::uint64_t> free = free_bytes(generation_->config.storage)) status.storage_free = *free;
    status.runs_limit = generation_->config.limits.runs;
    for (const auto& [ticket, live] : live_) status.running.push_back(live->running());
    if (checks_.running()) status.running.push_back(checks_.live()->running());
    status.warnings = generation_->config.warnings;
    for (const std::string& warning : {state_warning_, control_error_}) {
        if (!warning.empty()) status.warnings.push_back(warning);
    }
    return status;
}

Result<void> Daemon::begin_telling() {
    Result<std::unique_ptr<http::Client>> client = http::make_client(settings_.environment.http);
    if (!client) return client.error();
    notify::Services services{bell_->get_executor(), workers_, *settings_.journal, std::move(*client), settings_.environment.secrets,
                              settings_.host_name};
    services.sendmail = settings_.sendmail;
    auto fill = [this](metrics::Snapshot& snapshot) { complete(snapshot); };
    telling_ = std::make_unique<Telling>(std::move(services), generation_->config.storage, std::move(fill));
    return {};
}

void Daemon::complete(metrics::Snapshot& snapshot) {
    snapshot.version = settings_.version;
    snapshot.commit = settings_.commit;
    snapshot.started_at = since_;
    snapshot.config_fine = reload_error_.empty();
    snapshot.config_loaded_at = generation_->loaded_at;
    snapshot.queue_length = scheduler_.queued();
    snapshot.workers_standstill = longest_standstill();
    checks_.complete(snapshot);
    for (metrics::JobFacts& job : snapshot.jobs) {
        const auto view = scheduler_.view(job.job, wall_clock());
        if (!view) continue;
        job.enabled = view->state != scheduler::State::disabled;
        job.paused = view->pause.has_value();
        job.running = view->state == scheduler::State::running;
        if (!view->next.empty()) job.next_due_at = instant_of(view->next.front());
        job.expected_interval = view->expected_interval;
        job.starts_missed = view->missed;
        job.starts_skipped = view->skipped;
    }
}

// "1 running (traffic-signs 43 %), 2 queued; next nightly in 2 h 10 min; 1 FAILING: acme since 2026-11-20T02:30:00Z"
std::string Daemon::status_line() {
    std::string line;
    for (const auto& [ticket, live] : live_) {
        const answers::Running running = live->running();
        line += line.empty() ? std::to_string(live_.size()) + " running (" : ", ";
        line += running.job;
        if (running.percent) line += " " + std::to_string(static_cast<int>(*running.percent)) + " %";
    }
    line += line.empty() ? "idle" : ")";
    if (scheduler_.queued() > 0) line += ", " + std::to_string(scheduler_.queued()) + " queued";
    std::optional<std::pair<scheduler::Time, std::string>> next;
    std::string failing;
    int failing_jobs = 0;
    for (const auto& [name, job] : generation_->config.jobs) {
        const auto view = scheduler_.view(name, wall_clock());
        if (view && view->next_start && (!next || *view->next_start < next->first)) next.emplace(*view->next_start, name);
        const JobFacts& facts = facts_[name];
        if (facts.failures == 0 || !facts.failing_since) continue;
        ++failing_jobs;
        failing += (failing.empty() ? "" : ", ") + name + " since " + rfc3339_seconds(*facts.failing_since);
    }
    if (next) line += "; next " + next->second + " in " + in_words(next->first);
    if (failing_jobs > 0) line += "; " + std::to_string(failing_jobs) + " FAILING: " + failing;
    return line;
}

void Daemon::tell_status() {
    std::string line = status_line();
    if (line != told_status_) systemd::Manager::status(line);
    told_status_ = std::move(line);
    const Result<std::uint64_t> free = free_bytes(generation_->config.storage);
    const std::uint64_t reserve = generation_->config.limits.reserve;
    const bool low = free && *free < reserve;
    if (low && !low_space_) {
        log(journal::Priority::error, message_id::space_low,
            "only " + human_bytes(*free) + " free under " + generation_->config.storage.string() + ", less than limits.reserve (" +
                human_bytes(reserve) + "): runs that need space will fail");
    }
    low_space_ = low;
}

Milliseconds Daemon::longest_standstill() {
    Milliseconds stand = workers_.longest_standstill();
    for (const auto& [ticket, live] : live_) stand = std::max(stand, live->workers.longest_standstill());
    return std::max(stand, checks_.longest_standstill());
}

// The loop lives, or it would not be here; the workers must get on as well.
void Daemon::feed_watchdog() {
    if (watchdog_.count() == 0) return;
    const auto now = std::chrono::steady_clock::now();
    const Milliseconds stand = longest_standstill();
    if (stand > workers_may_stand) {
        spdlog::critical("a worker has not moved for {}: the watchdog is no longer fed", human_duration(stand));
        return;
    }
    if (now - fed_ < watchdog_ / 4) return;
    fed_ = now;
    systemd::Manager::alive();
}

}  // namespace autobackup::serve
