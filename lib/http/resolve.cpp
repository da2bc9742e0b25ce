// SPDX-License-Identifier: MIT
#include "lib/http/resolve.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstring>
#include <memory>
#include <system_error>
#include <thread>

#include "lib/core/file.hpp"
#include "lib/http/wire_failure.hpp"

namespace autobackup::http {

using asio::ip::tcp;

namespace {

// A name service that answers nothing must not collect threads without end.
constexpr int most_lookups = 64;
std::atomic<int> lookups{0};

// Shared by the thread and the coroutine; whichever is last lets go of it. The thread tells its end by
// closing a pipe and touches nothing of the loop, which may be gone by then.
struct Lookup {
    std::string host;
    std::uint16_t port = 0;
    FileDescriptor end_mark;
    std::atomic<bool> done{false};
    int error = 0;
    std::vector<tcp::endpoint> found;
};

void look_up(Lookup& lookup) {
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    lookup.error = ::getaddrinfo(lookup.host.c_str(), nullptr, &wanted, &list);
    for (const addrinfo* one = list; lookup.error == 0 && one != nullptr; one = one->ai_next) {
        tcp::endpoint endpoint;
        if (one->ai_addrlen > endpoint.capacity()) continue;
        std::memcpy(endpoint.data(), one->ai_addr, one->ai_addrlen);
        endpoint.resize(one->ai_addrlen);
        endpoint.port(lookup.port);
        lookup.found.push_back(endpoint);
    }
    if (list != nullptr) ::freeaddrinfo(list);
    lookup.done.store(true, std::memory_order_release);
    lookup.end_mark.reset();
}

bool start_thread(const std::shared_ptr<Lookup>& lookup) {
    if (lookups.fetch_add(1) >= most_lookups) {
        lookups.fetch_sub(1);
        return false;
    }
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all,
                      &before);  // signals are the main thread's; the new one inherits the mask
    bool started = true;
    try {
        auto work = [lookup] {
            look_up(*lookup);
            lookups.fetch_sub(1);
        };
        std::thread(std::move(work)).detach();
    } catch (const std::system_error&) {
        lookups.fetch_sub(1);
        started = false;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started;
}

Failure unresolved(const std::string& host, const std::string& why) {
    return fail(Errc::resolve_failed, "", "", "the host name " + host + " cannot be looked up: " + why);
}

std::vector<tcp::endpoint> known_without_asking(const std::string& host, std::uint16_t port) {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(host, error);
    std::vector<tcp::endpoint> endpoints;
    if (!error) {
        endpoints.emplace_back(address, port);
    } else if (host == "localhost" || host.ends_with(".localhost")) {
        endpoints.emplace_back(asio::ip::address_v4::loopback(), port);
        endpoints.emplace_back(asio::ip::address_v6::loopback(), port);
    }
    return endpoints;
}

}  // namespace

std::vector<tcp::endpoint> interleave(const std::vector<tcp::endpoint>& endpoints) {
    std::vector<tcp::endpoint> first;
    std::vector<tcp::endpoint> second;
    for (const tcp::endpoint& one : endpoints) {
        (one.protocol() == endpoints.front().protocol() ? first : second).push_back(one);
    }
    std::vector<tcp::endpoint> mixed;
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
        if (i < first.size()) mixed.push_back(first[i]);
        if (i < second.size()) mixed.push_back(second[i]);
    }
    return mixed;
}

Awaitable<Result<std::vector<tcp::endpoint>>> resolve(std::string host, std::uint16_t port,
                                                      Watchdog& watchdog) {
    std::vector<tcp::endpoint> known = known_without_asking(host, port);
    if (!known.empty()) co_return known;

    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) co_return unresolved(host, std::strerror(errno));
    asio::posix::stream_descriptor ended(executor, ends[0]);
    const auto lookup = std::make_shared<Lookup>();
    lookup->host = host;
    lookup->port = port;
    lookup->end_mark = FileDescriptor(ends[1]);
    if (!start_thread(lookup)) co_return unresolved(host, "too many look-ups are unanswered");

    const Interruptible interruptible(watchdog, [&ended] { ended.cancel(); });
    const auto [error] =
        co_await ended.async_wait(asio::posix::stream_descriptor::wait_read, as_tuple_awaitable);
    if (!lookup->done.load(std::memory_order_acquire))
        co_return wire_failure(error, Step::resolve, host, watchdog);
    if (lookup->error != 0) {
        const bool system = lookup->error == EAI_SYSTEM;
        co_return unresolved(host, system ? "the name service failed" : ::gai_strerror(lookup->error));
    }
    if (lookup->found.empty()) co_return unresolved(host, "it has no address");
    co_return interleave(lookup->found);
}

}  // namespace autobackup::http
