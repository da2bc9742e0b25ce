// SPDX-License-Identifier: MIT
#include "lib/http/transport.hpp"

#include <arpa/inet.h>
#include <sys/ioctl.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cerrno>

namespace autobackup::http {

namespace ssl = boost::asio::ssl;
using asio::ip::tcp;

namespace {

asio::mutable_buffer room(std::span<std::byte> bytes) noexcept {
    return asio::buffer(bytes.data(), bytes.size());
}
asio::const_buffer data(std::span<const std::byte> bytes) noexcept {
    return asio::buffer(bytes.data(), bytes.size());
}

bool is_quiet_socket(tcp::socket& socket) noexcept {
    char byte = 0;
    const auto n = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

int unsent_of(tcp::socket& socket) noexcept {
    int bytes = 0;
    return ::ioctl(socket.native_handle(), TIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

void close_socket(tcp::socket& socket) noexcept {
    boost::system::error_code ignored;
    socket.close(ignored);
}

const asio::execution_context* context_of(tcp::socket& socket) noexcept {
    const tcp::socket::executor_type executor = socket.get_executor();
    return &asio::query(executor, asio::execution::context);
}

class PlainTransport final : public Transport {
public:
    explicit PlainTransport(tcp::socket socket) : socket_(std::move(socket)) {}
    Awaitable<Moved> read_some(std::span<std::byte> bytes) override {
        return socket_.async_read_some(room(bytes), as_tuple_awaitable);
    }
    Awaitable<Moved> write_some(std::span<const std::byte> bytes) override {
        return socket_.async_write_some(data(bytes), as_tuple_awaitable);
    }
    Awaitable<Moved> write_some(std::span<const std::byte> bytes, asio::cancellation_slot slot) override {
        return socket_.async_write_some(data(bytes), asio::bind_cancellation_slot(slot, as_tuple_awaitable));
    }
    void close() noexcept override { close_socket(socket_); }
    bool is_quiet() noexcept override { return is_quiet_socket(socket_); }
    int unsent() noexcept override { return unsent_of(socket_); }
    const asio::execution_context* context() noexcept override { return context_of(socket_); }

private:
    tcp::socket socket_;
};

class OpensslTransport final : public TlsTransport {
public:
    OpensslTransport(tcp::socket socket, TlsContext& context, const std::string& host)
        : stream_(std::move(socket), context.get()) {
        ::SSL* native = stream_.native_handle();
        ::X509_VERIFY_PARAM* rules = ::SSL_get0_param(native);
        // OpenSSL compares the name itself, so that its verdict tells a wrong name from an untrusted issuer.
        if (::X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) != 1) {
            ::ERR_clear_error();
            named_ = ::X509_VERIFY_PARAM_set1_host(rules, host.data(), host.size()) == 1 &&
                     SSL_set_tlsext_host_name(native, host.c_str()) == 1;
        }
    }
    Awaitable<std::tuple<boost::system::error_code>> handshake() override {
        // Never without a name to compare with.
        if (!named_) close();
        return stream_.async_handshake(ssl::stream_base::client, as_tuple_awaitable);
    }
    std::string certificate_problem() const override {
        const long verdict = ::SSL_get_verify_result(stream_.native_handle());
        return verdict == X509_V_OK ? std::string() : std::string(::X509_verify_cert_error_string(verdict));
    }
    Awaitable<Moved> read_some(std::span<std::byte> bytes) override {
        return stream_.async_read_some(room(bytes), as_tuple_awaitable);
    }
    Awaitable<Moved> write_some(std::span<const std::byte> bytes) override {
        return stream_.async_write_some(data(bytes), as_tuple_awaitable);
    }
    Awaitable<Moved> write_some(std::span<const std::byte> bytes, asio::cancellation_slot slot) override {
        return stream_.async_write_some(data(bytes), asio::bind_cancellation_slot(slot, as_tuple_awaitable));
    }
    void close() noexcept override { close_socket(stream_.next_layer()); }
    bool is_quiet() noexcept override { return is_quiet_socket(stream_.next_layer()); }
    int unsent() noexcept override { return unsent_of(stream_.next_layer()); }
    const asio::execution_context* context() noexcept override { return context_of(stream_.next_layer()); }

private:
    mutable ssl::stream<tcp::socket> stream_;
    bool named_ = true;
};

}  // namespace

std::unique_ptr<Transport> make_plain_transport(tcp::socket socket) {
    return std::make_unique<PlainTransport>(std::move(socket));
}

std::unique_ptr<TlsTransport> make_tls_transport(tcp::socket socket, TlsContext& context,
                                                 const std::string& host) {
    return std::make_unique<OpensslTransport>(std::move(socket), context, host);
}

}  // namespace autobackup::http
