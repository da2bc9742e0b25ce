// SPDX-License-Identifier: MIT
// Pointer files of Git LFS (git-lfs docs/spec.md, version 1) and the lines of .gitattributes that name them. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace autobackup::lfs {

/// An object: the SHA-256 of its content in 64 lower-case digits, and its size in bytes.
struct Pointer {
    std::string oid;
    std::uint64_t size = 0;
    friend auto operator<=>(const Pointer&, const Pointer&) = default;
};

/// No pointer file is longer (git-lfs reads no more of a blob when it looks for pointers).
inline constexpr std::size_t longest_pointer = 1024;

/// Exactly 64 lower-case hexadecimal digits.
bool is_oid(std::string_view text) noexcept;

/// The file that stands in the tree for the object: three lines, `version` first, in the one canonical form.
std::string pointer_text(const Pointer& pointer);

/// Undoes pointer_text(). Nothing for any other text, pointers with extensions included: their object is not the content.
std::optional<Pointer> parse_pointer(std::string_view text);

/// Reads a pointer that anybody wrote, as leniently as git-lfs: older names of the version, lines of extensions, white space at the end.
std::optional<Pointer> read_pointer(std::string_view text);

/// What a repository's .lfsconfig says of the server to fetch from ("lfs.fetchurl", else "lfs.url"); nothing when it says none
/// (git-lfs-config(5)).
std::optional<std::string> server_in_config(std::string_view text);

/// The line of a .gitattributes that hands `path` (relative to that file's directory, parts joined by '/') to git-lfs:
/// anchored, glob characters escaped, quoted as gitattributes(5) wants it, ended by a newline. Nothing when it would be longer
/// than the 2048 bytes that git reads of a line.
std::optional<std::string> attributes_line(std::string_view path);

/// The paths of all lines that attributes_line() wrote, in order; other lines are left out.
std::vector<std::string> attribute_paths(std::string_view text);

}  // namespace autobackup::lfs
