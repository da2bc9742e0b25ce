// SPDX-License-Identifier: MIT
// HTTP/1.1 for every room, without a type of the library inside. Loop thread only.
// Failures: Result; operation is the method, object is Request::object (or the URL), peer the answer's words.
// Cancellation by the owner throws boost::system::system_error(operation_aborted).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/async/types.hpp"
#include "lib/core/failure.hpp"
#include "lib/core/secret.hpp"
#include "lib/http/url.hpp"

namespace autobackup::http {

enum class Method { get, head, post, put, patch, options, delete_ };
std::string_view name(Method method) noexcept;

/// Header fields in order; names are compared without case.
class Headers {
public:
    void add(std::string name, std::string value);
    void set(std::string name, std::string value);  ///< replaces all of that name
    /// First value of that name, or nullptr. The pointer is valid until the next change.
    [[nodiscard]] const std::string* find(std::string_view name) const noexcept;
    [[nodiscard]] std::string value_or(std::string_view name, std::string fallback) const;
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const noexcept { return fields_; }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

/// Limits of one exchange; zero = none.
struct Limits {
    Milliseconds connect{15'000};        ///< name look-up + TCP + proxy + TLS
    Milliseconds no_progress{120'000};   ///< no byte moved in either direction
    Milliseconds total{0};               ///< the whole exchange, redirects included
    std::size_t body_in_memory = std::size_t{64} << 20;  ///< a longer body of exchange() is response_too_large
};

/// A request body that is streamed. Loop thread; read() may hop to a worker inside.
class BodySource {
public:
    virtual ~BodySource() = default;
    /// Exact length when known: then Content-Length is sent, otherwise chunked.
    [[nodiscard]] virtual std::optional<std::uint64_t> size() const = 0;
    /// Fills `buffer` from the front; 0 = end.
    virtual Awaitable<Result<std::size_t>> read(std::span<std::byte> buffer) = 0;
    /// Back to the start, for a repeated request (redirect, 401, stale connection). False: cannot.
    virtual bool rewind() = 0;
};

struct Request {
    Method method = Method::get;
    Url url;
    Headers headers;              ///< Host, Connection, Content-Length are set by the client; no Accept-Encoding is ever sent
    Secret authorization;         ///< value of the Authorization header; dropped when a redirect leaves the origin
    std::string body;             ///< used when `source` is null and the string is not empty (or the method wants one)
    std::shared_ptr<BodySource> source;
    std::string object;           ///< for errors: "project 12 of lab"
    bool follow_redirects = true; ///< GET/HEAD/OPTIONS: 301 302 303 307 308; others: 307/308 only (and 301/302 kept as answers)
    int max_redirects = 5;
};

struct ResponseHead {
    int status = 0;
    std::string reason;
    Headers headers;
    std::optional<std::uint64_t> content_length;
    Url url;  ///< of the request that was answered (after redirects)
};

struct Response {
    ResponseHead head;
    std::string body;
};

/// Takes a streamed body. Loop thread; the calls of one stream never overlap.
class BodySink {
public:
    virtual ~BodySink() = default;
    /// The head arrived. True: the body goes to write(). False: the body (at most 64 KiB of it) comes back in
    /// Response::body, and nothing is written: for errors and for answers that are not what was asked for.
    virtual bool accept(const ResponseHead& head) = 0;
    /// The next bytes, borrowed until the awaitable is done. A failure ends the exchange with that failure.
    virtual Awaitable<Result<void>> write(std::span<const std::byte> bytes) = 0;
};

struct Traffic {
    std::uint64_t requests = 0;
    std::uint64_t bytes_received = 0;  ///< body bytes
    std::uint64_t bytes_sent = 0;      ///< body bytes
};

class Client {
public:
    virtual ~Client() = default;

    /// Sends and reads the whole body into memory. Any HTTP status is a Response; Failure is for what kept an answer from
    /// arriving whole. A body without Content-Length and chunking is accepted here (JSON is checked by its parser).
    virtual Awaitable<Result<Response>> exchange(Request request, Limits limits) = 0;

    /// Sends and streams the body into `sink`. The socket is read continuously into a bounded buffer (1 MiB) while write()
    /// runs. A body that ends before its Content-Length is connection_closed; one without length and chunking too
    /// (a cut could not be told from the end).
    virtual Awaitable<Result<Response>> stream(Request request, BodySink& sink, Limits limits) = 0;

    /// Sum over all exchanges of this client.
    [[nodiscard]] virtual Traffic traffic() const noexcept = 0;

    /// Closes idle connections, so that the loop can end.
    virtual void close_idle() = 0;
};

struct ClientSettings {
    std::string user_agent = "autobackupd";
    std::filesystem::path ca_file;      ///< PEM, in addition to the system's store; empty = none
    std::string http_proxy;             ///< http://[user:password@]host:port, as in the environment; empty = direct
    std::string https_proxy;            ///< CONNECT through it
    std::string no_proxy;               ///< comma-separated: host, .suffix, suffix, IP, CIDR, *, host:port
    std::size_t idle_per_origin = 8;
    Milliseconds idle_time{60'000};     ///< an idle connection older than that is not used again
};

/// Reads http_proxy, HTTPS_PROXY, https_proxy, ALL_PROXY, NO_PROXY … into `settings` (curl's rules: HTTP_PROXY in upper case
/// is ignored). The only place that reads them: called by the composition root.
void read_proxies_from_environment(ClientSettings& settings);

/// Failure (config_invalid) when ca_file cannot be read or holds no certificate, or a proxy URL is bad.
Result<std::unique_ptr<Client>> make_client(ClientSettings settings);

/// Turns a non-2xx answer into a Failure: code by status, peer's words from the body, Retry-After (seconds or date).
Failure failure_of(const Response& response, std::string operation, std::string object);

}  // namespace autobackup::http
