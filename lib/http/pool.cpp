// SPDX-License-Identifier: MIT
#include "lib/http/pool.hpp"

#include <algorithm>
#include <boost/asio/execution_context.hpp>

namespace autobackup::http {

using Clock = std::chrono::steady_clock;

// Lives in the context, which shuts its services down, the newest first, before anything that a socket needs
// goes away.
class Pool::Undertaker final : public asio::execution_context::service {
public:
    using key_type = Undertaker;
    inline static asio::execution_context::id id;

    explicit Undertaker(asio::execution_context& context) : service(context), context_(context) {}

    void watch(const std::shared_ptr<Idle>& idle) {
        std::erase_if(watched_, [](const auto& one) { return one.expired(); });
        const auto same = [&](const auto& one) { return one.lock() == idle; };
        if (std::ranges::none_of(watched_, same)) watched_.push_back(idle);
    }

private:
    void shutdown() override {
        for (const auto& one : watched_) {
            const auto idle = one.lock();
            if (idle) idle->remove_if([&](const auto& c) { return c->transport->context() == &context_; });
        }
    }

    asio::execution_context& context_;
    std::vector<std::weak_ptr<Idle>> watched_;
};

Pool::Pool(std::size_t per_key, Milliseconds idle_time)
    : per_key_(per_key), idle_time_(idle_time), idle_(std::make_shared<Idle>()) {}
Pool::~Pool() = default;

std::unique_ptr<Connection> Pool::take(const std::string& key, asio::execution_context& context) {
    const auto oldest = Clock::now() - idle_time_;
    idle_->remove_if([&](const auto& c) { return c->idle_since < oldest; });
    for (auto one = idle_->begin(); one != idle_->end();) {
        if ((*one)->key != key || (*one)->transport->context() != &context) {
            ++one;
            continue;
        }
        std::unique_ptr<Connection> connection = std::move(*one);
        one = idle_->erase(one);
        if (connection->transport->is_quiet()) return connection;
    }
    return nullptr;
}

void Pool::put(std::unique_ptr<Connection> connection, asio::execution_context& context) {
    const auto same_key = [&](const auto& c) { return c->key == connection->key; };
    if (static_cast<std::size_t>(std::ranges::count_if(*idle_, same_key)) >= per_key_) return;
    asio::use_service<Undertaker>(context).watch(idle_);
    connection->reused = true;
    connection->idle_since = Clock::now();
    idle_->push_front(std::move(connection));
}

}  // namespace autobackup::http
