// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "lib/core/failure.hpp"
#include "lib/core/secret.hpp"

namespace autobackup::hash {

/// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2, "RS256" of RFC 7518 §3.3) of `text`, raw bytes. `private_key` is a PEM text
/// without a passphrase (PKCS#1 or PKCS#8). config_invalid when it is no RSA key; the key never stands in the message.
Result<std::string> sign_rs256(const Secret& private_key, std::string_view text);

}  // namespace autobackup::hash
