// SPDX-License-Identifier: MIT
#include "lib/hash/digest.hpp"

#include <openssl/evp.h>

#include <new>
#include <stdexcept>

#include "lib/core/text.hpp"

namespace autobackup::hash {
namespace {

// Fetched once: EVP_sha1()/EVP_sha256() would be looked up again at every initialisation, which costs more
// than hashing a small object.
const EVP_MD* fetched(Algorithm algorithm) {
    static const EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    const EVP_MD* const method = algorithm == Algorithm::sha1 ? sha1 : sha256;
    if (method == nullptr) throw std::runtime_error("OpenSSL has no such digest");
    return method;
}

void require(int done) {
    if (done != 1) throw std::runtime_error("OpenSSL failed to compute a digest");
}

struct ContextDeleter {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

}  // namespace

struct Digest::State {
    explicit State(Algorithm algorithm) : method(fetched(algorithm)), context(EVP_MD_CTX_new()) {
        if (!context) throw std::bad_alloc();
        start();
    }
    void start() { require(EVP_DigestInit_ex2(context.get(), method, nullptr)); }

    const EVP_MD* method;
    std::unique_ptr<EVP_MD_CTX, ContextDeleter> context;
};

Digest::Digest(Algorithm algorithm) : state_(std::make_unique<State>(algorithm)) {}
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

void Digest::update(std::span<const std::byte> bytes) {
    require(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()));
}

void Digest::update(std::string_view text) {
    update(std::as_bytes(std::span(text)));
}

std::string Digest::finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
    unsigned int length = 0;
    require(EVP_DigestFinal_ex(state_->context.get(), raw.data(), &length));
    state_->start();
    return std::string(raw.begin(), raw.begin() + length);
}

std::string Digest::finish_hex() {
    const std::string raw = finish();
    return hex(std::span(reinterpret_cast<const unsigned char*>(raw.data()), raw.size()));
}

std::string sha256_hex(std::string_view text) {
    Digest digest(Algorithm::sha256);
    digest.update(text);
    return digest.finish_hex();
}

}  // namespace autobackup::hash
