// SPDX-License-Identifier: MIT
// The large objects of one repository at a peer: over the batch API, or in a repository of this machine. Loop thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/async/turnstile.hpp"
#include "lib/async/types.hpp"
#include "lib/async/workers.hpp"
#include "lib/core/failure.hpp"
#include "lib/core/secret.hpp"
#include "lib/http/client.hpp"
#include "lib/lfs/batch.hpp"
#include "lib/lfs/store.hpp"

namespace autobackup::lfs {

/// Asks an ssh server where its API is: runs `git-lfs-authenticate PATH OPERATION` there (see access_of).
using Authenticate = std::function<Awaitable<Result<Access>>(Operation)>;

struct Settings {
    std::string url;       ///< of the git repository, without user-info: named in errors
    std::string ref;       ///< "refs/heads/main": some servers decide by it who may write; may be empty
    std::string username;  ///< with `password`: Basic, towards the endpoint's own origin alone
    Secret password;       ///< empty: none
    Authenticate authenticate;  ///< of an ssh URL; absent: the endpoint is derived from the URL
    Milliseconds connect{15'000};
    Milliseconds no_progress{120'000};
    int attempts = 4;  ///< tries in all of an object that fails for a passing reason
    Milliseconds retry_delay{5'000}, retry_max_delay{300'000};
    std::optional<http::Url> endpoint;  ///< of the API where it is not the URL's own (.lfsconfig). `username` and `password` go there: the
                                        ///< caller leaves them out for another origin
    async::Turnstile* gate = nullptr;   ///< borrowed: each object that is moved over the network holds a place; null: no limit but `at_once`
    std::size_t at_once = 4;
    std::size_t per_request = 100;  ///< objects in one question
};

struct Moved {
    std::uint64_t objects = 0;  ///< that had to be moved; the others were there
    std::uint64_t bytes = 0;
};

/// What became of a gather().
struct Gathered {
    Moved moved;
    std::vector<std::pair<Pointer, Failure>> refused;  ///< objects that are not to be had, and why
};

class Remote {
public:
    virtual ~Remote() = default;
    /// Brings every object there that is not there yet, from the local store; afterwards the peer is asked whether it has them
    /// (push_unverified when not). The first object that fails for good ends it; what was moved stays. Asking again goes on.
    /// Failures: not_found/content_mismatch of the local object, unauthorized, forbidden, not_found, bad_request, rate_limited,
    /// server_error (not transient for 507 and 509), bad_response, unsupported, connection failures; the peer's words in `peer`.
    virtual Awaitable<Result<Moved>> upload(std::vector<Pointer> objects) = 0;
    /// The other way round; content_mismatch (tried again) when an object is not what it should be.
    virtual Awaitable<Result<Moved>> download(std::vector<Pointer> objects) = 0;
    /// As download(), but an object that cannot be had does not keep the others from being fetched. Failure: nothing could be asked at all
    /// (connection, credentials, no such server); what was moved by then stays.
    virtual Awaitable<Result<Gathered>> gather(std::vector<Pointer> objects) = 0;
};

/// Where the API of a git URL is, as git-lfs finds it without configuration: `.git` is added when it is missing, then `/info/lfs`; ssh://
/// and user@host:path become https. config_invalid for other URLs.
Result<http::Url> endpoint_of(std::string_view git_url);

/// lfs/objects of a repository at a local path or file:// URL, bare or not; nothing for other URLs.
std::optional<std::filesystem::path> local_objects(std::string_view git_url);

/// `client` and `workers` must outlive the Remote. config_invalid for a URL of another kind.
Result<std::unique_ptr<Remote>> make_remote(http::Client& client, async::Workers& workers, Store local, Settings settings);

}  // namespace autobackup::lfs
