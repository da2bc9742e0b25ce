// SPDX-License-Identifier: MIT
// The client: proxies, kept connections, redirects, and the repetition of what a stale connection lost.
#include <boost/asio/execution_context.hpp>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "lib/http/body.hpp"
#include "lib/http/client.hpp"
#include "lib/http/dial.hpp"
#include "lib/http/exchange.hpp"
#include "lib/http/pool.hpp"
#include "lib/http/proxy.hpp"
#include "lib/http/redirect.hpp"
#include "lib/http/request_text.hpp"
#include "lib/http/tls.hpp"
#include "lib/http/watchdog.hpp"

namespace autobackup::http {

namespace {

// What all exchanges of a client share. Their frames own it too, so that one that is destroyed with the loop
// finds it.
struct Core {
    explicit Core(ClientSettings given)
        : settings(std::move(given)), pool(settings.idle_per_origin, settings.idle_time) {}

    /// Made when first needed: a client of plain http does not read the system's certificates.
    Result<TlsContext*> tls_context() {
        if (!tls) {
            auto made = TlsContext::make(settings.ca_file);
            if (!made) return made.error();
            tls = std::move(*made);
        }
        return tls.get();
    }

    ClientSettings settings;
    ProxyRules proxies;
    std::unique_ptr<TlsContext> tls;
    Pool pool;  // after `tls`: its connections use it
    Traffic traffic;
};

// One request as its owner gave it, through redirects and repetitions.
struct Order {
    std::shared_ptr<Core> core;
    Request request;
    BodySink* sink = nullptr;
    std::size_t body_limit = 0;
};

bool can_repeat(const Request& request) {
    return !request.source || request.source->rewind();
}

Failure proxy_wants_password(const Proxy& proxy, const ResponseHead& head) {
    Failure failure =
        fail(Errc::proxy_failed, "", "",
             "the proxy " + proxy.name() + " answered " + std::to_string(head.status), head.reason);
    failure.http_status = head.status;
    failure.transient = false;
    return failure;
}

Awaitable<Result<std::unique_ptr<Connection>>> open(Order& order, Route route, Watchdog& watchdog) {
    TlsContext* tls = nullptr;
    if (route.url.tls()) {
        const auto context = order.core->tls_context();
        if (!context) co_return context.error();
        tls = *context;
    }
    std::string key = route.key();
    auto transport = co_await dial(std::move(route), tls, order.core->settings.user_agent, watchdog);
    if (!transport) co_return transport.error();
    auto connection = std::make_unique<Connection>();
    connection->transport = std::move(*transport);
    connection->key = std::move(key);
    co_return connection;
}

Awaitable<Result<std::string>> receive_body(Order& order, Exchange& exchange, const ResponseHead& head) {
    const bool is_error = head.status >= 400;
    if (is_followed(order.request, head)) co_return co_await collect_beginning(exchange, /*forgiving=*/true);
    if (order.sink != nullptr) {
        if (!order.sink->accept(head)) co_return co_await collect_beginning(exchange, is_error);
        if (exchange.ends_with_connection()) {
            co_return fail(
                Errc::connection_closed, "", "",
                "the answer has neither a length nor chunks, so that a cut could not be told from its end");
        }
        const auto poured = co_await pour(exchange, *order.sink);
        if (!poured) co_return poured.error();
        co_return std::string();
    }
    // The server did not want the rest of the request: what it said of that may have been cut by its close.
    if (is_error && exchange.cut_short()) co_return co_await collect_beginning(exchange, /*forgiving=*/true);
    co_return co_await collect(exchange, order.body_limit);
}

// One URL: a kept connection first; if that one died without a byte of an answer, a new one.
Awaitable<Result<Response>> ask(Order& order, Watchdog& watchdog) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    asio::execution_context& context = asio::query(executor, asio::execution::context);
    Core& core = *order.core;
    Route route;
    route.url = order.request.url;
    route.proxy = core.proxies.proxy_for(route.url);
    const bool proxy_reads = route.proxy != nullptr && !route.url.tls();
    const auto text =
        request_text(order.request, core.settings.user_agent, proxy_reads ? route.proxy : nullptr);
    if (!text) co_return text.error();

    std::unique_ptr<Connection> connection = core.pool.take(route.key(), context);
    while (true) {
        if (!connection) {
            auto opened = co_await open(order, route, watchdog);
            if (!opened) co_return opened.error();
            connection = std::move(*opened);
        }
        Response response;
        bool keep = false;
        {
            Exchange exchange(*connection, order.request, *text, watchdog, route.where(), core.traffic);
            const auto started = co_await exchange.start();
            if (!started) {
                const bool stale =
                    connection->reused && !exchange.answered() && is_disconnect(started.error());
                if (!stale || !can_repeat(order.request)) co_return started.error();
            } else {
                response.head = exchange.head();
                response.head.url = order.request.url;
                if (proxy_reads && response.head.status == 407)
                    co_return proxy_wants_password(*route.proxy, response.head);
                auto body = co_await receive_body(order, exchange, response.head);
                if (!body) co_return body.error();
                response.body = std::move(*body);
                keep = exchange.reusable();
            }
        }
        const bool answered = response.head.status != 0;
        if (keep) core.pool.put(std::move(connection), context);
        if (answered) co_return response;
        connection.reset();
    }
}

Awaitable<Result<Response>> carry_out(Order order, Limits limits) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const std::string operation(name(order.request.method));
    const std::string object = object_of(order.request);
    Watchdog watchdog(executor, limits);
    std::vector<std::string> visited;
    while (true) {
        auto response = co_await ask(order, watchdog);
        if (response && !is_followed(order.request, response->head)) co_return response;
        Result<void> next;
        if (response) next = redirect(order.request, response->head, visited);
        if (response && next) continue;
        Failure failure;
        if (response) {
            failure = next.error();
        } else {
            failure = response.error();
        }
        // Failures of the sink and of the body source name their own operation and object.
        if (failure.operation.empty()) failure.operation = operation;
        if (failure.object.empty()) failure.object = object;
        co_return failure;
    }
}

class NetworkClient final : public Client {
public:
    explicit NetworkClient(std::shared_ptr<Core> core) : core_(std::move(core)) {}
    ~NetworkClient() override { core_->pool.clear(); }

    Awaitable<Result<Response>> exchange(Request request, Limits limits) override {
        return carry_out(order(std::move(request), nullptr, limits), limits);
    }
    Awaitable<Result<Response>> stream(Request request, BodySink& sink, Limits limits) override {
        return carry_out(order(std::move(request), &sink, limits), limits);
    }
    [[nodiscard]] Traffic traffic() const noexcept override { return core_->traffic; }
    void close_idle() override { core_->pool.clear(); }

private:
    Order order(Request request, BodySink* sink, const Limits& limits) const {
        const std::size_t body_limit =
            limits.body_in_memory > 0 ? limits.body_in_memory : std::numeric_limits<std::size_t>::max();
        return Order{core_, std::move(request), sink, body_limit};
    }

    std::shared_ptr<Core> core_;
};

}  // namespace

Result<std::unique_ptr<Client>> make_client(ClientSettings settings) {
    auto core = std::make_shared<Core>(std::move(settings));
    auto proxies = ProxyRules::make(core->settings);
    if (!proxies) return proxies.error();
    core->proxies = std::move(*proxies);
    if (!core->settings.ca_file.empty()) {
        const auto tls = core->tls_context();
        if (!tls) return tls.error();
    }
    return std::unique_ptr<Client>(std::make_unique<NetworkClient>(std::move(core)));
}

}  // namespace autobackup::http
