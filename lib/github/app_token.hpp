// SPDX-License-Identifier: MIT
// How a GitHub App proves who it is (docs.github.com, "Generating a JSON Web Token for a GitHub App"). Pure.
#pragma once

#include <string>
#include <string_view>

#include "lib/core/failure.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/secret.hpp"

namespace autobackup::github {

/// A token signed with the App's key: issued a minute ago (clocks differ), good for nine minutes (ten are the most).
Result<Secret> app_token(std::string_view app_id, const Secret& private_key, Instant now);

/// RFC 4648 §5 without padding.
std::string base64_url(std::string_view bytes);

}  // namespace autobackup::github
