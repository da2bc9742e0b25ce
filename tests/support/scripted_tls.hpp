// SPDX-License-Identifier: MIT
// TLS for ScriptedServer, and certificates made on the spot. Users link OpenSSL::SSL.
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "tests/support/scripted_server.hpp"

namespace autobackup::test {

/// A key with its certificate.
struct Identity {
    std::shared_ptr<EVP_PKEY> key;
    std::shared_ptr<X509> certificate;

    /// The certificate as a PEM file, e.g. for ca_file.
    void write_pem(const std::filesystem::path& path) const {
        std::FILE* file = std::fopen(path.c_str(), "w");
        if (file == nullptr || PEM_write_X509(file, certificate.get()) != 1 || std::fclose(file) != 0) {
            throw std::runtime_error("cannot write " + path.string());
        }
    }
};

/// How a certificate is made. Times are seconds from now.
struct CertificatePlan {
    std::string subject = "autobackupd test";
    std::string alternative_names;  ///< "DNS:localhost,IP:127.0.0.1"; empty = none
    bool is_authority = false;
    long valid_from = -3600;
    long valid_to = 3600;
};

/// Signed by `issuer`, or by itself when that is null.
inline Identity make_identity(const CertificatePlan& plan, const Identity* issuer = nullptr) {
    Identity made{{EVP_EC_gen("P-256"), EVP_PKEY_free}, {X509_new(), X509_free}};
    X509* const certificate = made.certificate.get();
    static long serial = 1;
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate), plan.valid_from);
    X509_gmtime_adj(X509_getm_notAfter(certificate), plan.valid_to);
    X509_set_pubkey(certificate, made.key.get());
    X509_NAME* const subject = X509_get_subject_name(certificate);
    const auto* name = reinterpret_cast<const unsigned char*>(plan.subject.c_str());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, name, -1, -1, 0);
    X509* const signer = issuer != nullptr ? issuer->certificate.get() : certificate;
    X509_set_issuer_name(certificate, X509_get_subject_name(signer));
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, signer, certificate, nullptr, nullptr, 0);
    const auto extend = [&](int kind, const std::string& value) {
        X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
        if (extension == nullptr) throw std::runtime_error("bad certificate extension " + value);
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
    };
    extend(NID_basic_constraints, plan.is_authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (plan.is_authority) extend(NID_key_usage, "critical,keyCertSign,cRLSign");
    if (!plan.alternative_names.empty()) extend(NID_subject_alt_name, plan.alternative_names);
    X509_sign(certificate, issuer != nullptr ? issuer->key.get() : made.key.get(), EVP_sha256());
    return made;
}

/// The server's handshake on `peer`; afterwards everything the peer reads and sends goes through TLS. False:
/// it failed. `shown_name` gets the name that the client asked for (SNI), "" when it sent none.
inline bool start_tls(Peer& peer, const Identity& identity, std::string* shown_name = nullptr) {
    const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    SSL_CTX_use_certificate(context.get(), identity.certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), identity.key.get());
    const std::shared_ptr<SSL> stream(SSL_new(context.get()), SSL_free);
    SSL_set_fd(stream.get(), peer.fd());
    const bool done = SSL_accept(stream.get()) == 1;
    const char* const name = SSL_get_servername(stream.get(), TLSEXT_NAMETYPE_host_name);
    if (shown_name != nullptr) *shown_name = name != nullptr ? name : "";
    ERR_clear_error();
    if (!done) return false;
    Peer::Layer layer;
    layer.read = [stream](char* bytes, std::size_t size) -> long {
        return SSL_read(stream.get(), bytes, static_cast<int>(size));
    };
    layer.write = [stream](const char* bytes, std::size_t size) -> long {
        return SSL_write(stream.get(), bytes, static_cast<int>(std::min<std::size_t>(size, 1 << 20)));
    };
    layer.shutdown = [stream] { SSL_shutdown(stream.get()); };
    peer.set_layer(std::move(layer));
    return true;
}

}  // namespace autobackup::test
