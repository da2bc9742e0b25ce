// SPDX-License-Identifier: MIT
// Words for people.
#include <fmt/format.h>

#include "daemon/scheduler/scheduler.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/text.hpp"

namespace autobackup::scheduler {
namespace {

std::string when(const std::optional<Time>& time) {
    return time ? rfc3339_seconds(*time) : std::string("never");
}

std::string step_text(Milliseconds step) {
    const std::string length = human_duration(std::chrono::abs(step));
    if (step.count() < 0) return fmt::format("the clock was set back by {}", length);
    return fmt::format("the clock went forward by {} (it was set, or the machine slept)", length);
}

std::string gave_up_text(const Note& note) {
    std::string text = fmt::format("'{}': the run due at {} is given up", note.job, when(note.due));
    return note.until ? text + fmt::format(", the one due at {} takes its place", when(note.until)) : text;
}

}  // namespace

std::string_view name(Trigger trigger) noexcept {
    switch (trigger) {
        case Trigger::schedule:
            return "schedule";
        case Trigger::catch_up:
            return "catch-up";
        case Trigger::retry:
            return "retry";
        case Trigger::manual:
            return "manual";
        case Trigger::after:
            return "after";
        case Trigger::resume:
            return "resume";
    }
    return "schedule";
}

std::string_view name(State state) noexcept {
    switch (state) {
        case State::idle:
            return "idle";
        case State::waiting:
            return "waiting";
        case State::retrying:
            return "retrying";
        case State::queued:
            return "queued";
        case State::running:
            return "running";
        case State::paused:
            return "paused";
        case State::disabled:
            return "disabled";
    }
    return "idle";
}

std::string_view name(Note::Kind kind) noexcept {
    using Kind = Note::Kind;
    switch (kind) {
        case Kind::clock_stepped:
            return "clock_stepped";
        case Kind::caught_up:
            return "caught_up";
        case Kind::missed:
            return "missed";
        case Kind::overlap_skipped:
            return "overlap_skipped";
        case Kind::merged:
            return "merged";
        case Kind::waited_in_vain:
            return "waited_in_vain";
        case Kind::skipped:
            return "skipped";
        case Kind::retry_planned:
            return "retry_planned";
        case Kind::gave_up:
            return "gave_up";
        case Kind::replanned:
            return "replanned";
        case Kind::pause_ended:
            return "pause_ended";
        case Kind::crash_loop:
            return "crash_loop";
        case Kind::withdrawn:
            return "withdrawn";
    }
    return "missed";
}

std::string text(const Note& note) {
    using Kind = Note::Kind;
    const std::string due = when(note.due), until = when(note.until);
    switch (note.kind) {
        case Kind::clock_stepped:
            return step_text(note.step);
        case Kind::caught_up:
            return fmt::format("'{}' missed its starts from {} to {}: one run makes up for them", note.job, due, until);
        case Kind::missed:
            return fmt::format("'{}' missed its starts from {} to {} (catch_up: none)", note.job, due, until);
        case Kind::overlap_skipped:
            return fmt::format("'{}' was still running at {}: that start is skipped", note.job, due);
        case Kind::merged:
            return fmt::format("'{}', due at {}, still waited to start at {}: one run serves both", note.job, due, until);
        case Kind::waited_in_vain:
            return fmt::format("'{}' was due at {} and never started: the jobs before it had not succeeded by {}",
                               note.job, due, until);
        case Kind::skipped:
            return fmt::format("'{}' skips its start at {} as asked", note.job, due);
        case Kind::retry_planned:
            return fmt::format("'{}' is tried again at {} (due at {})", note.job, until, due);
        case Kind::gave_up:
            return gave_up_text(note);
        case Kind::replanned:
            return fmt::format("'{}' has a new schedule, next due time {}", note.job, until);
        case Kind::pause_ended:
            return fmt::format("the pause of '{}' is over", note.job);
        case Kind::crash_loop:
            return fmt::format("'{}' is not resumed: the program died too often in a row while it ran", note.job);
        case Kind::withdrawn:
            return fmt::format("the queued run of '{}' is withdrawn", note.job);
    }
    return {};
}

}  // namespace autobackup::scheduler
