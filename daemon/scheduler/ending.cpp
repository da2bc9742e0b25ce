// SPDX-License-Identifier: MIT
// A run has ended: what comes next for its job, and for those after it.
#include <algorithm>

#include "daemon/scheduler/core.hpp"

namespace autobackup::scheduler {
namespace {

Milliseconds wait_before_next(const RetryPolicy& policy, int tried) {
    Milliseconds wait = policy.first;
    for (int i = 1; i < tried && wait < policy.longest; ++i) wait *= 2;
    return std::min(wait, policy.longest);
}

}  // namespace

void Scheduler::Core::stopped(Ticket ticket, Time now) {
    observe(now);
    const auto at = running_.find(ticket);
    if (at == running_.end()) return;
    // It stays among the running: nothing may start in its place any more.
    Job& job = *jobs_[at->second];
    job.memory.stopped = true;
    job.memory.interruptions = 0;
    mark(job);
}

void Scheduler::Core::ended(Ticket ticket, const Ended& how, Time now) {
    observe(now);
    const auto at = running_.find(ticket);
    if (at == running_.end()) return;
    const Index index = at->second;
    Job& job = *jobs_[index];
    running_.erase(at);
    job.doing = Job::Doing::nothing;
    job.ticket = 0;
    job.memory.begun = false;
    job.memory.stopped = false;
    job.memory.interruptions = 0;
    if (job.gone) return remove(index);
    mark(job);
    const bool good = how.outcome == model::RunOutcome::success || how.outcome == model::RunOutcome::unchanged;
    if (good) {
        succeeded(job);
    } else {
        failed(job, how);
    }
    if (job.behind != 0) start_behind(job);
    arm(job);
}

void Scheduler::Core::succeeded(Job& job) {
    Memory& memory = job.memory;
    std::optional<Time> served = job.accountable ? memory.due : job.run_due;
    memory.success = Success{served, now_};
    if (job.accountable) {
        memory.window = Window::done;
        memory.retry_at.reset();
    }
    if (!served && job.root()) served = job.asked;
    if (!served) return;
    memory.served = std::min(*served, now_);  // the clock may have been set back meanwhile
    tell_successors(job);
}

void Scheduler::Core::failed(Job& job, const Ended& how) {
    Memory& memory = job.memory;
    if (!job.accountable || job.behind != 0) return;  // the run behind it is the next try
    if (how.outcome == model::RunOutcome::cancelled) {
        memory.window = Window::withdrawn;
        return;
    }
    const RetryPolicy& policy = job.plan.retry;
    const bool refused = how.outcome == model::RunOutcome::refused;  // another process works on it: no try of ours
    if (refused) memory.attempt = std::max(0, memory.attempt - 1);
    const bool again = refused || (how.transient && memory.attempt < policy.attempts);
    const Time at = now_ + (refused ? policy.longest : wait_before_next(policy, memory.attempt));
    const bool in_time = !memory.planned || at < *memory.planned + job.plan.jitter;
    if (again && in_time && job.plan.enabled) {
        memory.retry_at = at;
        if (refused) job.next_trigger = Trigger::retry;
        note(Note::Kind::retry_planned, job, memory.due, at);
        return;
    }
    memory.window = Window::failed;
    note(Note::Kind::gave_up, job, memory.due);
}

void Scheduler::Core::start_behind(Job& job) {
    Memory& memory = job.memory;
    job.ticket = std::exchange(job.behind, 0);
    const bool by_hand = job.behind_trigger == Trigger::manual;
    if (memory.window == Window::open && memory.due != job.run_due) memory.attempt = 0;
    release(job, job.behind_trigger, by_hand || !memory.due ? now_ : *memory.due + job.plan.jitter);
}

}  // namespace autobackup::scheduler
