// SPDX-License-Identifier: MIT
// `after:`: a job starts when the jobs it names have succeeded for the same due time.
#include <algorithm>
#include <unordered_set>

#include "daemon/scheduler/core.hpp"

namespace autobackup::scheduler {

// It has when no due time of its own, or of the jobs that it follows, lies between what it served last and `due`. So a
// job every six hours is asked for its 00:00 by one that is due at 02:30. A job without any due time holds nobody back
// who has one, and has to be run anew for one who has none.
bool Scheduler::Core::has_succeeded(const Job& before, Time due, const Job& asker) const {
    if (!before.plan.enabled) return true;
    const Time from = std::max(before.memory.since, before.memory.served.value_or(before.memory.since));
    std::vector<const Job*> left{&before};
    std::unordered_set<const Job*> visited;
    bool any_schedule = false;
    while (!left.empty()) {
        const Job& job = *left.back();
        left.pop_back();
        if (!visited.insert(&job).second || !job.plan.enabled) continue;
        if (job.scheduled()) {
            any_schedule = true;
            const auto own = job.plan.next(from);
            if (own && *own <= due) return false;
            continue;
        }
        for (const std::string& name : job.plan.after) {
            if (const Job* further = find(name)) left.push_back(further);
        }
    }
    if (any_schedule || asker.scheduled()) return true;
    return before.memory.served && *before.memory.served > asker.memory.due.value_or(asker.memory.since);
}

std::vector<std::string> Scheduler::Core::held_by(const Job& job) const {
    std::vector<std::string> names;
    if (!job.memory.due) return names;
    for (const std::string& name : job.plan.after) {
        const Job* before = find(name);
        if (before != nullptr && !has_succeeded(*before, *job.memory.due, job)) names.push_back(name);
    }
    return names;
}

void Scheduler::Core::tell_successors(const Job& job) {
    for (const Index index : job.successors) {
        Job& successor = *jobs_[index];
        if (successor.doing == Job::Doing::waiting) {
            if (!blocked(successor)) release(successor, Trigger::after, *successor.memory.due + successor.plan.jitter);
        } else {
            offer(successor);
        }
    }
}

void Scheduler::Core::offer(Job& job) {
    const Memory& memory = job.memory;
    if (job.scheduled() || job.plan.after.empty() || !job.plan.enabled || job.gone || memory.pause) return;
    std::optional<Time> due;
    for (const std::string& name : job.plan.after) {
        const Job* before = find(name);
        if (before == nullptr || !before->memory.served) continue;
        if (!due || *before->memory.served > *due) due = before->memory.served;
    }
    if (!due || *due <= memory.since || (memory.due && *due <= *memory.due)) return;
    for (const std::string& name : job.plan.after) {
        const Job* before = find(name);
        if (before != nullptr && !has_succeeded(*before, *due, job)) return;
    }
    arrive(job, *due, Trigger::after);
}

}  // namespace autobackup::scheduler
