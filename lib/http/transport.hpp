// SPDX-License-Identifier: MIT
// A connected stream of bytes: TCP, or TLS over it. Loop thread only.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <tuple>

#include "lib/async/types.hpp"
#include "lib/core/failure.hpp"
#include "lib/http/tls.hpp"

namespace autobackup::http {

/// What an operation moved, and its error. (eof, 0): the peer closed. Not thrown, also not when cancelled.
using Moved = std::tuple<boost::system::error_code, std::size_t>;

class Transport {
public:
    virtual ~Transport() = default;
    /// At least one byte, or an error. The bytes are borrowed until the awaitable is done; the same for
    /// write_some. One read and one write may run at the same time.
    virtual Awaitable<Moved> read_some(std::span<std::byte> bytes) = 0;
    virtual Awaitable<Moved> write_some(std::span<const std::byte> bytes) = 0;
    /// As above, but it is `slot` that can cancel it, and not the coroutine's owner.
    virtual Awaitable<Moved> write_some(std::span<const std::byte> bytes, asio::cancellation_slot slot) = 0;
    /// Pending operations end with an error. Idempotent.
    virtual void close() noexcept = 0;
    /// Without waiting: nothing came and the peer has not closed. What is false must not be used again.
    [[nodiscard]] virtual bool is_quiet() noexcept = 0;
    /// Bytes handed to the kernel that the peer has not acknowledged.
    [[nodiscard]] virtual int unsent() noexcept = 0;
    [[nodiscard]] virtual const asio::execution_context* context() noexcept = 0;
};

std::unique_ptr<Transport> make_plain_transport(asio::ip::tcp::socket socket);

/// A TLS client on a connected socket. Handshake first.
class TlsTransport : public Transport {
public:
    /// Verifies the chain and that the certificate is for `host` (a name or an address).
    virtual Awaitable<std::tuple<boost::system::error_code>> handshake() = 0;
    /// After a failed handshake: why the certificate was not accepted; empty when it was.
    [[nodiscard]] virtual std::string certificate_problem() const = 0;
};

/// `context` must outlive the transport.
std::unique_ptr<TlsTransport> make_tls_transport(asio::ip::tcp::socket socket, TlsContext& context,
                                                 const std::string& host);

}  // namespace autobackup::http
