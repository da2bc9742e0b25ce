// SPDX-License-Identifier: MIT
// How CVAT answers when it does not answer with what was asked for, and how its absolute URLs are read. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/core/failure.hpp"
#include "lib/http/client.hpp"
#include "lib/http/json_answer.hpp"

namespace autobackup::cvat {

using http::BodyForm;
using http::bad_answer;
using http::form_of;
using http::parse_json;
using http::peer_words;

/// A non-2xx answer as a Failure: code by status, the server's words, Retry-After, a hint where CVAT's habits
/// give one.
Failure answer_failure(const http::Response& response, std::string operation, std::string object);

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
