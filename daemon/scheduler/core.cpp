// SPDX-License-Identifier: MIT
#include "daemon/scheduler/core.hpp"

#include <algorithm>

namespace autobackup::scheduler {

void Scheduler::Core::observe(Time now) {
    if (told_ && now < now_) {
        skew_ += now - now_;
        swept_ = 0;
    }
    if (!told_) swept_ = jobs_.size();
    told_ = true;
    now_ = now;
}

Job* Scheduler::Core::find(const std::string& name) const {
    const auto at = names_.find(name);
    if (at == names_.end() || jobs_[at->second]->gone) return nullptr;
    return jobs_[at->second].get();
}

void Scheduler::Core::mark(Job& job) {
    if (job.dirty) return;
    job.dirty = true;
    dirty_.push_back(job.index);
}

Note& Scheduler::Core::note(Note::Kind kind, const Job& job, std::optional<Time> due, std::optional<Time> until) {
    Note& added = notes_.emplace_back();
    added.kind = kind;
    added.job = job.plan.name;
    added.due = due;
    added.until = until;
    return added;
}

void Scheduler::Core::disarm(Job& job) {
    if (job.timer) timers_.erase({*job.timer, job.index});
    job.timer.reset();
}

void Scheduler::Core::arm(Job& job) {
    const Memory& memory = job.memory;
    std::optional<Time> at;
    if (memory.pause) {
        at = memory.pause->until;
    } else {
        if (memory.planned) at = *memory.planned + job.plan.jitter;
        if (memory.retry_at && job.doing == Job::Doing::nothing) {
            at = at ? std::min(*at, *memory.retry_at) : *memory.retry_at;
        }
    }
    if (job.gone) at.reset();
    if (at == job.timer) return;
    disarm(job);
    if (at) timers_.emplace(*at, job.index);
    job.timer = at;
}

std::optional<Time> Scheduler::Core::next_unrun(const Job& job, Time time) {
    auto due = job.plan.next(time);
    while (due) {
        const auto run = job.memory.ran.range_of(*due);
        if (!run) break;
        due = job.plan.next(run->last);
    }
    return due;
}

void Scheduler::Core::set_planned(Job& job, std::optional<Time> due) const {
    job.memory.planned = due;
    job.memory.planned_at = now_;
}

void Scheduler::Core::pass_over(Job& job, Time due) {
    if (!job.scheduled()) return;
    const auto before = job.memory.ran.before(due);
    const bool follows = before && job.plan.next(*before) == due;
    job.memory.ran.add(due, before, follows);
}

void Scheduler::Core::enqueue(Job& job, Trigger trigger, Time ready) {
    if (job.ticket == 0) job.ticket = ++last_ticket_;
    job.trigger = trigger;
    job.place = {ready - skew_, job.ticket};
    job.doing = Job::Doing::queued;
    job.memory.retry_at.reset();
    job.next_trigger.reset();
    queue_.emplace(job.place, job.index);
    mark(job);
    arm(job);
}

void Scheduler::Core::dequeue(Job& job) {
    if (job.doing == Job::Doing::queued) queue_.erase(job.place);
    if (job.doing != Job::Doing::running) job.doing = Job::Doing::nothing;
}

void Scheduler::Core::withdraw(Job& job) {
    dequeue(job);
    if (job.doing == Job::Doing::running) return;
    if (job.ticket != 0) note(Note::Kind::withdrawn, job, job.memory.due).ticket = job.ticket;
    job.ticket = 0;
    job.joined = false;
    job.memory.stopped = false;
    job.memory.retry_at.reset();
    job.next_trigger.reset();
    mark(job);
    arm(job);
}

void Scheduler::Core::drop_behind(Job& job) {
    if (job.behind == 0) return;
    note(Note::Kind::withdrawn, job, job.memory.due).ticket = std::exchange(job.behind, 0);
    if (!job.accountable && job.memory.window == Window::open) {
        job.memory.window = Window::withdrawn;
        pass_over(job, *job.memory.due);
    }
    mark(job);
}

void Scheduler::Core::hold(Job& job, Trigger trigger) {
    dequeue(job);
    job.memory.retry_at = now_;
    job.next_trigger = trigger;
    mark(job);
    arm(job);
}

void Scheduler::Core::release(Job& job, Trigger trigger, Time ready) {
    if (job.memory.pause) return hold(job, trigger);
    const bool asks = !job.joined && (trigger == Trigger::schedule || trigger == Trigger::catch_up);
    if (asks && job.memory.window == Window::open && job.memory.attempt == 0 && blocked(job)) {
        job.doing = Job::Doing::waiting;
        job.trigger = trigger;
        job.memory.retry_at.reset();
        job.next_trigger.reset();
        mark(job);
        return arm(job);
    }
    enqueue(job, trigger, ready);
}

std::vector<std::string> Scheduler::Core::changed() {
    std::vector<std::string> names;
    for (const Index index : dirty_) {
        Job* job = jobs_[index].get();
        if (job == nullptr || !job->dirty) continue;
        job->dirty = false;
        if (!job->gone) names.push_back(job->plan.name);
    }
    dirty_.clear();
    return names;
}

std::optional<Memory> Scheduler::Core::memory(const std::string& name) const {
    const Job* job = find(name);
    if (job == nullptr) return std::nullopt;
    return job->memory;
}

}  // namespace autobackup::scheduler
