// SPDX-License-Identifier: MIT
#include "daemon/vault/send_ahead.hpp"

#include "lib/async/run.hpp"

namespace autobackup::vault {

SendAhead::SendAhead(asio::any_io_executor loop, Target& target) : target_(target), changed_(std::move(loop), asio::steady_timer::time_point::max()) {}

void SendAhead::add(git::SlicePack part) {
    if (failure_) return;
    parts_.push_back(std::move(part));
    changed_.cancel();
}

void SendAhead::close() {
    closed_ = true;
    changed_.cancel();
}

void SendAhead::give_up() {
    parts_.clear();
    close();
}

// Ends on a notice, and when the owner cancels: then the next co_await throws. Several wait at once: setting the timer here would wake the others.
Awaitable<void> SendAhead::changed() {
    co_await changed_.async_wait(as_tuple_awaitable);
}

Awaitable<void> SendAhead::lane(std::size_t number) {
    for (;;) {
        while (parts_.empty() && !closed_ && !failure_) co_await changed();
        if (parts_.empty()) co_return;
        git::SlicePack part = std::move(parts_.front());
        parts_.pop_front();
        Result<void> sent = co_await target_.send_ahead(number, std::move(part));
        if (sent) continue;
        if (!failure_) failure_ = sent.error();
        parts_.clear();
        changed_.cancel();
        co_return;
    }
}

Awaitable<void> SendAhead::run() {
    std::vector<Awaitable<void>> lanes;
    for (std::size_t i = 0; i < target_.ahead_lanes(); ++i) lanes.push_back(lane(i));
    co_await async::all_of(std::move(lanes));
    ended_ = true;
    changed_.cancel();
}

Awaitable<void> SendAhead::wait() {
    while (!ended_) co_await changed();
}

}  // namespace autobackup::vault
