// SPDX-License-Identifier: MIT
#include "lib/async/loop.hpp"

#include <signal.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>

namespace autobackup::async {
namespace {

constexpr unsigned grace_seconds = 10;

void end_now(int) { ::_exit(5); }

}  // namespace

Loop::Loop() : signals_(context_, SIGINT, SIGTERM) {
    ::signal(SIGPIPE, SIG_IGN);
    struct sigaction hangup {};
    if (::sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN) signals_.add(SIGHUP);
    wait_for_signal();
}

void Loop::wait_for_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int number) {
        if (error) return;
        if (number != SIGHUP || !on_hangup_) return stop();
        wait_for_signal();
        on_hangup_();
    });
}

void Loop::stop() {
    if (stopping_) end_now(0);
    stopping_ = true;
    // A worker that is deep in the kernel cannot be reached by the loop: the alarm ends the process whatever hangs. Nothing
    // half-made has a final name, so this costs no backup.
    ::signal(SIGALRM, end_now);
    ::alarm(grace_seconds);
    wait_for_signal();
    if (on_stop_) on_stop_();
    cancel_.emit(asio::cancellation_type::terminal);
}

bool Loop::stop_asked() {
    context_.poll();
    return stopping_;
}

void Loop::run(Awaitable<void> work, std::function<void()> on_stop) {
    on_stop_ = std::move(on_stop);
    std::exception_ptr failure;
    auto ended = [this, &failure](std::exception_ptr thrown) {
        failure = thrown;
        signals_.cancel();
    };
    asio::co_spawn(context_, std::move(work), asio::bind_cancellation_slot(cancel_.slot(), std::move(ended)));
    if (stopping_) {
        asio::post(context_, [this] {
            if (on_stop_) on_stop_();
            cancel_.emit(asio::cancellation_type::terminal);
        });
    }
    context_.run();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace autobackup::async
