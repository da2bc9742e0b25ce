// SPDX-License-Identifier: MIT
// What goes on just now, for somebody who looks on: one line of a terminal that is written over and over.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace autobackup::report {

/// Any thread.
class Progress {
public:
    virtual ~Progress() = default;
    /// A new item begins: its phase, bytes and tasks are not known yet.
    virtual void item(const std::string& job, const std::string& label) = 0;
    /// "waiting for the export of task 7: started 12 s". Another text begins with no bytes; the same text
    /// again changes nothing.
    virtual void phase(const std::string& text) = 0;
    /// Of this phase; total 0: not known.
    virtual void bytes(std::uint64_t done, std::uint64_t total) = 0;
    /// Of this item.
    virtual void tasks(std::int64_t done, std::int64_t total) = 0;
    /// Takes the line away, for another text to come; the next call above draws it again.
    virtual void clear() = 0;
};

/// What a progress line tells.
struct ProgressState {
    std::string job, label, phase;
    std::uint64_t done = 0, total = 0;  ///< bytes; total 0: not known
    double bytes_per_second = 0;        ///< 0: not known
    std::int64_t tasks_done = 0, tasks_total = 0;
};

/// "traffic-signs  project 12  downloading 123 MiB of 1.03 GiB at 85.0 MiB/s  tasks 12 of 50", on one line,
/// secrets taken out, at most `width` characters ("…" where it was cut). Pure.
std::string progress_line(const ProgressState& state, std::size_t width);

using SteadyClock = std::function<std::chrono::steady_clock::time_point()>;

/// Draws on `fd` (borrowed), at most ten times a second by `clock` (a few new phases may follow each other at
/// once); the width is the terminal's, asked for at each draw.
std::unique_ptr<Progress> terminal_progress(int fd, SteadyClock clock = &std::chrono::steady_clock::now);

/// Says nothing.
std::unique_ptr<Progress> silent_progress();

/// terminal_progress when `fd` is a terminal that can go back to the start of a line ($TERM is not "dumb")
/// and `quiet` is not asked for, else silent_progress. The line has no colours, so $NO_COLOR changes nothing.
std::unique_ptr<Progress> make_progress(int fd, bool quiet);

}  // namespace autobackup::report
