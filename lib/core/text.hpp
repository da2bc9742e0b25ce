// SPDX-License-Identifier: MIT
// Small pure text helpers: one-line escaping, globs, near misses, human numbers, percent encoding.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace autobackup {

/// The text on one line: control characters (also U+0080..U+009F, U+2028/9) become \n, \t, \u001b …; invalid UTF-8 bytes \xNN.
std::string one_line(std::string_view text);

/// At most `bytes` bytes, cut on a UTF-8 character boundary, "…" appended when something was cut.
std::string cut_utf8(std::string_view text, std::size_t bytes);

/// Columns that the text takes on a terminal, one for each character; a wide character may take two.
std::size_t columns(std::string_view text);
/// At most `width` columns, the last one "…" when something was cut.
std::string cut_columns(std::string_view text, std::size_t width);

/// Shell-like glob: `*` (any run), `?` (one character), `[a-z]`, `[!a-z]`; case-sensitive; no special treatment of '/'.
bool glob_match(std::string_view pattern, std::string_view text);

/// Whether `text` contains one of the glob characters * ? [
bool is_glob(std::string_view text);

/// The candidate within edit distance 2 (or a third of the length) that is nearest to `word`.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

/// "1.03 GiB", "512 B". "12.3 s", "4 min 10 s", "2 h 5 min".
std::string human_bytes(std::uint64_t bytes);
std::string human_duration(std::chrono::milliseconds duration);

/// RFC 3986 percent encoding of everything but unreserved characters (also '/', '&', '=' are encoded).
std::string percent_encode(std::string_view text);
/// Undoes %XX; a malformed escape is kept as it is.
std::string percent_decode(std::string_view text);

std::string base64_encode(std::string_view bytes);

std::string to_lower(std::string_view text);  ///< ASCII only
std::string_view trim(std::string_view text);  ///< ASCII white space at both ends
std::vector<std::string_view> split(std::string_view text, char separator);
std::string hex(std::span<const unsigned char> bytes);  ///< lower case

}  // namespace autobackup
