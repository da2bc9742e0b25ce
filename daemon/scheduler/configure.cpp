// SPDX-License-Identifier: MIT
// Jobs come, change and go; what was remembered is taken up again.
#include <algorithm>

#include "daemon/scheduler/core.hpp"

namespace autobackup::scheduler {

void Scheduler::Core::configure(std::vector<JobPlan> plans, const std::map<std::string, Memory>& memories, Time now) {
    observe(now);
    const bool calm = swept_ >= jobs_.size();
    for (const auto& job : jobs_) {
        if (job) job->seen = false;
    }
    for (JobPlan& plan : plans) {
        const auto known = names_.find(plan.name);
        const auto memory = memories.find(plan.name);
        if (known != names_.end()) {
            update(*jobs_[known->second], std::move(plan));
        } else {
            add(std::move(plan), memory == memories.end() ? nullptr : &memory->second);
        }
    }
    for (Index index = 0; index < jobs_.size(); ++index) {
        if (jobs_[index] && !jobs_[index]->seen) remove(index);
    }
    if (calm) swept_ = jobs_.size();
    link();
}

void Scheduler::Core::add(JobPlan plan, const Memory* memory) {
    const Index index = free_.empty() ? static_cast<Index>(jobs_.size()) : free_.back();
    if (free_.empty()) {
        jobs_.emplace_back();
    } else {
        free_.pop_back();
    }
    names_.emplace(plan.name, index);
    jobs_[index] = std::make_unique<Job>();
    Job& job = *jobs_[index];
    job.index = index;
    job.plan = std::move(plan);
    job.seen = true;
    if (memory != nullptr) {
        adopt(job, *memory);
    } else {
        job.memory.schedule = job.plan.schedule_text();
        job.memory.zone = job.plan.zone.name();
        job.memory.since = beginning(job);
        if (job.plan.enabled) set_planned(job, job.plan.next(job.memory.since));
    }
    mark(job);
    arm(job);
}

void Scheduler::Core::adopt(Job& job, const Memory& remembered) {
    Memory& memory = job.memory;
    memory = remembered;
    forget_future(job);
    const bool begun = std::exchange(memory.begun, false);
    if (!job.plan.enabled) {
        memory.planned.reset();
        memory.retry_at.reset();
        memory.stopped = false;
        return;
    }
    if (memory.schedule != job.plan.schedule_text() || memory.zone != job.plan.zone.name()) {
        replan(job);
    } else {
        // Computed anew, as rules of zones change; but what was planned and has come is not lost to such a change.
        const auto planned = next_unrun(job, std::max(settled(job), memory.since));
        const bool came = memory.planned && *memory.planned <= now_ && !memory.ran.range_of(*memory.planned);
        set_planned(job, !came || (planned && *planned < *memory.planned) ? planned : memory.planned);
    }
    take_up_again(job, begun);
}

// Due times up to here were run, or not run on purpose. When the clock was set back meanwhile, those from now on come again.
Time Scheduler::Core::settled(const Job& job) const {
    const Memory& memory = job.memory;
    const bool set_back = (memory.planned_at && *memory.planned_at > now_) || (memory.due && *memory.due > now_);
    if (set_back) return now_ - job.plan.jitter;
    const Time latest = memory.due.value_or(memory.since);
    return memory.planned_at ? std::max(latest, *memory.planned_at - job.plan.jitter) : latest;
}

// The latest due time is still open, or was given up: the process that knows more is gone.
void Scheduler::Core::take_up_again(Job& job, bool begun) {
    Memory& memory = job.memory;
    if (memory.stopped) {
        memory.retry_at = now_;
        job.next_trigger = Trigger::resume;
        return;
    }
    const bool crashing = memory.interruptions >= options_.interruptions;
    const bool later_came = memory.planned && *memory.planned + job.plan.jitter <= now_;
    if (memory.window == Window::failed && job.plan.catch_up && !crashing && !later_came) {
        memory.window = Window::open;  // whoever starts the program again may have mended the cause
        memory.attempt = 0;
        begun = true;
    }
    if (memory.window != Window::open) {
        memory.retry_at.reset();
        return;
    }
    const bool waits = memory.retry_at && !begun;
    if (waits && memory.attempt > 0) return;
    if (!waits) memory.retry_at = now_;
    job.next_trigger = job.scheduled() ? Trigger::catch_up : Trigger::after;
}

void Scheduler::Core::update(Job& job, JobPlan plan) {
    Memory& memory = job.memory;
    const bool was_enabled = job.plan.enabled;
    job.seen = true;
    job.gone = false;
    job.plan = std::move(plan);
    job.gap.reset();
    if (!job.plan.enabled) {
        memory.planned.reset();
        memory.skip.reset();
        const Trigger why = job.doing == Job::Doing::queued ? job.trigger : job.next_trigger.value_or(Trigger::schedule);
        if (why != Trigger::manual) withdraw(job);
        if (job.behind_trigger != Trigger::manual) drop_behind(job);
    } else if (!was_enabled) {
        memory.since = beginning(job);
        memory.schedule = job.plan.schedule_text();
        memory.zone = job.plan.zone.name();
        set_planned(job, next_unrun(job, memory.since));
    } else if (memory.schedule != job.plan.schedule_text() || memory.zone != job.plan.zone.name()) {
        replan(job);
    }
    mark(job);
    arm(job);
}

// The schedule or its zone is another one. What was due under the old one and has not run yet stays due. Otherwise the
// new one counts from now on, unless that left a hole: then its due time that has just passed is run.
void Scheduler::Core::replan(Job& job) {
    Memory& memory = job.memory;
    const JobPlan& plan = job.plan;
    memory.ran.forget_between();
    memory.skip.reset();
    const bool owed = memory.planned && *memory.planned + plan.jitter <= now_;
    if (!owed) {
        Time from = now_ - plan.jitter;
        if (memory.due && *memory.due <= now_) from = std::max(from, *memory.due);
        set_planned(job, next_unrun(job, std::max(from, memory.since)));
        const auto passed = memory.due ? plan.next(std::max(*memory.due, memory.since)) : std::nullopt;
        if (memory.planned && passed && *passed + plan.jitter <= now_) {
            const auto gap = schedule::largest_gap(plan.schedules, plan.zone,
                                                   std::chrono::floor<std::chrono::seconds>(now_));
            if (gap && *memory.planned - *memory.due > *gap * 3 / 2) memory.planned = passed;
        }
    }
    memory.schedule = plan.schedule_text();
    memory.zone = plan.zone.name();
    note(Note::Kind::replanned, job, std::nullopt, memory.planned);
}

void Scheduler::Core::remove(Index index) {
    Job& job = *jobs_[index];
    disarm(job);
    if (job.doing == Job::Doing::running) {
        job.gone = true;
        drop_behind(job);
        return;
    }
    withdraw(job);
    disarm(job);
    names_.erase(job.plan.name);
    jobs_[index].reset();
    free_.push_back(index);
}

void Scheduler::Core::link() {
    for (const auto& job : jobs_) {
        if (job) job->successors.clear();
    }
    for (Index index = 0; index < jobs_.size(); ++index) {
        if (!jobs_[index] || jobs_[index]->gone) continue;
        for (const std::string& name : jobs_[index]->plan.after) {
            if (Job* before = find(name)) before->successors.push_back(index);
        }
    }
    for (const auto& job : jobs_) {
        if (!job) continue;
        if (job->doing == Job::Doing::waiting) {
            if (!blocked(*job)) release(*job, Trigger::after, *job->memory.due + job->plan.jitter);
        } else {
            offer(*job);
        }
    }
}

void Scheduler::Core::interrupted(const std::string& name, Time now) {
    observe(now);
    Job* job = find(name);
    if (job == nullptr || !job->plan.enabled || job->doing == Job::Doing::running) return;
    if (job->next_trigger == Trigger::resume) return;  // stopped in order
    Memory& memory = job->memory;
    memory.stopped = true;
    mark(*job);
    if (++memory.interruptions >= options_.interruptions) {
        if (memory.window == Window::open) memory.window = Window::failed;
        note(Note::Kind::crash_loop, *job, memory.due);
        return withdraw(*job);
    }
    hold(*job, Trigger::resume);
}

}  // namespace autobackup::scheduler
