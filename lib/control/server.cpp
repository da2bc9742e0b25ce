// SPDX-License-Identifier: MIT
#include "lib/control/server.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/system/system_error.hpp>
#include <list>
#include <optional>
#include <utility>
#include <vector>

#include "lib/async/run.hpp"
#include "lib/control/listener.hpp"
#include "lib/control/peer.hpp"
#include "lib/control/session.hpp"

namespace autobackup::control {
namespace {

constexpr Milliseconds pause_after_error{100};

// A session with the means to end it.
struct Guest {
    Guest(Hall& hall, Socket socket) : session(hall, std::move(socket)) {}
    Session session;
    asio::cancellation_signal cancel;
    bool cancelled = false;
    void end() {
        if (cancelled) return;
        cancelled = true;
        cancel.emit(asio::cancellation_type::terminal);
    }
};

}  // namespace

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
    Impl(asio::any_io_executor on, Settings settings, Handler handler)
        : executor(std::move(on)), changed(executor) {
        hall.settings = std::move(settings);
        hall.handler = std::move(handler);
    }

    Awaitable<void> accept_guests();
    Awaitable<void> await_place();
    Awaitable<void> wait_for_change(Clock::time_point until);
    Awaitable<void> see_guests_out();
    void admit(Socket socket);
    void warn(const std::string& text) const {
        if (hall.settings.warning) hall.settings.warning(text);
    }

    asio::any_io_executor executor;
    Hall hall;
    std::optional<Listener> listener;
    std::list<std::shared_ptr<Guest>> guests;  // oldest first
    asio::steady_timer changed;                // cancelled when a guest has gone
};

Server::Server(asio::any_io_executor executor, Settings settings, Handler handler)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(settings), std::move(handler))) {}

// Sessions of a loop that was never run to its end hold the rest of impl_; the socket goes now.
Server::~Server() {
    impl_->listener.reset();
}

Result<void> Server::listen() {
    const Settings& settings = impl_->hall.settings;
    impl_->hall.group = group_id(settings.group);
    const bool given = settings.descriptor >= 0;
    Result<Listener> made =
        given ? Listener::adopt(settings.descriptor) : Listener::make(settings.path, impl_->hall.group);
    if (!made) return made.error();
    impl_->listener.emplace(std::move(*made));
    struct stat seen {};
    if (!given && impl_->hall.group && ::stat(settings.path.c_str(), &seen) == 0 &&
        seen.st_gid != *impl_->hall.group) {
        impl_->warn("the control socket could not be given to group " + settings.group +
                    ": its members cannot connect");
    }
    return {};
}

Awaitable<void> Server::run() {
    const std::shared_ptr<Impl> impl = impl_;
    std::exception_ptr ended;
    try {
        co_await impl->accept_guests();
    } catch (...) {
        ended = std::current_exception();
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await impl->see_guests_out();
    if (ended) std::rethrow_exception(ended);
}

Awaitable<void> Server::Impl::accept_guests() {
    if (!listener) throw std::logic_error("Server::run() before listen()");
    const int descriptor = ::fcntl(listener->get(), F_DUPFD_CLOEXEC, 3);
    if (descriptor < 0)
        throw boost::system::system_error(errno, boost::system::system_category(), "control socket");
    asio::local::stream_protocol::acceptor acceptor(executor, asio::local::stream_protocol(), descriptor);
    while (true) {
        co_await await_place();
        auto [error, socket] = co_await acceptor.async_accept(as_tuple_awaitable);
        if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
        if (!error) {
            admit(std::move(socket));
            continue;
        }
        // No descriptor is free, or the client has gone already: the next may have more luck in a moment.
        warn("accept on the control socket: " + error.message());
        co_await async::sleep_for(pause_after_error);
    }
}

// When all places are taken, the oldest client that had its time to ask and did not must go; one in work
// stays.
Awaitable<void> Server::Impl::await_place() {
    while (guests.size() >= hall.settings.clients) {
        const auto idle = std::find_if(guests.begin(), guests.end(), [](const std::shared_ptr<Guest>& guest) {
            return !guest->session.has_asked() && !guest->cancelled;
        });
        Clock::time_point until = Clock::now() + std::chrono::hours(1);
        if (idle != guests.end()) {
            const std::shared_ptr<Guest> guest = *idle;
            until = guest->session.since() + hall.settings.grace;
            if (until <= Clock::now()) {
                guest->session.make_room();
                guest->end();
                continue;
            }
        }
        co_await wait_for_change(until);
    }
}

Awaitable<void> Server::Impl::wait_for_change(Clock::time_point until) {
    changed.expires_at(until);
    co_await changed.async_wait(as_tuple_awaitable);
    const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) {
        throw boost::system::system_error(asio::error::operation_aborted);
    }
}

void Server::Impl::admit(Socket socket) {
    const std::shared_ptr<Guest> guest = std::make_shared<Guest>(hall, std::move(socket));
    guests.push_back(guest);
    auto on_end = [self = shared_from_this(), guest](const std::exception_ptr&) {
        self->guests.remove(guest);
        self->changed.cancel();
    };
    asio::co_spawn(executor, guest->session.serve(),
                   asio::bind_cancellation_slot(guest->cancel.slot(), std::move(on_end)));
}

Awaitable<void> Server::Impl::see_guests_out() {
    const std::vector<std::shared_ptr<Guest>> all(guests.begin(), guests.end());
    for (const std::shared_ptr<Guest>& guest : all) guest->end();
    while (!guests.empty()) co_await wait_for_change(Clock::now() + std::chrono::hours(1));
}

}  // namespace autobackup::control
