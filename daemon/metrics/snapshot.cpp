// SPDX-License-Identifier: MIT
#include "daemon/metrics/snapshot.hpp"

#include <algorithm>

namespace autobackup::metrics {
namespace {

bool is_success(model::RunOutcome outcome) {
    return outcome == model::RunOutcome::success || outcome == model::RunOutcome::unchanged;
}

bool is_failure(model::RunOutcome outcome) {
    return outcome == model::RunOutcome::partial || outcome == model::RunOutcome::failed;
}

}  // namespace

void JobFacts::remember(const model::Run& run) {
    last_outcome = run.outcome;
    last_run_at = run.finished_at;
    ++runs.at(static_cast<std::size_t>(run.outcome));
    if (run.outcome == model::RunOutcome::refused) return;
    if (is_failure(run.outcome)) ++failures_in_a_row;
    if (is_success(run.outcome)) {
        failures_in_a_row = 0;
        last_success_at = run.finished_at;
    }
    last_duration_s = std::max(0.0, std::chrono::duration<double>(run.finished_at - run.started_at).count());
    last_bytes_received = run.bytes_received;
    last_bytes_sent = run.bytes_sent;
    last_items.fill(0);
    for (const model::Item& item : run.items) ++last_items.at(static_cast<std::size_t>(item.outcome));
}

}  // namespace autobackup::metrics
