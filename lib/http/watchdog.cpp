// SPDX-License-Identifier: MIT
#include "lib/http/watchdog.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>

namespace autobackup::http {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

struct Watchdog::State : std::enable_shared_from_this<State> {
    State(const asio::any_io_executor& executor, const Limits& given) : limits(given), timer(executor) {}

    void arm();
    void look(const boost::system::error_code& error, std::uint64_t round);
    void expire(Reason why);
    [[nodiscard]] Time no_progress_end() const {
        return limits.no_progress.count() > 0 && turn_since != never ? turn_since + limits.no_progress
                                                                     : never;
    }

    static constexpr Time never = Time::max();
    Limits limits;
    asio::steady_timer timer;
    std::function<void()> interrupt;
    std::function<int()> unsent;
    int last_unsent = 0;
    Time connect_end = never;
    Time total_end = never;
    Time turn_since = never;
    Time armed_for = never;
    std::uint64_t round = 0;  // tells the handler of a replaced wait from the present one
    Reason reason = Reason::none;
};

void Watchdog::State::arm() {
    if (reason != Reason::none) return;
    const Time first = std::min({connect_end, total_end, no_progress_end()});
    if (first >= armed_for) return;  // it will fire before, and look again
    armed_for = first;
    timer.expires_at(first);
    auto look_then = [state = shared_from_this(), mine = ++round](const boost::system::error_code& error) {
        state->look(error, mine);
    };
    timer.async_wait(std::move(look_then));
}

void Watchdog::State::look(const boost::system::error_code& error, std::uint64_t mine) {
    if (error || mine != round || reason != Reason::none) return;
    armed_for = never;
    const Time time = Clock::now();
    if (time >= total_end) return expire(Reason::total);
    if (time >= connect_end) return expire(Reason::connect);
    if (time >= no_progress_end()) {
        const int left = unsent ? unsent() : 0;
        if (left >= last_unsent) return expire(Reason::no_progress);
        last_unsent = left;
        turn_since = time;
    }
    arm();
}

void Watchdog::State::expire(Reason why) {
    reason = why;
    const std::function<void()> action = std::move(interrupt);
    interrupt = nullptr;
    if (action) action();
}

Watchdog::Watchdog(const asio::any_io_executor& executor, const Limits& limits)
    : state_(std::make_shared<State>(executor, limits)) {
    if (limits.total.count() > 0) state_->total_end = Clock::now() + limits.total;
    state_->arm();
}

// The pending handler keeps the state alive, but nothing that it could still reach.
Watchdog::~Watchdog() {
    forget();
    ++state_->round;
    state_->timer.cancel();
}

void Watchdog::interrupt_with(std::function<void()> interrupt) {
    state_->interrupt = std::move(interrupt);
}

void Watchdog::count_unsent_with(std::function<int()> unsent) {
    state_->unsent = std::move(unsent);
}

void Watchdog::forget() noexcept {
    state_->interrupt = nullptr;
    state_->unsent = nullptr;
}

void Watchdog::begin_connect() {
    if (state_->limits.connect.count() > 0) state_->connect_end = Clock::now() + state_->limits.connect;
    state_->arm();
}

void Watchdog::end_connect() {
    state_->connect_end = State::never;
}

void Watchdog::wait_for_peer() {
    state_->turn_since = Clock::now();
    if (state_->unsent) state_->last_unsent = state_->unsent();
    state_->arm();
}

void Watchdog::progress() noexcept {
    if (state_->turn_since != State::never) state_->turn_since = Clock::now();
}

void Watchdog::pause() noexcept {
    state_->turn_since = State::never;
}

Watchdog::Reason Watchdog::reason() const noexcept {
    return state_->reason;
}

const Limits& Watchdog::limits() const noexcept {
    return state_->limits;
}

}  // namespace autobackup::http
