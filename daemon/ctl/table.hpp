// SPDX-License-Identifier: MIT
// Tables for a terminal: they fit its width. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace autobackup::ctl {

/// What a word means to the reader; the colour follows from it.
enum class Paint { none, good, notice, bad, active, faint };

/// How a run's outcome or a job's state is painted.
Paint paint_of(const std::string& word);

/// `text` in its colour (SGR) when `colour` is wanted; as it is otherwise.
std::string painted(const std::string& text, Paint paint, bool colour);

struct Cell {
    Cell(std::string words, Paint how = Paint::none) : text(std::move(words)), paint(how) {}  // NOLINT: cells are written as plain texts
    Cell(const char* words) : text(words) {}                                                  // NOLINT
    std::string text;  ///< may come from outside: shown on one line, control characters escaped
    Paint paint = Paint::none;
};

class Table {
public:
    struct Column {
        const char* title;
        bool shrinks = false;  ///< may be cut ("…") down to 8 columns when the table is too wide
    };
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    void add(std::vector<Cell> row);
    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
    /// With its head, each line ended; no line is longer than `width`.
    [[nodiscard]] std::string text(std::size_t width, bool colour) const;

private:
    [[nodiscard]] std::vector<std::size_t> widths(std::size_t width) const;
    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

}  // namespace autobackup::ctl
