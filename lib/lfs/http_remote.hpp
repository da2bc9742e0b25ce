// SPDX-License-Identifier: MIT
// A server of the batch API. Private to lib/lfs.
#pragma once

#include "lib/lfs/remote.hpp"

namespace autobackup::lfs {

std::unique_ptr<Remote> make_http_remote(http::Client& client, async::Workers& workers, Store local, http::Url endpoint, Settings settings);

/// The Failure of an answer of the API or of an action: by status, with the peer's words; a server that is full (507, 509) will be full in
/// a minute, too.
Failure failure_of_answer(const http::Response& response, std::string operation, std::string object);

/// The Failure of one object in a batch answer.
Failure failure_of_object(const BatchObject& object, Operation operation, const std::string& url);

}  // namespace autobackup::lfs
