// SPDX-License-Identifier: MIT
#include "lib/http/connect.hpp"

#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>
#include <optional>

#include "lib/http/wire_failure.hpp"

namespace autobackup::http {

using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr Milliseconds stagger{250};

// Several attempts of one connection. Handlers keep it alive until the last has come back; `settled` is what
// the coroutine waits on.
class Race : public std::enable_shared_from_this<Race> {
public:
    Race(asio::any_io_executor executor, std::vector<tcp::endpoint> endpoints)
        : settled(executor), executor_(executor), next_start_(executor), endpoints_(std::move(endpoints)) {
        settled.expires_at(asio::steady_timer::time_point::max());
    }

    void start_next() {
        if (over_ || next_ == endpoints_.size()) return;
        const tcp::endpoint endpoint = endpoints_[next_++];
        const auto socket = sockets_.emplace(sockets_.end(), executor_);
        ++running_;
        auto ended = [self = shared_from_this(), socket](const error_code& error) {
            self->attempt_ended(socket, error);
        };
        socket->async_connect(endpoint, std::move(ended));
        if (next_ == endpoints_.size()) return;
        next_start_.expires_after(stagger);
        auto silent = [self = shared_from_this()](const error_code& error) {
            if (!error) self->start_next();
        };
        next_start_.async_wait(std::move(silent));
    }

    /// Everything pending ends; harmless when it is over.
    void stop() noexcept {
        over_ = true;
        next_start_.cancel();
        error_code ignored;
        for (tcp::socket& socket : sockets_) socket.close(ignored);
        settled.cancel();
    }

    [[nodiscard]] bool over() const noexcept { return over_; }

    asio::steady_timer settled;
    std::optional<tcp::socket> winner;
    error_code failure;

private:
    void attempt_ended(std::list<tcp::socket>::iterator socket, const error_code& error) {
        --running_;
        if (over_) return;
        if (!error) {
            winner.emplace(std::move(*socket));
            return stop();
        }
        if (failure != asio::error::connection_refused) failure = error;
        next_start_.cancel();
        start_next();
        if (running_ == 0) stop();
    }

    asio::any_io_executor executor_;
    asio::steady_timer next_start_;
    std::vector<tcp::endpoint> endpoints_;
    std::list<tcp::socket> sockets_;
    std::size_t next_ = 0;
    int running_ = 0;
    bool over_ = false;
};

struct StopAtEnd {
    std::shared_ptr<Race> race;
    ~StopAtEnd() { race->stop(); }
};

void prepare(tcp::socket& socket) {
    // A head and a body sent in two writes must not wait for each other's acknowledgement.
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
}

}  // namespace

Awaitable<Result<tcp::socket>> connect(std::vector<tcp::endpoint> endpoints, std::string where,
                                       Watchdog& watchdog) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    if (endpoints.size() == 1) {
        tcp::socket socket(executor);
        auto close_it = [&socket] {
            error_code ignored;
            socket.close(ignored);
        };
        const Interruptible interruptible(watchdog, std::move(close_it));
        const auto [error] = co_await socket.async_connect(endpoints.front(), as_tuple_awaitable);
        if (error) co_return wire_failure(error, Step::connect, where, watchdog);
        prepare(socket);
        co_return std::move(socket);
    }
    const StopAtEnd race{std::make_shared<Race>(executor, std::move(endpoints))};
    const Interruptible interruptible(watchdog, [&race] { race.race->stop(); });
    race.race->start_next();
    const auto [waited] = co_await race.race->settled.async_wait(as_tuple_awaitable);
    if (!race.race->winner) {
        // Not over: the wait was cancelled by the owner, whatever single attempts came to before.
        error_code error = waited;
        if (race.race->over() && race.race->failure) error = race.race->failure;
        co_return wire_failure(error, Step::connect, where, watchdog);
    }
    prepare(*race.race->winner);
    co_return std::move(*race.race->winner);
}

}  // namespace autobackup::http
