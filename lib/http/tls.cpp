// SPDX-License-Identifier: MIT
#include "lib/http/tls.hpp"

#include <fcntl.h>

#include <array>
#include <boost/asio/ssl/context.hpp>

#include "lib/core/file.hpp"

namespace autobackup::http {

namespace ssl = boost::asio::ssl;

TlsContext::TlsContext(std::unique_ptr<ssl::context> context) : context_(std::move(context)) {}
TlsContext::~TlsContext() = default;

Result<std::unique_ptr<TlsContext>> TlsContext::make(const std::filesystem::path& ca_file) {
    auto context = std::make_unique<ssl::context>(ssl::context::tls_client);
    const auto bad = [&](std::string why) {
        return fail(Errc::config_invalid, "read certificates", ca_file.string(), std::move(why));
    };
    boost::system::error_code error;
    // Nothing is verified unless it is asked for.
    context->set_verify_mode(ssl::verify_peer, error);
    if (!error) context->set_default_verify_paths(error);
    if (error) return bad("the system's certificates cannot be used: " + error.message());
    if (::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION) != 1)
        return bad("TLS 1.2 is not available");
    // A renegotiation would let reads wait for writes, and nobody needs it.
    ::SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION);
    static constexpr std::array<unsigned char, 9> http11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    ::SSL_CTX_set_alpn_protos(context->native_handle(), http11.data(), http11.size());
    if (!ca_file.empty()) {
        context->load_verify_file(ca_file.string(), error);
        if (error) return bad("no readable PEM certificate: " + error.message());
    }
    return std::make_unique<TlsContext>(std::move(context));
}

Result<void> check_ca_file(const std::filesystem::path& ca_file) {
    const Result<FileDescriptor> file = open_file(ca_file, O_RDONLY | O_NONBLOCK);
    if (!file) return fail(Errc::config_invalid, "read certificates", ca_file.string(), "it cannot be read: " + file.error().message);
    const Result<std::unique_ptr<TlsContext>> context = TlsContext::make(ca_file);
    if (!context) return context.error();
    return {};
}

}  // namespace autobackup::http
