// SPDX-License-Identifier: MIT
// The one error value of the program: what was done, to what, what we say of it and what the peer said.
#pragma once

#include <boost/system/result.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace autobackup {

/// What kind of thing went wrong. The name of the enumerator is the `code` of the run report and the journal
/// (a public contract: never rename one).
enum class Errc {
    internal,            ///< a broken invariant of ours
    cancelled,           ///< stopped by request, SIGINT or SIGTERM
    timeout,             ///< a total deadline passed (a run's `timeout`, a request's total limit)
    no_progress,         ///< the peer moved no byte for the configured time
    resolve_failed,      ///< the host name has no address
    connect_timeout,     ///< no TCP/TLS connection within `connect`
    connection_refused,  ///< nobody listens there
    connection_reset,    ///< the peer reset the connection
    connection_closed,   ///< the peer closed before the end of the answer (cut body)
    tls_failed,          ///< the TLS handshake failed (not the certificate)
    certificate_invalid, ///< the peer's certificate is not trusted, expired, or for another host
    proxy_failed,        ///< the proxy refused or failed the CONNECT
    redirect_refused,    ///< a redirect that must not be followed (https to http, loop, too many)
    unauthorized,        ///< 401: no or wrong credentials
    forbidden,           ///< 403: credentials without this right
    not_found,           ///< 404/410: no such object
    rate_limited,        ///< 429 (or 403 with a limit header): `retry_after` is set when the peer told it
    server_error,        ///< 5xx
    bad_request,         ///< another 4xx: the peer refused what we sent
    bad_response,        ///< the answer is not what the protocol says (HTML for JSON, missing key, wrong length)
    response_too_large,  ///< the answer is longer than the limit of this call
    export_failed,       ///< the server says that the export failed
    export_timeout,      ///< the export was not ready within export_deadline
    export_expired,      ///< the result was removed before it could be fetched
    no_data,             ///< the object holds no data that could be exported
    too_busy,            ///< the object is edited all the time; no consistent copy could be had
    archive_invalid,     ///< the ZIP is damaged or lies (structure, CRC, unsafe name)
    content_mismatch,    ///< the content is not what the API says it should be
    shrunken,            ///< much smaller than the last verified copy
    disk_full,           ///< ENOSPC, EDQUOT, EFBIG
    reserve,             ///< would use up the free space kept by limits.reserve
    io_error,            ///< another local file error
    repository_invalid,  ///< a local git repository is damaged or not one
    push_rejected,       ///< the git server refused the ref (its words in `peer`)
    remote_moved,        ///< the remote branch is not where it was expected
    push_unverified,     ///< the push was accepted but the branch does not stand at our commit
    unsupported,         ///< the peer cannot do what is needed (old server, no capability)
    child_failed,        ///< a child process could not be started or ended with an error
    selection_unmatched, ///< an id or name of the configuration matches nothing
    state_invalid,       ///< the state database is damaged
    busy,                ///< another process works on this job or storage
    secret_missing,      ///< a secret could not be read
    config_invalid,      ///< the configuration is not usable
    source_empty,        ///< the source lists nothing, or everything vanished at once
    host_key_unknown,    ///< ssh: the server's host key is in no known_hosts file
    host_key_changed,    ///< ssh: the server shows another host key than the known one
    source_replaced,     ///< another server answers under the same URL
};

/// snake_case name of the enumerator, e.g. "connection_reset". Never fails.
std::string_view name(Errc code) noexcept;

/// An operational failure. `operation` and `object` say what was being done ("GET", "project 12 of lab");
/// `message` is ours, `peer` the other side's words (cut at 2 KiB, control characters kept: escape on output).
struct Failure {
    Errc code = Errc::internal;
    std::string operation;
    std::string object;
    std::string message;
    std::string peer;
    std::string hint;
    bool transient = false;  ///< trying again later may succeed
    int http_status = 0;     ///< 0 when no HTTP answer arrived
    std::optional<std::chrono::seconds> retry_after;
};

/// "GET project 12 of lab: the server closed the connection (peer: …)": one line, for humans.
std::string describe(const Failure& failure);

/// Whether `code` alone suggests that a later try may succeed.
bool usually_transient(Errc code) noexcept;

/// Builds a Failure; `transient` follows usually_transient(code). Use this rather than braces: a braced aggregate in a
/// statement with co_await is miscompiled by g++ 12.2.
Failure fail(Errc code, std::string operation, std::string object, std::string message, std::string peer = std::string());

/// `cancelled`: SIGINT, SIGTERM, or `cancel` ended `operation` of `object`.
Failure fail_cancelled(std::string operation, std::string object);

/// A Failure from errno: ENOSPC/EDQUOT/EFBIG become disk_full, everything else io_error; `object` is the path.
Failure fail_errno(int error, std::string operation, std::string object);

/// Cuts the peer's words at 2 KiB on a UTF-8 boundary.
std::string cut_peer_words(std::string_view words);

[[noreturn]] void throw_exception_from_error(const Failure& failure, const boost::source_location& where);

/// Value or Failure. Test with `if (!r)`, propagate with `return r.error();` / `co_return r.error();`.
template <class T>
using Result = boost::system::result<T, Failure>;

}  // namespace autobackup
