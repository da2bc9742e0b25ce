// SPDX-License-Identifier: MIT
#include "daemon/metrics/responder.hpp"

#include <fcntl.h>

#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <utility>
#include <vector>

#include "daemon/metrics/request.hpp"
#include "lib/async/run.hpp"
#include "lib/control/listener.hpp"

namespace autobackup::metrics {
namespace {

using Stream = asio::generic::stream_protocol::socket;
using boost::system::error_code;

// What a client may still send while our answer is on its way.
constexpr std::size_t most_ignored = std::size_t{64} << 10;
constexpr Milliseconds pause_after_error{200};

// The head as far as it came: with its empty line, too long, or cut by the client.
Awaitable<std::string> read_head(Stream& stream) {
    std::string head;
    std::array<char, 2048> piece{};
    while (head.size() <= longest_head && head.find("\r\n\r\n") == std::string::npos) {
        const auto [error, got] = co_await stream.async_read_some(asio::buffer(piece), as_tuple_awaitable);
        if (error) break;
        head.append(piece.data(), got);
    }
    co_return head;
}

// A socket that is closed with unread bytes in it resets the connection, and the client may lose our answer.
Awaitable<void> see_off(Stream& stream) {
    error_code ignored;
    stream.shutdown(Stream::shutdown_send, ignored);
    std::array<char, 4096> scrap{};
    std::size_t sum = 0;
    while (sum < most_ignored) {
        const auto [error, got] = co_await stream.async_read_some(asio::buffer(scrap), as_tuple_awaitable);
        if (error) break;
        sum += got;
    }
}

Awaitable<void> converse(Stream& stream, const std::function<std::string()>& metrics) {
    const std::string head = co_await read_head(stream);
    if (head.empty()) co_return;
    const std::size_t end = head.find("\r\n\r\n");
    Verdict verdict;
    if (end == std::string::npos || end + 4 > longest_head) {
        if (head.size() <= longest_head) co_return;  // the client has gone in the middle of it
        verdict.status = 431;
    } else {
        verdict = judge(std::string_view(head).substr(0, end + 4));
    }
    const std::string text = answer(verdict, verdict.status == 200 ? metrics() : std::string());
    const auto [error, sent] = co_await asio::async_write(stream, asio::buffer(text), as_tuple_awaitable);
    if (!error) co_await see_off(stream);
}

// One of the places for a connection: takes a client, serves it, takes the next.
template <class Acceptor>
Awaitable<void> serve_one_after_another(Acceptor& acceptor, const std::function<std::string()>& metrics) {
    for (;;) {
        auto [error, socket] = co_await acceptor.async_accept(as_tuple_awaitable);
        if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
        if (error) {  // no descriptor is free, or the client has gone already
            co_await async::sleep_for(pause_after_error);
            continue;
        }
        Stream stream(std::move(socket));
        co_await async::with_deadline(connection_limit, converse(stream, metrics));
    }
}

template <class Acceptor>
Awaitable<void> serve_all(Acceptor& acceptor, const std::function<std::string()>& metrics) {
    std::vector<Awaitable<void>> places;
    for (std::size_t i = 0; i < most_connections; ++i) places.push_back(serve_one_after_another(acceptor, metrics));
    co_await async::all_of(std::move(places));
}

Awaitable<Result<void>> respond_at_socket(const std::filesystem::path& path, async::Workers& workers,
                                          const std::function<std::string()>& metrics, const std::function<void()>& ready) {
    auto make = [path] { return control::Listener::make(path, std::nullopt); };
    const Result<control::Listener> listener = co_await workers.run(std::move(make));
    if (!listener) co_return listener.error();
    const int descriptor = ::fcntl(listener->get(), F_DUPFD_CLOEXEC, 3);
    if (descriptor < 0) co_return fail_errno(errno, "listen", path.string());
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    asio::local::stream_protocol::acceptor acceptor(executor, asio::local::stream_protocol(), descriptor);
    ready();
    co_await serve_all(acceptor, metrics);
    co_return Result<void>();
}

Awaitable<Result<void>> respond_at_port(config::MetricsListener where, const std::function<std::string()>& metrics,
                                        const std::function<void()>& ready) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    asio::ip::tcp::acceptor acceptor(executor);
    error_code error;
    const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(where.address, error), where.port);
    if (!error) acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
        const bool taken = error == asio::error::address_in_use;
        co_return fail(taken ? Errc::busy : Errc::io_error, "listen", where.address + ":" + std::to_string(where.port), error.message());
    }
    ready();
    co_await serve_all(acceptor, metrics);
    co_return Result<void>();
}

}  // namespace

Awaitable<Result<void>> respond(config::MetricsListener where, async::Workers& workers, const std::function<std::string()>& metrics,
                                const std::function<void()>& ready) {
    if (where.socket.empty()) co_return co_await respond_at_port(std::move(where), metrics, ready);
    co_return co_await respond_at_socket(where.socket, workers, metrics, ready);
}

}  // namespace autobackup::metrics
