// SPDX-License-Identifier: MIT
#include "lib/cvat/poll_plan.hpp"

#include <algorithm>

namespace autobackup::cvat {

PollPlan::PollPlan(Milliseconds first, Milliseconds max, Milliseconds list_every)
    : delay_(std::max(first, Milliseconds(1))), max_(std::max(max, delay_)), list_every_(list_every) {}

Milliseconds PollPlan::next_delay(double random) {
    const double factor = 0.8 + 0.4 * random;
    const auto jittered = static_cast<Milliseconds::rep>(static_cast<double>(delay_.count()) * factor);
    delay_ = std::min(delay_ * 2, max_);
    return Milliseconds(std::max<Milliseconds::rep>(jittered, 1));
}

bool PollPlan::take_list_turn(Milliseconds since_start) {
    if (since_start - last_list_ < list_every_) return false;
    last_list_ = since_start;
    return true;
}

}  // namespace autobackup::cvat
