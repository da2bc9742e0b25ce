// SPDX-License-Identifier: MIT
// Inside daemon/metrics: what a request asks for, and the answer to it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace autobackup::metrics {

/// A request line and header fields of more bytes are refused (431).
inline constexpr std::size_t longest_head = 8192;

struct Verdict {
    int status = 400;        ///< 200, 400, 404, 405, 431, 505
    bool with_body = true;   ///< false: HEAD
};

/// Judges a request head (request line and fields, each ended by CRLF, and the empty line) after RFC 9112: strict, because
/// there is one answer only. GET and HEAD of /metrics are 200; a query is not looked at, a body is not read.
Verdict judge(std::string_view head);

/// A whole answer, after which the connection is closed. `metrics` is the body of a 200.
std::string answer(const Verdict& verdict, std::string_view metrics);

}  // namespace autobackup::metrics
