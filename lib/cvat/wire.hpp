// SPDX-License-Identifier: MIT
// How CVAT answers when it does not answer with what was asked for, and how its absolute URLs are read. Pure.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "lib/core/failure.hpp"
#include "lib/http/client.hpp"

namespace autobackup::cvat {

/// What a body is, told by its first byte: plain text is labelled text/html by the server, so Content-Type
/// does not help.
enum class BodyForm { empty, object, array, string, html, text };
BodyForm form_of(std::string_view body) noexcept;

/// The server's own words in an error body: `detail`, the one string of a list, a JSON string, the title of
/// an HTML page.
std::string peer_words(std::string_view body);

/// A non-2xx answer as a Failure: code by status, the server's words, Retry-After, a hint where CVAT's habits
/// give one.
Failure answer_failure(const http::Response& response, std::string operation, std::string object);

/// bad_response: `message` is ours; the start of the body is kept as the peer's words.
Failure bad_answer(std::string operation, std::string object, std::string message, std::string_view body);

/// JSON of a 2xx answer. bad_response for anything else: an HTML page with status 200 is the login page of a
/// proxy.
Result<boost::json::value> parse_json(std::string_view body, std::string operation, std::string object);

/// Path and query of a URL that the server wrote, relative to the configured base: scheme, host and port are
/// replaced by the base's, since they follow the headers of some request behind a proxy. `base_path` is the
/// path of the base URL ("/" or
/// "/cvat"). Nothing when the text is no URL with a path.
std::optional<std::string> rebased(std::string_view url, std::string_view base_path);

/// The file name in a Content-Disposition header as the server's own backup uses it: filename*=UTF-8''
/// percent-decoded if present, else filename="…"; one level of \" and \\ undone (contract §6.4). Empty when
/// there is none.
std::string disposition_file_name(std::string_view header);

}  // namespace autobackup::cvat
