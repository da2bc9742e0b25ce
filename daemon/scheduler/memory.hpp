// SPDX-License-Identifier: MIT
// What the scheduler must know of a job after a restart. The caller keeps it as text (state::Store::set_value(job,
// "schedule", …)). Losing it loses no backup: the job waits for its next due time as if it were new.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/scheduler/plan.hpp"
#include "daemon/scheduler/ran.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::scheduler {

/// What became of the latest due time.
enum class Window {
    none,       ///< there was none yet
    open,       ///< it still has to be run, is being run, or waits for its next try
    done,       ///< run with success, or covered by one
    failed,     ///< given up: not transient, or no tries left
    withdrawn,  ///< cancelled by request, or skipped on request
    missed,     ///< not started: `catch_up: none`, `overlap: skip`
};

/// "open".
std::string_view name(Window window) noexcept;

struct Pause {
    std::optional<Time> until;  ///< absent: until resumed
    std::string by;             ///< who asked, for `status`; may be empty
};

struct Success {
    std::optional<Time> due;  ///< the due time that it served; absent: run by hand with none open
    Time at{};                ///< when it ended
};

struct Memory {
    std::string schedule;  ///< text and zone that `planned` was computed with
    std::string zone;
    Time since{};                 ///< due times up to here are none of ours: planning began here
    std::optional<Time> planned;  ///< the next due time (without jitter)
    std::optional<Time> planned_at;  ///< when that was found out: what was due by then is settled
    std::optional<Time> due;      ///< the latest due time that has come
    Window window = Window::none;  ///< of `due`
    int attempt = 0;               ///< runs begun for it
    std::optional<Time> retry_at;  ///< its next try
    bool begun = false;            ///< a run began and its end was not told: the process died
    bool stopped = false;          ///< a run did not come to its end and is to be resumed
    int interruptions = 0;         ///< deaths in a row with this job running
    std::optional<Time> served;    ///< due times up to here were run with success: what jobs `after` this one ask
    std::optional<Success> success;
    std::optional<Pause> pause;
    std::optional<Time> skip;  ///< this due time is to be passed over
    Ran ran;                   ///< due times that were run; looked at when the clock was set back
    std::uint64_t skipped = 0;  ///< due times passed over because the job still ran (`overlap: skip`)
    std::uint64_t missed = 0;   ///< times at which due times were missed and not made up for
};

/// One line of JSON with "format": 1.
std::string to_text(const Memory& memory);
/// state_invalid: no JSON object of a format that is known, or a value of the wrong type. Unknown keys are ignored.
Result<Memory> parse_memory(std::string_view text);

}  // namespace autobackup::scheduler
