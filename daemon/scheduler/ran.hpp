// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <vector>

namespace autobackup::scheduler {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

/// The due times of a job that were run, as ranges in which none was left out. When the clock is set back and due times
/// come again, these are not run twice, and those that a jump had passed over are not missed.
class Ran {
public:
    struct Range {
        Time first, last;
    };
    /// The eight latest; older ones are forgotten.
    static constexpr std::size_t limit = 8;

    /// `follows`: `due` is the first due time after `previous`, so that no other lies between.
    void add(Time due, std::optional<Time> previous, bool follows);
    /// The range that `due` belongs to.
    [[nodiscard]] std::optional<Range> range_of(Time due) const;
    /// The latest due time of a range before `due`.
    [[nodiscard]] std::optional<Time> before(Time due) const;
    /// The schedule changed: all that is still known is that the end of each range was run.
    void forget_between();

    [[nodiscard]] const std::vector<Range>& ranges() const { return ranges_; }
    void restore(std::vector<Range> ranges);

private:
    std::vector<Range> ranges_;  // the one that grew last at the end
};

}  // namespace autobackup::scheduler
