// SPDX-License-Identifier: MIT
// How GitHub answers when it does not answer with what was asked for. Pure.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/failure.hpp"
#include "lib/http/client.hpp"

namespace autobackup::github {

/// A non-2xx answer as a Failure: code by status (a 403 that is a limit in truth is rate_limited), the server's words, and a
/// hint: SAML single sign-on, a missing permission (X-Accepted-GitHub-Permissions), a bad token, a legal block (451).
Failure answer_failure(const http::Response& response, std::string operation, std::string object);

/// Whether GitHub has blocked a repository (a takedown, its terms of service): 451 of the API or of git, or a 403 (over ssh: no status) whose
/// words say so. docs.github.com, "Get a repository"; any other 403 is a right that lacks.
bool tells_a_block(const Failure& failure);

/// An entry of `errors` of a GraphQL answer.
struct GraphError {
    std::string type;     ///< "NOT_FOUND", "FORBIDDEN", "RATE_LIMITED"; empty where the server tells none
    std::string message;
    std::string path;     ///< "organization.repositories.nodes.3"
};
std::vector<GraphError> errors_of(const boost::json::value& answer);
/// As a Failure: not_found, forbidden, rate_limited, too large (response_too_large: ask for less), else bad_response.
Failure graph_failure(const GraphError& error, std::string object);

/// Target of `<URL>; rel="next"` in a Link header (RFC 8288); empty: the last page.
std::string next_link(std::string_view header);

}  // namespace autobackup::github
