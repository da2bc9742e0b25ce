// SPDX-License-Identifier: MIT
// The two kinds of Remote, and what they share. Private to this room.
#pragma once

#include <memory>
#include <string>

#include "lib/remote/route.hpp"

namespace autobackup::remote {

/// Settings::url is a parsed http(s) URL here.
std::unique_ptr<Remote> make_http_remote(http::Client& client, async::Workers& workers, Settings settings,
                                         http::Url base);
/// A service as a child process, started as `route` says.
std::unique_ptr<Remote> make_child_remote(async::Workers& workers, Settings settings,
                                          std::unique_ptr<Route> route);

/// The failure told as one of `operation` on `object`; `words` of the peer are kept when the failure has none
/// of its own.
Failure told_as(Failure failure, std::string operation, std::string object,
                std::string words = std::string());

}  // namespace autobackup::remote
