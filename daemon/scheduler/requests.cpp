// SPDX-License-Identifier: MIT
// What people ask for.
#include "daemon/scheduler/core.hpp"

namespace autobackup::scheduler {

RunNow Scheduler::Core::run_now(const std::string& name, Time now) {
    observe(now);
    RunNow answer;
    Job* job = find(name);
    if (job == nullptr) return answer;
    if (job->memory.pause) {
        answer.answer = RunNow::Answer::paused;
        return answer;
    }
    if (job->doing == Job::Doing::running) {
        if (job->behind == 0) job->behind = ++last_ticket_;
        job->behind_trigger = Trigger::manual;
        job->asked = now_;
        answer.answer = RunNow::Answer::behind;
        answer.ticket = job->behind;
        return answer;
    }
    const bool joined = job->doing == Job::Doing::queued || job->ticket != 0;
    answer.answer = joined ? RunNow::Answer::joined : RunNow::Answer::queued;
    job->joined = job->doing == Job::Doing::queued;
    if (!job->joined) {
        job->asked = now_;
        dequeue(*job);
        enqueue(*job, joined ? job->next_trigger.value_or(Trigger::manual) : Trigger::manual, now_);
    }
    answer.ticket = job->ticket;
    return answer;
}

bool Scheduler::Core::cancel_queued(const std::string& name, Time now) {
    observe(now);
    Job* job = find(name);
    if (job == nullptr) return false;
    if (job->doing == Job::Doing::running) {
        if (job->behind == 0) return false;
        drop_behind(*job);
        return true;
    }
    if (job->doing == Job::Doing::nothing && !job->memory.retry_at) return false;
    if (job->memory.window == Window::open) {
        job->memory.window = Window::withdrawn;
        pass_over(*job, *job->memory.due);
    }
    withdraw(*job);
    return true;
}

bool Scheduler::Core::pause(const std::string& name, std::optional<Time> until, std::string by, Time now) {
    observe(now);
    Job* job = find(name);
    if (job == nullptr) return false;
    if (until && *until <= now_) return true;  // over already
    Pause pause;
    pause.until = until;
    pause.by = std::move(by);
    job->memory.pause = std::move(pause);
    if (job->doing == Job::Doing::queued) hold(*job, job->trigger);
    mark(*job);
    arm(*job);
    return true;
}

bool Scheduler::Core::resume(const std::string& name, Time now) {
    observe(now);
    Job* job = find(name);
    if (job == nullptr || !job->memory.pause) return false;
    job->memory.pause.reset();
    mark(*job);
    offer(*job);
    arm(*job);
    return true;
}

std::optional<Time> Scheduler::Core::skip_next(const std::string& name, Time now) {
    observe(now);
    Job* job = find(name);
    if (job == nullptr || !job->memory.planned) return std::nullopt;
    job->memory.skip = job->memory.planned;
    mark(*job);
    return job->memory.skip;
}

}  // namespace autobackup::scheduler
