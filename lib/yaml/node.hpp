// SPDX-License-Identifier: MIT
// A YAML document as values that remember where they stand. No type of yaml-cpp inside; pure values, any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace autobackup::yaml {

/// A position in a file; line and column (in characters, not bytes) are 1-based, 0 = the file as a whole.
struct Place {
    std::string file;
    int line = 0;
    int column = 0;
};

/// "file:line:column"; only "file" when there is no line.
std::string text(const Place& place);

enum class Kind { null, scalar, sequence, mapping };

struct Node;
using NodePtr = std::shared_ptr<const Node>;  ///< shared: an alias is the node of its anchor

/// `key: value` of a mapping; `place` is the key's.
struct Entry {
    std::string key;
    Place place;
    NodePtr value;  ///< never null
};

/// One value. A mapping holds each key once; keys that came through a merge key (`<<`) stand behind its own.
struct Node {
    Kind kind = Kind::null;
    Place place;
    std::string text;  ///< of a scalar
    bool quoted =
        false;  ///< the scalar was quoted, a block scalar or tagged !!str: it is text, whatever it looks like
    std::vector<NodePtr> items;
    std::vector<Entry> entries;
    std::size_t weight =
        1;  ///< number of nodes below and including this one, aliases counted as often as they occur

    /// The entry of that key, or nullptr. Valid as long as this node.
    [[nodiscard]] const Entry* find(std::string_view key) const noexcept;
    [[nodiscard]] bool is_scalar() const noexcept { return kind == Kind::scalar; }
    [[nodiscard]] bool is_mapping() const noexcept { return kind == Kind::mapping; }
    [[nodiscard]] bool is_sequence() const noexcept { return kind == Kind::sequence; }
    [[nodiscard]] bool is_null() const noexcept { return kind == Kind::null; }
};

/// YAML 1.2 core schema: plain true/false (also True, TRUE …). `yes`, `on`, `y` are text there, as they
/// should be.
std::optional<bool> as_bool(const Node& node);

/// A plain decimal whole number: [-+]?(0|[1-9][0-9]*) within int64. `010` is refused (8 for some readers, 10
/// for others).
std::optional<std::int64_t> as_integer(const Node& node);

/// What a reader sees there, for error messages: "text", "a number", "true/false", "a list", "a mapping",
/// "nothing".
std::string_view describe_kind(const Node& node);

}  // namespace autobackup::yaml
