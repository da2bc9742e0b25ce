// SPDX-License-Identifier: MIT
#include <algorithm>

#include "daemon/scheduler/core.hpp"

namespace autobackup::scheduler {
namespace {

State state_of(const Job& job) {
    if (job.doing == Job::Doing::running) return State::running;
    if (job.memory.pause) return State::paused;
    if (job.doing == Job::Doing::queued) return State::queued;
    if (!job.plan.enabled) return State::disabled;
    if (job.doing == Job::Doing::waiting) return State::waiting;
    return job.memory.retry_at ? State::retrying : State::idle;
}

}  // namespace

std::vector<Time> Scheduler::Core::coming(const Job& job, Time now, std::size_t count) {
    std::vector<Time> starts;
    std::optional<Time> due = job.memory.planned;
    const bool paused = job.memory.pause.has_value();
    if (paused && due && *due + job.plan.jitter <= now) due = next_unrun(job, now - job.plan.jitter);
    while (due && starts.size() < count) {
        if (due != job.memory.skip) starts.push_back(*due + job.plan.jitter);
        due = next_unrun(job, *due);
    }
    return starts;
}

std::optional<View> Scheduler::Core::view(const std::string& name, Time now, std::size_t count) {
    Job* job = find(name);
    if (job == nullptr) return std::nullopt;
    const Memory& memory = job->memory;
    View view;
    view.job = name;
    view.state = state_of(*job);
    view.next = coming(*job, now, std::max<std::size_t>(count, 1));
    if (!memory.pause && !view.next.empty()) view.next_start = view.next.front();
    if (view.state == State::retrying && (!view.next_start || *memory.retry_at < *view.next_start)) {
        view.next_start = memory.retry_at;
    }
    if (view.next.size() > count) view.next.resize(count);
    view.jitter = job->plan.jitter;
    if (job->doing == Job::Doing::running) {
        view.due = job->run_due;
    } else if (memory.window == Window::open) {
        view.due = memory.due;
    }
    view.latest_due = memory.due;
    view.window = memory.window;
    view.attempt = memory.attempt;
    view.attempts = job->plan.retry.attempts;
    view.retry_at = memory.retry_at;
    view.ticket = job->ticket;
    if (view.state == State::waiting) view.waiting_for = held_by(*job);
    view.success = memory.success;
    view.pause = memory.pause;
    view.skip = memory.skip;
    view.skipped = memory.skipped;
    view.missed = memory.missed;
    if (!job->gap) {
        const auto from = std::chrono::floor<std::chrono::seconds>(now);
        job->gap = schedule::largest_gap(job->plan.schedules, job->plan.zone, from);
    }
    view.expected_interval = *job->gap;
    return view;
}

std::vector<std::string> Scheduler::Core::jobs() const {
    std::vector<std::string> names;
    names.reserve(names_.size());
    for (const auto& [name, index] : names_) {
        if (!jobs_[index]->gone) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace autobackup::scheduler
