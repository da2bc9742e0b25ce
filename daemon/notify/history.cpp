// SPDX-License-Identifier: MIT
#include "daemon/notify/history.hpp"

#include <chrono>

namespace autobackup::notify {
namespace {

constexpr std::chrono::hours reminder_period{23};

// In which period since the first failure a moment lies; a clock that was set back counts as the first one.
std::int64_t period_of(Instant moment, Instant first) {
    return moment <= first ? 0 : (moment - first) / reminder_period;
}

bool reminder_is_due(const model::Run& run, const History& history) {
    if (!history.first_failed_at || !history.previous_ended_at) return true;
    const Instant first = *history.first_failed_at;
    return period_of(run.finished_at, first) > period_of(*history.previous_ended_at, first);
}

}  // namespace

const char* name(Transition transition) {
    switch (transition) {
        case Transition::none:
            return "none";
        case Transition::failed:
            return "failed";
        case Transition::still_failing:
            return "still_failing";
        case Transition::recovered:
            return "recovered";
    }
    return "none";
}

Transition transition_of(const model::Run& run, const History& history) {
    switch (run.outcome) {
        case model::RunOutcome::success:
        case model::RunOutcome::unchanged:
            return history.failures_before > 0 ? Transition::recovered : Transition::none;
        case model::RunOutcome::partial:
        case model::RunOutcome::failed:
            if (history.failures_before == 0) return Transition::failed;
            return reminder_is_due(run, history) ? Transition::still_failing : Transition::none;
        case model::RunOutcome::cancelled:
        case model::RunOutcome::refused:
            break;
    }
    return Transition::none;
}

}  // namespace autobackup::notify
