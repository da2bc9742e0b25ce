// SPDX-License-Identifier: MIT
// Answers that should be JSON, and what comes in their place. Pure.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "lib/core/failure.hpp"

namespace autobackup::http {

/// What a body is, told by its first byte: servers label plain text as text/html, so Content-Type does not help.
enum class BodyForm { empty, object, array, string, html, text };
BodyForm form_of(std::string_view body) noexcept;

/// The server's own words in an error body: `detail` or `message`, the one string of a list, a JSON string, the title of
/// an HTML page.
std::string peer_words(std::string_view body);

/// bad_response: `message` is ours; the start of the body is kept as the peer's words.
Failure bad_answer(std::string operation, std::string object, std::string message, std::string_view body);

/// JSON of a 2xx answer. bad_response for anything else: an HTML page with status 200 is the login page of a
/// proxy.
Result<boost::json::value> parse_json(std::string_view body, std::string operation, std::string object);

}  // namespace autobackup::http
