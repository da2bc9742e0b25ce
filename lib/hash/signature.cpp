// SPDX-License-Identifier: MIT
#include "lib/hash/signature.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

namespace autobackup::hash {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

// A key with a passphrase must not make OpenSSL ask for one on the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

Failure refused(std::string message) {
    ERR_clear_error();
    return fail(Errc::config_invalid, "sign", "the private key", std::move(message));
}

}  // namespace

Result<std::string> sign_rs256(const Secret& private_key, std::string_view text) {
    const std::string& pem = private_key.reveal();
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
    const Key key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, nullptr) : nullptr, &EVP_PKEY_free);
    if (!key) return refused("it is not a private key in PEM form without a passphrase");
    if (EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) return refused("it is not an RSA key");
    const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    std::size_t length = 0;
    if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &length, bytes, text.size()) != 1)
        return refused("it cannot sign");
    std::string signature(length, '\0');
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length, bytes, text.size()) != 1)
        return refused("it cannot sign");
    signature.resize(length);
    return signature;
}

}  // namespace autobackup::hash
