// SPDX-License-Identifier: MIT
// What an answer with a Location means for the request that got it. Pure.
#pragma once

#include <string>
#include <vector>

#include "lib/http/client.hpp"

namespace autobackup::http {

/// Whether `head` is a redirect that the client follows for this request (client.hpp,
/// Request::follow_redirects).
bool is_followed(const Request& request, const ResponseHead& head);

/// Makes `request` the next one: new URL; on another origin without Authorization and cookies. `visited`
/// holds the URLs asked so far and gets the new one. redirect_refused: https to http, a loop, too many, a
/// Location that cannot be read, a body that cannot be sent again.
Result<void> redirect(Request& request, const ResponseHead& head, std::vector<std::string>& visited);

/// The name of the request's object in errors: Request::object, else the URL without its query (which may
/// hold a signature).
std::string object_of(const Request& request);

}  // namespace autobackup::http
