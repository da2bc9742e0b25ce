// SPDX-License-Identifier: MIT
// Points in time as they stand in reports, file names and servers' answers. Always UTC.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace autobackup {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;

Instant now();

/// "2026-11-21T01:30:00.120Z" (milliseconds).
std::string rfc3339(Instant time);
/// "2026-11-21T01:30:00Z".
std::string rfc3339_seconds(Instant time);
/// "20261121T013000Z": the form of archive and snapshot names.
std::string compact_utc(Instant time);
/// Accepts RFC 3339 with any fraction and any offset ("2026-11-21T05:11:51.123456Z", "+01:00"). Nothing on other text.
std::optional<Instant> parse_rfc3339(std::string_view text);
/// Accepts "20261121T013000Z".
std::optional<Instant> parse_compact_utc(std::string_view text);

/// Seconds from `begin` to now by the clock that nobody sets: durations of stages.
inline double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace autobackup
