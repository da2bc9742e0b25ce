// SPDX-License-Identifier: MIT
// Inside lib/yaml only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/yaml/node.hpp"

namespace autobackup::yaml {

/// The text of a file with its line starts, to turn byte positions into places. Borrows the text.
class Source {
public:
    Source(std::string_view text, std::string file);
    /// Of a 0-based line and a 0-based byte column, as yaml-cpp counts them.
    [[nodiscard]] Place place(int line, int byte_column) const;
    /// The byte there, or 0.
    [[nodiscard]] char at(int line, int byte_column) const;
    /// The first byte that must not stand in a text file (invalid UTF-8, control character), with what it is.
    struct BadByte {
        Place place;
        std::string message;
    };
    [[nodiscard]] std::optional<BadByte> first_bad_byte() const;
    [[nodiscard]] const std::string& file() const noexcept { return file_; }

private:
    [[nodiscard]] Place place_of_offset(std::size_t offset) const;
    std::string_view text_;
    std::string file_;
    std::vector<std::size_t> starts_;
};

}  // namespace autobackup::yaml
