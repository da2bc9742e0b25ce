// SPDX-License-Identifier: MIT
#include "lib/github/app_token.hpp"

#include <boost/json.hpp>

#include "lib/core/text.hpp"
#include "lib/hash/signature.hpp"

namespace autobackup::github {
namespace {

constexpr std::int64_t clock_difference_s = 60;
constexpr std::int64_t lifetime_s = 540;

}  // namespace

std::string base64_url(std::string_view bytes) {
    std::string text = base64_encode(bytes);
    while (text.ends_with('=')) text.pop_back();
    for (char& c : text) {
        if (c == '+') c = '-';
        if (c == '/') c = '_';
    }
    return text;
}

Result<Secret> app_token(std::string_view app_id, const Secret& private_key, Instant now) {
    const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    boost::json::object claims;
    claims["iat"] = seconds - clock_difference_s;
    claims["exp"] = seconds + lifetime_s;
    claims["iss"] = app_id;
    const std::string head = base64_url(R"({"alg":"RS256","typ":"JWT"})") + "." + base64_url(boost::json::serialize(claims));
    Result<std::string> signature = hash::sign_rs256(private_key, head);
    if (!signature) return signature.error();
    return Secret(head + "." + base64_url(*signature));
}

}  // namespace autobackup::github
