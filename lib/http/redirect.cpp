// SPDX-License-Identifier: MIT
#include "lib/http/redirect.hpp"

#include <algorithm>

namespace autobackup::http {

namespace {

Failure refused(const Request& request, std::string why) {
    return fail(Errc::redirect_refused, std::string(name(request.method)), object_of(request),
                std::move(why));
}

}  // namespace

std::string object_of(const Request& request) {
    return request.object.empty() ? request.url.origin() + request.url.path() : request.object;
}

bool is_followed(const Request& request, const ResponseHead& head) {
    if (!request.follow_redirects || head.headers.find("Location") == nullptr) return false;
    const bool safe =
        request.method == Method::get || request.method == Method::head || request.method == Method::options;
    switch (head.status) {
        case 301:
        case 302:
        case 303:
            return safe;
        case 307:
        case 308:
            return true;
        default:
            return false;
    }
}

Result<void> redirect(Request& request, const ResponseHead& head, std::vector<std::string>& visited) {
    if (visited.empty()) visited.push_back(request.url.text());
    auto next = request.url.resolve(*head.headers.find("Location"));
    if (!next)
        return refused(request, "the Location of the redirect cannot be used: " + next.error().message);
    if (request.url.tls() && !next->tls()) {
        return refused(request, "the server redirects from https to http (" + next->origin() + ")");
    }
    if (std::ranges::find(visited, next->text()) != visited.end())
        return refused(request, "the redirects go round in a circle");
    if (visited.size() > static_cast<std::size_t>(std::max(0, request.max_redirects))) {
        return refused(request, "more than " + std::to_string(request.max_redirects) + " redirects");
    }
    if (request.source && !request.source->rewind()) {
        return refused(request,
                       "redirected to " + next->origin() + ", but the body cannot be sent a second time");
    }
    visited.push_back(next->text());
    if (!same_origin(request.url, *next)) {
        // What proves who we are to one server is not shown to another.
        request.authorization = Secret();
        Headers kept;
        for (const auto& [field, value] : request.headers.all()) {
            Headers one;
            one.add(field, value);
            if (one.find("Authorization") == nullptr && one.find("Cookie") == nullptr) kept.add(field, value);
        }
        request.headers = std::move(kept);
    }
    request.url = std::move(*next);
    return {};
}

}  // namespace autobackup::http
