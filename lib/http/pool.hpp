// SPDX-License-Identifier: MIT
// Connections kept for the next request. Loop thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "lib/async/types.hpp"
#include "lib/http/transport.hpp"

namespace autobackup::http {

/// An open connection and what was read from it beyond the last answer's head.
struct Connection {
    std::unique_ptr<Transport> transport;
    std::string key;              ///< Route::key()
    bool reused = false;          ///< has carried a request before
    std::vector<std::byte> room;  ///< read buffer, kept for its memory
    std::chrono::steady_clock::time_point idle_since;
};

/// Idle connections by key. A context that ends takes its connections out first: a socket must not outlive
/// it.
class Pool {
public:
    Pool(std::size_t per_key, Milliseconds idle_time);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// The connection that was used last, if it is fresh and quiet; null otherwise. Stale ones on the way are
    /// closed.
    std::unique_ptr<Connection> take(const std::string& key, asio::execution_context& context);
    /// Keeps a connection on which nothing is pending.
    void put(std::unique_ptr<Connection> connection, asio::execution_context& context);
    void clear() noexcept { idle_->clear(); }
    [[nodiscard]] std::size_t size() const noexcept { return idle_->size(); }

private:
    using Idle = std::list<std::unique_ptr<Connection>>;
    class Undertaker;

    std::size_t per_key_;
    Milliseconds idle_time_;
    std::shared_ptr<Idle> idle_;
};

}  // namespace autobackup::http
