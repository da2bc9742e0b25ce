// SPDX-License-Identifier: MIT
// A strict, bounded reader over yaml-cpp 0.7. It closes the gaps of that library: doubled keys pass there
// silently, `010` is 8, `yes` is true, only the first document is read, and a missing key has no line.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "lib/yaml/node.hpp"

namespace autobackup::yaml {

/// What a document may cost at most; more is an Issue, not a crash.
struct Limits {
    std::size_t bytes = std::size_t{4} << 20;
    int depth = 64;            ///< nested lists and mappings
    std::size_t issues = 500;  ///< then the reading ends
    /// Aliases counted as often as they occur, so that an alias bomb is refused.
    std::size_t nodes = 100'000;
};

/// Something that is wrong with the document.
struct Issue {
    Place place;
    std::string path;  ///< "jobs.signs.git[0].url"; empty at the top
    std::string message;
};

struct Document {
    NodePtr root;  ///< null when the file could not be read or is not YAML; otherwise all that could be
                   ///< understood
    std::vector<Issue> issues;
};

/// Reads one document from `text`; `file` is used in places only. Accepts UTF-8 (with or without a byte order
/// mark), anchors, aliases and merge keys. Issues: syntax, doubled keys (both places named), keys that are
/// not text, unknown tags, a second document, control characters, invalid UTF-8, and everything over a limit.
/// An empty document is a null node.
Document parse(std::string_view text, const std::string& file, const Limits& limits = Limits());

/// The same from a file; one that cannot be read is an Issue without line. Blocks.
Document read(const std::filesystem::path& file, const Limits& limits = Limits());

}  // namespace autobackup::yaml
