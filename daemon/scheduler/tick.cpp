// SPDX-License-Identifier: MIT
// Time passes: due times come, tries come, pauses end, the clock is set.
#include <algorithm>

#include "daemon/scheduler/core.hpp"

namespace autobackup::scheduler {
namespace {

constexpr Milliseconds told_step{10'000};  // smaller ones are the daily work of a time service

}  // namespace

void Scheduler::Core::forget_future(Job& job) {
    Memory& memory = job.memory;
    memory.since = std::min(memory.since, beginning(job));
    if (memory.served) memory.served = std::min(*memory.served, now_);
    const bool held = job.ticket != 0 || job.wanted();  // by a pause; there was no time to wait for
    if (memory.retry_at) memory.retry_at = std::min(*memory.retry_at, held ? now_ : now_ + job.plan.retry.longest);
    if (!job.scheduled() && memory.due && memory.window != Window::open) memory.due = std::min(*memory.due, now_);
}

// The clock was set back: due times that were not run come again.
void Scheduler::Core::set_back(Job& job) {
    Memory& memory = job.memory;
    forget_future(job);
    if (job.plan.enabled && !job.gone) {
        const auto planned = next_unrun(job, std::max(memory.since, now_ - job.plan.jitter));
        set_planned(job, planned && (!memory.planned || *planned < *memory.planned) ? planned : memory.planned);
        if (memory.skip) memory.skip = memory.planned;
    }
    mark(job);
    arm(job);
}

void Scheduler::Core::open_window(Job& job, Time due) {
    Memory& memory = job.memory;
    memory.due = due;
    memory.window = Window::open;
    memory.attempt = 0;
    memory.interruptions = 0;
    memory.retry_at.reset();
}

// A due time came while the job runs.
void Scheduler::Core::overlap(Job& job, Time due, Trigger trigger) {
    Memory& memory = job.memory;
    const bool queue = job.plan.queue_overlap || job.behind != 0;
    const bool behind_waits = job.behind != 0 && !job.accountable && memory.window == Window::open;
    if (behind_waits) note(Note::Kind::merged, job, memory.due, due);
    if (queue) {
        if (job.behind == 0) job.behind_trigger = trigger;
        if (job.behind == 0) job.behind = ++last_ticket_;
        job.accountable = false;
        memory.attempt = 0;
    } else {
        ++memory.skipped;
        note(Note::Kind::overlap_skipped, job, due);
        job.accountable = true;
    }
    memory.due = due;
    memory.window = Window::open;
}

// `due` has come and is to be run.
void Scheduler::Core::arrive(Job& job, Time due, Trigger trigger) {
    Memory& memory = job.memory;
    const bool open = memory.window == Window::open;
    mark(job);
    if (open && memory.due == due && job.doing != Job::Doing::nothing) return;  // came again after a step back
    if (job.doing == Job::Doing::running) return overlap(job, due, trigger);
    if (job.doing == Job::Doing::queued) {
        if (open && memory.attempt == 0) note(Note::Kind::merged, job, memory.due, due);
        if (job.trigger == Trigger::retry) job.trigger = trigger;
        return open_window(job, due);
    }
    if (job.doing == Job::Doing::waiting) {
        ++memory.missed;
        note(Note::Kind::waited_in_vain, job, memory.due, due);
        job.doing = Job::Doing::nothing;
    }
    const Trigger why = job.wanted() ? *job.next_trigger : trigger;
    const bool tried = memory.attempt > 0 || job.next_trigger == Trigger::retry;
    if (open && memory.retry_at && !tried) note(Note::Kind::merged, job, memory.due, due);
    if (open && memory.retry_at && tried && why != Trigger::resume) note(Note::Kind::gave_up, job, memory.due, due);
    open_window(job, due);
    release(job, why, due + job.plan.jitter);
}

void Scheduler::Core::on_due(Job& job) {
    Memory& memory = job.memory;
    const Time first = *memory.planned, reach = now_ - job.plan.jitter;
    const auto on_time = [&](Time due) { return now_ - (due + job.plan.jitter) <= options_.grace; };
    Time due = first;
    const auto following = job.plan.next(first);
    if (following && *following <= reach) due = job.plan.latest(first, reach).value_or(first);
    set_planned(job, due == first && following && !memory.ran.range_of(*following) ? following : next_unrun(job, due));
    mark(job);
    if (due != first) {
        // Back from a time in which the clock was wrong: what lies between was run before that.
        if (memory.ran.range_of(due)) due = first;
        if (due == first && !on_time(first)) return;
    }
    if (memory.skip && *memory.skip <= due) {
        const bool this_one = *memory.skip == due;
        memory.skip.reset();
        if (this_one) {
            note(Note::Kind::skipped, job, due);
            pass_over(job, due);
            if (memory.window == Window::open) return;
            memory.due = due;
            memory.window = Window::withdrawn;
            return;
        }
    }
    if (!on_time(due) && !job.plan.catch_up) {
        ++memory.missed;
        note(Note::Kind::missed, job, first, due);
        if (memory.window == Window::open && job.doing != Job::Doing::nothing) return;
        memory.due = due;
        memory.window = Window::missed;
        if (!job.wanted()) withdraw(job);
        return;
    }
    if (!on_time(due) || due != first) note(Note::Kind::caught_up, job, first, due);
    arrive(job, due, on_time(due) ? Trigger::schedule : Trigger::catch_up);
}

void Scheduler::Core::on_timer(Job& job) {
    Memory& memory = job.memory;
    if (memory.pause && memory.pause->until && *memory.pause->until <= now_) {
        memory.pause.reset();
        note(Note::Kind::pause_ended, job);
        mark(job);
        offer(job);
    }
    if (memory.pause) return arm(job);
    if (memory.planned && *memory.planned + job.plan.jitter <= now_) on_due(job);
    if (job.doing == Job::Doing::nothing && memory.retry_at && *memory.retry_at <= now_) {
        const Time ready = *memory.retry_at;
        const Trigger trigger =
            job.next_trigger.value_or(memory.attempt > 0 ? Trigger::retry : Trigger::catch_up);
        release(job, trigger, trigger == Trigger::catch_up && memory.due ? *memory.due + job.plan.jitter : ready);
    }
    arm(job);
}

Start Scheduler::Core::begin(Job& job) {
    Memory& memory = job.memory;
    queue_.erase(job.place);
    job.doing = Job::Doing::running;
    job.joined = false;
    job.accountable = memory.window == Window::open;
    job.run_due.reset();
    if (job.accountable) {
        job.run_due = memory.due;
        if (job.trigger != Trigger::resume || memory.attempt == 0) ++memory.attempt;
        pass_over(job, *memory.due);
    }
    memory.begun = true;
    memory.stopped = false;
    running_.emplace(job.ticket, job.index);
    mark(job);
    Start start;
    start.ticket = job.ticket;
    start.job = job.plan.name;
    start.trigger = job.trigger;
    start.due = job.run_due;
    start.attempt = job.accountable ? memory.attempt : 1;
    return start;
}

std::vector<Start> Scheduler::Core::tick(Time now, Milliseconds steady) {
    observe(now);
    const Milliseconds offset = now.time_since_epoch() - steady;
    if (offset_ && std::chrono::abs(offset - *offset_) >= told_step) {
        Note& told = notes_.emplace_back();
        told.kind = Note::Kind::clock_stepped;
        told.step = offset - *offset_;
    }
    offset_ = offset;

    int left = options_.batch;
    for (; swept_ < jobs_.size() && left > 0; ++swept_, --left) {
        if (jobs_[swept_]) set_back(*jobs_[swept_]);
    }
    while (left > 0 && !timers_.empty() && timers_.begin()->first <= now) {
        Job& job = *jobs_[timers_.begin()->second];
        disarm(job);
        on_timer(job);
        --left;
    }
    std::vector<Start> starts;
    while (!queue_.empty() && running_.size() < static_cast<std::size_t>(std::max(options_.runs, 1))) {
        starts.push_back(begin(*jobs_[queue_.begin()->second]));
    }
    return starts;
}

std::optional<Time> Scheduler::Core::wake() const {
    if (swept_ < jobs_.size()) return now_;
    if (!queue_.empty() && running_.size() < static_cast<std::size_t>(std::max(options_.runs, 1))) return now_;
    if (timers_.empty()) return std::nullopt;
    return timers_.begin()->first;
}

}  // namespace autobackup::scheduler
