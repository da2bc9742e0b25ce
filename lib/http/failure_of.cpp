// SPDX-License-Identifier: MIT
#include <ctime>

#include <algorithm>
#include <charconv>
#include <iomanip>
#include <locale>
#include <sstream>

#include "lib/core/instant.hpp"
#include "lib/core/text.hpp"
#include "lib/http/client.hpp"

namespace autobackup::http {

namespace {

using std::chrono::seconds;

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    text = trim(text);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::int64_t unix_time() {
    return std::chrono::duration_cast<seconds>(now().time_since_epoch()).count();
}

// RFC 9110 §10.2.3: seconds, or a date. All three date forms of §5.6.7 are old; only IMF-fixdate may still be
// sent.
std::optional<seconds> retry_after_field(const Headers& headers) {
    const std::string* text = headers.find("Retry-After");
    if (text == nullptr) return std::nullopt;
    if (const auto value = number(*text)) return seconds(std::max<std::int64_t>(0, *value));
    std::tm date{};
    std::istringstream stream(*text);
    stream.imbue(std::locale::classic());
    stream >> std::get_time(&date, "%a, %d %b %Y %H:%M:%S GMT");
    if (stream.fail()) return std::nullopt;
    return seconds(std::max<std::int64_t>(0, ::timegm(&date) - unix_time()));
}

bool quota_is_used_up(const Headers& headers) {
    return number(headers.value_or("x-ratelimit-remaining", "")) == 0;
}

// GitHub's primary limit tells the moment at which the quota is full again (docs.github.com, "Rate limits for
// the REST API").
std::optional<seconds> quota_reset(const Headers& headers) {
    const auto at = number(headers.value_or("x-ratelimit-reset", ""));
    if (!at || !quota_is_used_up(headers)) return std::nullopt;
    return seconds(std::max<std::int64_t>(0, *at - unix_time()));
}

Errc code_of(const ResponseHead& head) {
    switch (head.status) {
        case 401:
            return Errc::unauthorized;
        case 403: {
            const bool limited =
                head.headers.find("Retry-After") != nullptr || quota_is_used_up(head.headers);
            return limited ? Errc::rate_limited : Errc::forbidden;
        }
        case 404:
        case 410:
            return Errc::not_found;
        case 407:
            return Errc::proxy_failed;
        case 429:
            return Errc::rate_limited;
        default:
            break;
    }
    if (head.status >= 500) return Errc::server_error;
    return head.status >= 400 ? Errc::bad_request : Errc::bad_response;
}

// Of an HTML page only the title is worth telling.
std::string words_of(const std::string& body) {
    const std::string_view text = trim(body);
    if (!text.starts_with('<')) return cut_peer_words(text);
    const std::string lower = to_lower(text.substr(0, 8192));
    const std::size_t open = lower.find("<title>");
    const std::size_t close = lower.find("</title>");
    if (open == std::string::npos || close == std::string::npos || close < open + 7) return {};
    return cut_peer_words(trim(text.substr(open + 7, close - open - 7)));
}

}  // namespace

Failure failure_of(const Response& response, std::string operation, std::string object) {
    const ResponseHead& head = response.head;
    std::string message = "the server answered " + std::to_string(head.status);
    if (!head.reason.empty()) message += " " + cut_utf8(one_line(head.reason), 100);
    Failure failure = fail(code_of(head), std::move(operation), std::move(object), std::move(message),
                           words_of(response.body));
    failure.http_status = head.status;
    failure.retry_after = retry_after_field(head.headers);
    if (!failure.retry_after && failure.code == Errc::rate_limited)
        failure.retry_after = quota_reset(head.headers);
    // 408 Request Timeout and 425 Too Early ask for another try by their own definition.
    if (head.status == 408 || head.status == 425) failure.transient = true;
    return failure;
}

}  // namespace autobackup::http
