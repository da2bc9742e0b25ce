// SPDX-License-Identifier: MIT
// Command lines and YAML in the small. Private to this room. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/failure.hpp"

namespace autobackup::import_config {

/// What an option takes.
enum class Takes { nothing, one, several };

struct Option {
    std::vector<std::string> names;  ///< "-t", "--token"
    Takes takes = Takes::nothing;
};

/// A parsed command line, by the first long name of each option.
struct Parsed {
    std::map<std::string, std::vector<std::string>> options;  ///< "--token" → values; no value: empty
    std::vector<std::string> positional;
    std::vector<std::string> unknown;  ///< options that the table does not know
    [[nodiscard]] bool has(const std::string& name) const { return options.contains(name); }
    /// The last value; empty when there is none.
    [[nodiscard]] std::string value(const std::string& name) const;
};

/// As python's argparse reads it: --name value, --name=value, -nvalue, several values up to the next option, unambiguous beginnings.
Parsed parse(const std::vector<std::string>& words, const std::vector<Option>& table);

/// A text that YAML reads back as that text; bare where that is safe.
std::string yaml_text(std::string_view text);
/// ["a", "b"].
std::string list(const std::vector<std::string>& texts);
/// An absolute path.
std::string absolute(std::string_view path, std::string_view directory);

/// Remarks that stand as comments above the configuration.
class Remarks {
public:
    void add(std::string text) { lines_.push_back(std::move(text)); }
    /// "# - …" lines.
    [[nodiscard]] std::string text() const;

private:
    std::vector<std::string> lines_;
};

/// Where the value of a secret has to be put; the value itself is never repeated.
void secret_goes(Remarks& remarks, std::string_view name, std::string_view what);

}  // namespace autobackup::import_config
