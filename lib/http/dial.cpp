// SPDX-License-Identifier: MIT
#include "lib/http/dial.hpp"

#include <array>
#include <boost/asio/write.hpp>

#include "lib/core/text.hpp"
#include "lib/http/connect.hpp"
#include "lib/http/request_text.hpp"
#include "lib/http/resolve.hpp"
#include "lib/http/response_parser.hpp"
#include "lib/http/wire_failure.hpp"

namespace autobackup::http {

using asio::ip::tcp;
using boost::system::error_code;

namespace {

Failure proxy_failure(const Proxy& proxy, const std::string& why, const std::string& peer = {}) {
    return fail(Errc::proxy_failed, "", "", "the proxy " + proxy.name() + " " + why, peer);
}

Failure refused_tunnel(const Proxy& proxy, const Url& url, const ResponseHead& head) {
    const std::string why = "answered " + std::to_string(head.status) + " to the tunnel to " + url.host() +
                            ":" + std::to_string(url.port());
    Failure failure = proxy_failure(proxy, why, head.reason);
    failure.http_status = head.status;
    // 4xx is the proxy's rule or a wrong password; 5xx is its trouble with the other side.
    failure.transient = head.status >= 500;
    return failure;
}

// Bytes behind the head of the answer would belong to TLS, where the client speaks first: there are none.
Awaitable<Result<void>> open_tunnel(tcp::socket& socket, const Route& route, const std::string& user_agent,
                                    Watchdog& watchdog) {
    const Proxy& proxy = *route.proxy;
    const Secret text = connect_text(route.url, user_agent, proxy);
    auto [sent_error, sent] =
        co_await asio::async_write(socket, asio::buffer(text.reveal()), as_tuple_awaitable);
    ResponseParser parser(Method::get, /*tunnel=*/true);
    std::array<std::byte, 4096> bytes;
    std::vector<std::byte> received;
    error_code error = sent_error;
    while (!error && !parser.has_head()) {
        auto [read_error, n] = co_await socket.async_read_some(asio::buffer(bytes), as_tuple_awaitable);
        error = read_error;
        if (error) break;
        received.insert(received.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
        const auto eaten = parser.feed_head(received);
        if (!eaten)
            co_return proxy_failure(proxy, "gave no HTTP answer: " + eaten.error().message,
                                    eaten.error().peer);
    }
    if (error) {
        const Failure failure = wire_failure(error, Step::proxy, "the proxy " + proxy.name(), watchdog);
        if (!is_disconnect(failure)) co_return failure;
        co_return proxy_failure(proxy, "broke the connection (" + error.message() + ")");
    }
    if (parser.head().status / 100 != 2) co_return refused_tunnel(proxy, route.url, parser.head());
    co_return Result<void>();
}

Awaitable<Result<std::unique_ptr<Transport>>> shake_hands(tcp::socket socket, const Route& route,
                                                          TlsContext& tls, Watchdog& watchdog) {
    auto transport = make_tls_transport(std::move(socket), tls, route.url.host());
    const Interruptible interruptible(watchdog, [&transport] { transport->close(); });
    const auto [error] = co_await transport->handshake();
    if (error) {
        const std::string problem = transport->certificate_problem();
        const Failure failure = wire_failure(error, Step::handshake, route.where(), watchdog);
        if (!problem.empty() && watchdog.reason() == Watchdog::Reason::none) {
            co_return fail(Errc::certificate_invalid, "", "",
                           "the certificate of " + route.where() + " is not accepted: " + problem);
        }
        if (!is_disconnect(failure)) co_return failure;
        co_return fail(Errc::tls_failed, "", "", failure.message);
    }
    std::unique_ptr<Transport> ready = std::move(transport);
    co_return ready;
}

struct ConnectLimit {
    explicit ConnectLimit(Watchdog& dog) : watchdog(dog) { watchdog.begin_connect(); }
    ~ConnectLimit() { watchdog.end_connect(); }
    ConnectLimit(const ConnectLimit&) = delete;
    ConnectLimit& operator=(const ConnectLimit&) = delete;
    Watchdog& watchdog;
};

}  // namespace

std::string Route::key() const {
    // A proxy that reads the requests itself serves every plain origin over the same connection.
    if (proxy != nullptr && !url.tls()) return "proxy " + proxy->name();
    return proxy != nullptr ? url.origin() + " by " + proxy->name() : url.origin();
}

std::string Route::where() const {
    return url.host() + ":" + std::to_string(url.port());
}

Awaitable<Result<std::unique_ptr<Transport>>> dial(Route route, TlsContext* tls, std::string user_agent,
                                                   Watchdog& watchdog) {
    const ConnectLimit limit(watchdog);
    std::string host = route.url.host();
    std::uint16_t port = route.url.port();
    std::string where = route.where();
    if (route.proxy != nullptr) {
        host = route.proxy->host;
        port = route.proxy->port;
        where = "the proxy " + route.proxy->name();
    }
    auto endpoints = co_await resolve(host, port, watchdog);
    if (!endpoints) co_return endpoints.error();
    auto socket = co_await connect(std::move(*endpoints), where, watchdog);
    if (!socket) co_return socket.error();
    if (route.tunnelled()) {
        auto close_it = [&socket] {
            error_code ignored;
            socket->close(ignored);
        };
        const Interruptible interruptible(watchdog, std::move(close_it));
        const auto opened = co_await open_tunnel(*socket, route, user_agent, watchdog);
        if (!opened) co_return opened.error();
    }
    if (route.url.tls()) co_return co_await shake_hands(std::move(*socket), route, *tls, watchdog);
    co_return make_plain_transport(std::move(*socket));
}

}  // namespace autobackup::http
