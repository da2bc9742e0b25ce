// SPDX-License-Identifier: MIT
#include "daemon/scheduler/scheduler.hpp"

#include "daemon/scheduler/core.hpp"

namespace autobackup::scheduler {

Scheduler::Scheduler(const Options& options) : core_(std::make_unique<Core>(options)) {}
Scheduler::~Scheduler() = default;

void Scheduler::configure(std::vector<JobPlan> plans, const std::map<std::string, Memory>& memories, Time now) {
    core_->configure(std::move(plans), memories, now);
}
void Scheduler::set_runs(int runs) {
    core_->options_.runs = runs;
}
void Scheduler::interrupted(const std::string& job, Time now) {
    core_->interrupted(job, now);
}
void Scheduler::stopped(Ticket ticket, Time now) {
    core_->stopped(ticket, now);
}
std::vector<Start> Scheduler::tick(Time now, Milliseconds steady) {
    return core_->tick(now, steady);
}
void Scheduler::ended(Ticket ticket, const Ended& how, Time now) {
    core_->ended(ticket, how, now);
}
std::optional<Time> Scheduler::wake() const {
    return core_->wake();
}
RunNow Scheduler::run_now(const std::string& job, Time now) {
    return core_->run_now(job, now);
}
bool Scheduler::cancel_queued(const std::string& job, Time now) {
    return core_->cancel_queued(job, now);
}
bool Scheduler::pause(const std::string& job, std::optional<Time> until, std::string by, Time now) {
    return core_->pause(job, until, std::move(by), now);
}
bool Scheduler::resume(const std::string& job, Time now) {
    return core_->resume(job, now);
}
std::optional<Time> Scheduler::skip_next(const std::string& job, Time now) {
    return core_->skip_next(job, now);
}
std::optional<View> Scheduler::view(const std::string& job, Time now, std::size_t count) {
    return core_->view(job, now, count);
}
std::vector<std::string> Scheduler::jobs() const {
    return core_->jobs();
}
std::size_t Scheduler::running() const {
    return core_->running_.size();
}
std::size_t Scheduler::queued() const {
    return core_->queue_.size();
}
std::vector<std::string> Scheduler::changed() {
    return core_->changed();
}
std::optional<Memory> Scheduler::memory(const std::string& job) const {
    return core_->memory(job);
}
std::vector<Note> Scheduler::notes() {
    return core_->notes();
}

}  // namespace autobackup::scheduler
