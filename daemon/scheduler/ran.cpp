// SPDX-License-Identifier: MIT
#include "daemon/scheduler/ran.hpp"

#include <algorithm>
#include <utility>

namespace autobackup::scheduler {

void Ran::add(Time due, std::optional<Time> previous, bool follows) {
    if (range_of(due)) return;
    const auto ends_there = [previous](const Range& range) { return previous && range.last == *previous; };
    const auto grown = follows ? std::find_if(ranges_.begin(), ranges_.end(), ends_there) : ranges_.end();
    Range range = {due, due};
    if (grown != ranges_.end()) {
        range.first = grown->first;
        ranges_.erase(grown);
    }
    ranges_.push_back(range);
    if (ranges_.size() > limit) ranges_.erase(ranges_.begin());
}

std::optional<Ran::Range> Ran::range_of(Time due) const {
    for (const Range& range : ranges_) {
        if (range.first <= due && due <= range.last) return range;
    }
    return std::nullopt;
}

std::optional<Time> Ran::before(Time due) const {
    std::optional<Time> latest;
    for (const Range& range : ranges_) {
        if (range.last < due && (!latest || range.last > *latest)) latest = range.last;
    }
    return latest;
}

void Ran::forget_between() {
    for (Range& range : ranges_) range.first = range.last;
}

void Ran::restore(std::vector<Range> ranges) {
    std::erase_if(ranges, [](const Range& range) { return range.last < range.first; });
    if (ranges.size() > limit) ranges.erase(ranges.begin(), ranges.end() - static_cast<std::ptrdiff_t>(limit));
    ranges_ = std::move(ranges);
}

}  // namespace autobackup::scheduler
