// SPDX-License-Identifier: MIT
// Walks one file against the key table: unknown keys, wrong types, impossible values. What concerns several
// keys at once is looked at in build.cpp, on the merged configuration.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/keys.hpp"
#include "daemon/config/load.hpp"
#include "lib/yaml/node.hpp"

namespace autobackup::config {

/// "jobs" + "signs" → "jobs.signs".
std::string join_path(std::string_view parent, std::string_view name);

/// A key as written, for a message; "(not shown)" when it may be a secret that was put in the wrong place.
std::string shown_key(std::string_view key, std::string_view path);

/// Collects problems; one per place and message.
class Problems {
public:
    void add(const yaml::Place& place, std::string path, std::string message,
             std::string suggestion = std::string());
    /// Sorted by file, line, column; each only once.
    [[nodiscard]] std::vector<Problem> sorted() const;
    [[nodiscard]] bool empty() const noexcept { return list_.empty(); }
    /// Whether a problem stands on a key or value at or below `node`: what follows from it need not be told
    /// too.
    [[nodiscard]] bool touch(const yaml::Node& node) const;

private:
    /// A file of another kind, given by mistake, must not flood the terminal.
    static constexpr std::size_t most = 1000;
    std::vector<Problem> list_;
};

/// Checks a mapping (or nothing) against the keys of `keys`; `path` is its own.
void check_mapping(const yaml::Node& node, const KeyNode& keys, const std::string& path, Problems& problems);

/// Checks one value that is no mapping of the table.
void check_value(const yaml::Node& node, const Key& key, const std::string& path, Problems& problems);

}  // namespace autobackup::config
