// SPDX-License-Identifier: MIT
// man(7) source. Pure.
#pragma once

#include <string>
#include <string_view>

namespace autobackup::manual {

/// The text as running text: back-slashes, hyphens and a leading point or quote lose their meaning. One or more lines.
std::string escaped(std::string_view text);
/// As escaped(), with the Markdown of our own pages: `code` and **bold** in bold, [text](link) as text.
std::string marked_up(std::string_view text);
/// An example: lines as they are, indented.
std::string verbatim(std::string_view text);

/// A page of ours in Markdown: second-level headings become sections, tables lists, fences examples. The first-level heading and
/// comments are left out. Not a general converter.
std::string from_markdown(std::string_view text);

}  // namespace autobackup::manual
