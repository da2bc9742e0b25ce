// SPDX-License-Identifier: MIT
// One HTTP/1.1 answer, made from bytes as they come. No I/O, and no type of Beast, which does the parsing.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "lib/core/failure.hpp"
#include "lib/http/client.hpp"

namespace autobackup::http {

/// Longest head of an answer, and longest trailer.
inline constexpr std::size_t head_limit = std::size_t{64} << 10;

class ResponseParser {
public:
    /// What was eaten from the front of the bytes, and the body bytes that were in it.
    struct Eaten {
        std::size_t consumed = 0;
        std::span<std::byte> body;
    };

    /// `method` of the request: the answer to HEAD has no body. `tunnel`: of a CONNECT, where a 2xx has none
    /// either.
    explicit ResponseParser(Method method, bool tunnel = false);
    ~ResponseParser();
    ResponseParser(const ResponseParser&) = delete;
    ResponseParser& operator=(const ResponseParser&) = delete;

    /// Takes the head from `bytes`; interim answers (1xx) before it are skipped. Nothing is eaten of an
    /// incomplete head: call again with the same bytes and more. bad_response: not HTTP; response_too_large:
    /// a head over head_limit.
    Result<std::size_t> feed_head(std::span<const std::byte> bytes);
    [[nodiscard]] bool has_head() const noexcept { return has_head_; }
    /// Valid when has_head(); without `url`.
    [[nodiscard]] const ResponseHead& head() const noexcept { return head_; }

    /// Takes body bytes from `bytes`, which must begin where the last call stopped. Chunk sizes are removed
    /// in place, so that the body bytes of the call lie together at the front; what was not eaten follows at
    /// `consumed`. bad_response: bad chunks.
    Result<Eaten> feed_body(std::span<std::byte> bytes);
    /// The whole answer was eaten.
    [[nodiscard]] bool done() const noexcept;
    /// The body has neither length nor chunks: its end is the end of the connection.
    [[nodiscard]] bool ends_with_connection() const noexcept;
    /// The connection ended. True when that is the body's proper end; otherwise the answer was cut.
    bool finish();
    /// Whether the connection may carry another request afterwards.
    [[nodiscard]] bool keep_alive() const;

private:
    class Grammar;
    void start();

    std::unique_ptr<Grammar> grammar_;
    ResponseHead head_;
    Method method_;
    bool tunnel_;
    bool has_head_ = false;
    int interim_ = 0;
    std::size_t searched_ = 0;
};

}  // namespace autobackup::http
