// SPDX-License-Identifier: MIT
#include "lib/async/turnstile.hpp"

#include <boost/asio/redirect_error.hpp>

namespace autobackup::async {

// A waiter is a timer that never expires: giving it a place is cancelling the timer. The flag says which it was, because a
// cancelled wait by the owner looks the same (anchors: check state, not only the error code).
struct Turnstile::State {
    struct Waiter {
        explicit Waiter(const asio::any_io_executor& executor) : timer(executor) {}
        asio::steady_timer timer;
        bool admitted = false;
    };

    std::size_t free = 0;
    std::list<Waiter*> waiters;

    void give_back() {
        if (waiters.empty()) {
            ++free;
            return;
        }
        Waiter* next = waiters.front();
        waiters.pop_front();
        next->admitted = true;
        next->timer.cancel();
    }
};

// A waiter's place in the queue. However its frame ends (also when it is destroyed unresumed), no dangling waiter and no lost
// place stays behind.
struct Turnstile::Place {
    Place(std::shared_ptr<State> queue, const asio::any_io_executor& executor) : state(std::move(queue)), waiter(executor) {
        waiter.timer.expires_at(asio::steady_timer::time_point::max());
        state->waiters.push_back(&waiter);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
        if (!waiter.admitted) {
            state->waiters.remove(&waiter);
        } else if (!taken) {
            state->give_back();
        }
    }
    Pass take() {
        taken = true;
        return Pass(state);
    }

    std::shared_ptr<State> state;
    State::Waiter waiter;
    bool taken = false;
};

Turnstile::Pass& Turnstile::Pass::operator=(Pass&& other) noexcept {
    if (this != &other) {
        release();
        state_ = std::move(other.state_);
    }
    return *this;
}

void Turnstile::Pass::release() noexcept {
    if (!state_) return;
    const std::shared_ptr<State> state = std::move(state_);
    state_.reset();
    state->give_back();
}

Turnstile::Turnstile(std::size_t places) : state_(std::make_shared<State>()) { state_->free = places; }

std::size_t Turnstile::waiting() const noexcept { return state_->waiters.size(); }

Awaitable<Turnstile::Pass> Turnstile::enter() {
    const std::shared_ptr<State> state = state_;
    if (state->free > 0) {
        --state->free;
        co_return Pass(state);
    }
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    Place place(state, executor);
    boost::system::error_code error;
    co_await place.waiter.timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    // Admitted and cancelled at the same time: the pass dies with the exception of the next await.
    if (place.waiter.admitted) co_return place.take();
    throw boost::system::system_error(asio::error::operation_aborted, "waiting for a free place");
}

}  // namespace autobackup::async
