// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <memory>

#include "lib/core/failure.hpp"

namespace boost::asio::ssl {
class context;
}

namespace autobackup::http {

/// What a TLS client trusts: the system's store (OpenSSL's default paths, $SSL_CERT_FILE, $SSL_CERT_DIR) and
/// one more file. TLS 1.2 and later; verification is always on.
class TlsContext {
public:
    /// Blocks on small files. config_invalid: `ca_file` cannot be read or holds no certificate.
    static Result<std::unique_ptr<TlsContext>> make(const std::filesystem::path& ca_file);
    explicit TlsContext(std::unique_ptr<boost::asio::ssl::context> context);
    ~TlsContext();
    [[nodiscard]] boost::asio::ssl::context& get() noexcept { return *context_; }

private:
    std::unique_ptr<boost::asio::ssl::context> context_;
};

/// Whether a file will do as ClientSettings::ca_file. Blocks on small files. config_invalid: it is missing, cannot be read, or
/// holds no certificate (PEM).
Result<void> check_ca_file(const std::filesystem::path& ca_file);

}  // namespace autobackup::http
