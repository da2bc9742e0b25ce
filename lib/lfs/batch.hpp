// SPDX-License-Identifier: MIT
// Requests and answers of the Git LFS Batch API (git-lfs docs/api/batch.md) and of git-lfs-authenticate
// (docs/api/server-discovery.md). Pure.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/failure.hpp"
#include "lib/core/instant.hpp"
#include "lib/http/client.hpp"
#include "lib/lfs/pointer.hpp"

namespace autobackup::lfs {

/// Accept and Content-Type of the API.
inline constexpr std::string_view media_type = "application/vnd.git-lfs+json";

enum class Operation { upload, download };
std::string_view name(Operation operation) noexcept;

/// What is to be asked of a URL. The URL may be signed: it is not for logs.
struct Action {
    http::Url href;
    http::Headers headers;
    Secret authorization;            ///< value of the header of that name, which is not among `headers`
    std::optional<Instant> expires;  ///< not to be used from then on
};

struct BatchObject {
    Pointer pointer;
    bool authenticated = false;  ///< the actions need no credentials of ours
    std::optional<Action> upload, download, verify;
    int error_code = 0;  ///< as an HTTP status; 0: no error
    std::string error_message;
};

/// The body of POST <endpoint>/objects/batch. `ref`: "refs/heads/main", or "" for none.
std::string batch_request(Operation operation, const std::string& ref, std::span<const Pointer> objects);

/// One entry for each of `asked`, in its order; entries that nobody asked for are left out. bad_response: no answer of the API, or an
/// object is missing in it; unsupported: another transfer or hash; redirect_refused: an http action of an https endpoint.
Result<std::vector<BatchObject>> parse_batch(std::string_view text, std::span<const Pointer> asked, const http::Url& endpoint,
                                             Instant now);

/// The body of a verify action.
std::string verify_request(const Pointer& object);

/// Where the API is and what goes along with a request: what `git-lfs-authenticate` prints.
struct Access {
    http::Url href;
    http::Headers headers;
    Secret authorization;
    std::optional<Instant> expires;
};
/// Reads the output of `ssh HOST git-lfs-authenticate PATH OPERATION`. bad_response when it is something else.
Result<Access> parse_access(std::string_view text, Instant now);

/// "message" of an error answer of the API; "" when the body is no such JSON.
std::string words_of(std::string_view body);

}  // namespace autobackup::lfs
