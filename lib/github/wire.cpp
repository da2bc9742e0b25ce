// SPDX-License-Identifier: MIT
#include "lib/github/wire.hpp"

#include "lib/core/json_fields.hpp"
#include "lib/core/text.hpp"
#include "lib/http/json_answer.hpp"

namespace autobackup::github {

namespace json = boost::json;

namespace {

// docs.github.com, "Rate limits for the REST API": these refusals may come as 403 without any header that tells a limit.
bool tells_a_limit(std::string_view words) {
    const std::string lower = to_lower(words);
    return lower.find("secondary rate limit") != std::string::npos || lower.find("api rate limit exceeded") != std::string::npos ||
           lower.find("abuse detection") != std::string::npos;
}

// "required; url=https://github.com/orgs/acme/sso?…", "partial-results; organizations=…"
std::string sso_hint(const std::string& header) {
    const auto at = header.find("url=");
    std::string hint = "the organisation demands SAML single sign-on: authorise the token for it in the account's token settings";
    if (at != std::string::npos) hint += ", or at " + one_line(header.substr(at + 4));
    return hint;
}

std::string hint_of(const http::ResponseHead& head) {
    if (head.status == 401) return "the token is wrong, expired or revoked; a fine-grained token may await the organisation's approval";
    if (const std::string* sso = head.headers.find("X-GitHub-SSO"); head.status == 403 && sso != nullptr) return sso_hint(*sso);
    if (const std::string* wanted = head.headers.find("X-Accepted-GitHub-Permissions"); head.status == 403 && wanted != nullptr)
        return "the token lacks a permission; this would do: " + one_line(*wanted);
    if (head.status == 403) return "the token does not have this right";
    if (head.status == 404) return "it is not there, or the token may not see it (GitHub answers both alike)";
    return {};
}

}  // namespace

Failure answer_failure(const http::Response& response, std::string operation, std::string object) {
    Failure failure = http::failure_of(response, std::move(operation), std::move(object));
    failure.peer = cut_peer_words(http::peer_words(response.body));
    failure.hint = hint_of(response.head);
    if (failure.code == Errc::forbidden && tells_a_limit(failure.peer)) {
        failure.code = Errc::rate_limited;
        failure.transient = true;
    }
    if (failure.code == Errc::rate_limited) failure.hint = "calls of this token wait until the server allows them again";
    if (response.head.status == 451) {
        failure.code = Errc::not_found;
        failure.message = "blocked for legal reasons (451)";
    }
    return failure;
}

bool tells_a_block(const Failure& failure) {
    if (failure.http_status == 451) return true;
    if (failure.http_status != 403 && failure.http_status != 0) return false;
    const std::string lower = to_lower(failure.peer);
    const auto said = [&](const char* words) { return lower.find(words) != std::string::npos; };
    return said("repository access blocked") || said("disabled by github staff") || said("dmca takedown");
}

std::vector<GraphError> errors_of(const json::value& answer) {
    std::vector<GraphError> found;
    const JsonFields fields(answer, "the answer");
    const json::value* errors = fields.find("errors");
    if (errors == nullptr || !errors->is_array()) return found;
    for (const json::value& one : errors->get_array()) {
        const JsonFields error(one, "an error");
        GraphError entry;
        entry.type = error.maybe_text("type");
        entry.message = error.maybe_text("message");
        if (const json::value* path = error.find("path"); path != nullptr && path->is_array()) {
            for (const json::value& part : path->get_array()) {
                if (!entry.path.empty()) entry.path += '.';
                entry.path += part.is_string() ? std::string(part.get_string()) : json::serialize(part);
            }
        }
        found.push_back(std::move(entry));
    }
    return found;
}

Failure graph_failure(const GraphError& error, std::string object) {
    Errc code = Errc::bad_response;
    std::string message = "the server refuses the query";
    const std::string lower = to_lower(error.message);
    if (error.type == "NOT_FOUND") {
        code = Errc::not_found;
        message = "the server knows no such owner or repository, or the token may not see it";
    } else if (error.type == "FORBIDDEN" || error.type == "INSUFFICIENT_SCOPES") {
        code = Errc::forbidden;
        message = "the token does not have this right";
    } else if (error.type == "RATE_LIMITED" || tells_a_limit(error.message)) {
        code = Errc::rate_limited;
        message = "the token's rate limit is used up";
    } else if (lower.find("resource limits") != std::string::npos || lower.find("timeout") != std::string::npos ||
               lower.find("timed out") != std::string::npos || error.type == "MAX_NODE_LIMIT_EXCEEDED") {
        code = Errc::response_too_large;
        message = "the query is too large for the server";
    }
    Failure failure = fail(code, "query", std::move(object), std::move(message), cut_peer_words(error.message));
    if (lower.find("saml") != std::string::npos) failure.hint = sso_hint({});
    return failure;
}

std::string next_link(std::string_view header) {
    for (std::string_view part : split(header, ',')) {
        part = trim(part);
        const auto close = part.find('>');
        if (!part.starts_with('<') || close == std::string_view::npos) continue;
        if (part.substr(close).find("rel=\"next\"") != std::string_view::npos) return std::string(part.substr(1, close - 1));
    }
    return {};
}

}  // namespace autobackup::github
