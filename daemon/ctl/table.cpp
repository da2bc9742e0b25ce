// SPDX-License-Identifier: MIT
#include "daemon/ctl/table.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "lib/core/text.hpp"

namespace autobackup::ctl {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t narrowest = 8;

const char* code_of(Paint paint) {
    switch (paint) {
        case Paint::none:
            return "";
        case Paint::good:
            return "\x1b[32m";
        case Paint::notice:
            return "\x1b[33m";
        case Paint::bad:
            return "\x1b[31m";
        case Paint::active:
            return "\x1b[36m";
        case Paint::faint:
            return "\x1b[2m";
    }
    return "";
}

// One line of the table; blanks at its end are left out, and what goes beyond `width` too.
std::string line_of(const std::vector<Cell>& cells, const std::vector<std::size_t>& widths, std::size_t width, bool colour) {
    std::string line;
    std::size_t used = 0;
    std::size_t owed = 0;  // blanks before the next word
    for (std::size_t i = 0; i < cells.size() && used < width; ++i) {
        const std::string text = cut_columns(cells[i].text, std::min(widths[i], width - std::min(width, used + owed)));
        if (!text.empty()) {
            line += std::string(owed, ' ') + painted(text, cells[i].paint, colour);
            used += owed + columns(text);
            owed = 0;
        }
        owed += widths[i] - std::min(widths[i], columns(text)) + gap;
    }
    return line + '\n';
}

}  // namespace

Paint paint_of(const std::string& word) {
    static const std::vector<std::pair<std::string_view, Paint>> words{
        {"success", Paint::good},   {"unchanged", Paint::good},   {"saved", Paint::good},     {"cloned", Paint::good},   {"updated", Paint::good},
        {"partial", Paint::notice}, {"cancelled", Paint::notice}, {"refused", Paint::notice}, {"paused", Paint::notice}, {"retrying", Paint::notice},
        {"blocked", Paint::notice}, {"failed", Paint::bad},       {"running", Paint::active}, {"queued", Paint::active}, {"disabled", Paint::faint},
        {"manual", Paint::faint},   {"skipped", Paint::faint},    {"gone", Paint::faint}};
    const auto found = std::find_if(words.begin(), words.end(), [&](const auto& one) { return one.first == word; });
    return found == words.end() ? Paint::none : found->second;
}

std::string painted(const std::string& text, Paint paint, bool colour) {
    if (!colour || paint == Paint::none) return text;
    return code_of(paint) + text + "\x1b[0m";
}

void Table::add(std::vector<Cell> row) {
    for (Cell& cell : row) cell.text = one_line(cell.text);
    rows_.push_back(std::move(row));
}

std::vector<std::size_t> Table::widths(std::size_t width) const {
    std::vector<std::size_t> wide;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t most = columns(columns_[i].title);
        for (const auto& row : rows_) most = std::max(most, i < row.size() ? columns(row[i].text) : 0);
        wide.push_back(most);
    }
    const auto total = [&] { return std::accumulate(wide.begin(), wide.end(), gap * (wide.size() - 1)); };
    while (total() > width) {
        std::size_t* widest = nullptr;
        for (std::size_t i = 0; i < wide.size(); ++i) {
            if (columns_[i].shrinks && wide[i] > narrowest && (widest == nullptr || wide[i] > *widest)) widest = &wide[i];
        }
        if (widest == nullptr) break;
        --*widest;
    }
    return wide;
}

std::string Table::text(std::size_t width, bool colour) const {
    const std::vector<std::size_t> wide = widths(width);
    std::vector<Cell> head;
    for (const Column& column : columns_) head.emplace_back(column.title, Paint::faint);
    std::string all = line_of(head, wide, width, colour);
    for (const auto& row : rows_) all += line_of(row, wide, width, colour);
    return all;
}

}  // namespace autobackup::ctl
