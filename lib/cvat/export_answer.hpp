// SPDX-License-Identifier: MIT
// What the answers to "export this" mean, for both ways of asking. Pure.
#pragma once

#include <string>

#include "lib/http/client.hpp"

namespace autobackup::cvat {

/// Answer to POST …/backup/export (2.16 and later).
enum class PostAnswer {
    accepted,       ///< 202: queued; rq_id tells which
    running,        ///< 409: this account's export of the object runs; rq_id names it from 2.37 on
    no_data,        ///< a task without data
    no_such_route,  ///< HTML 404/405: an older server
    no_id,          ///< 202 without rq_id
    refused         ///< see answer_failure()
};
struct PostDecision {
    PostAnswer answer = PostAnswer::refused;
    std::string rq_id;
};
PostDecision classify_post(const http::Response& answer);

/// Answer to GET …/backup (2.0 to 2.15), which starts, polls and tells the end.
enum class OldAnswer {
    pending,      ///< 202: queued or in work
    ready,        ///< 201
    lost_result,  ///< 500: finished, but the file is gone (up to 2.11 told here already)
    failed,       ///< 500 with a JSON string: told once, the next GET starts anew
    start_over,   ///< another client of this account took or redirected the result
    no_data,      ///< a task without data
    refused       ///< see answer_failure()
};
OldAnswer classify_old(const http::Response& answer);

}  // namespace autobackup::cvat
