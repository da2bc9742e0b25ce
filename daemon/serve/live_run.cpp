// SPDX-License-Identifier: MIT
#include "daemon/serve/live_run.hpp"

namespace autobackup::serve {

void LiveProgress::item(const std::string& job, const std::string& label) {
    const std::lock_guard lock(mutex_);
    state_ = report::ProgressState();
    state_.job = job;
    state_.label = label;
}

void LiveProgress::phase(const std::string& text) {
    const std::lock_guard lock(mutex_);
    if (state_.phase == text) return;
    state_.phase = text;
    state_.done = 0;
    state_.total = 0;
}

void LiveProgress::bytes(std::uint64_t done, std::uint64_t total) {
    const std::lock_guard lock(mutex_);
    state_.done = done;
    state_.total = total;
}

void LiveProgress::tasks(std::int64_t done, std::int64_t total) {
    const std::lock_guard lock(mutex_);
    state_.tasks_done = done;
    state_.tasks_total = total;
}

report::ProgressState LiveProgress::state() const {
    const std::lock_guard lock(mutex_);
    return state_;
}

void LiveRun::stop() {
    cancelled = true;
    workers.request_stop();
    cancel.emit(boost::asio::cancellation_type::terminal);
}

answers::Running LiveRun::running() const {
    const report::ProgressState state = progress.state();
    answers::Running running;
    running.run_id = run_id;
    running.job = start.job;
    running.trigger = std::string(scheduler::name(start.trigger));
    running.started_at = started_at;
    running.phase = state.phase;
    running.item = state.label;
    running.bytes_done = state.done;
    running.bytes_total = state.total;
    if (state.total > 0) running.percent = 100.0 * static_cast<double>(state.done) / static_cast<double>(state.total);
    return running;
}

}  // namespace autobackup::serve
