// SPDX-License-Identifier: MIT
#include "daemon/manual/roff.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

#include "lib/core/text.hpp"

namespace autobackup::manual {
namespace {

constexpr std::string_view bold = "\\fB";
constexpr std::string_view roman = "\\fR";

std::string character(char c) {
    if (c == '\\') return "\\e";
    if (c == '-') return "\\-";
    return std::string(1, c);
}

// A line that begins with a point or a quote would be a request.
std::string guarded(std::string line) {
    return line.starts_with('.') || line.starts_with('\'') ? "\\&" + line : line;
}

std::string upper(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return out;
}

// "| a | b |" as its cells.
std::vector<std::string> cells_of(std::string_view row) {
    std::vector<std::string> cells;
    row = trim(row);
    row.remove_prefix(1);
    if (row.ends_with('|')) row.remove_suffix(1);
    for (std::size_t end = 0; end != std::string_view::npos;) {
        end = row.find(" | ");
        cells.emplace_back(trim(row.substr(0, end)));
        if (end != std::string_view::npos) row.remove_prefix(end + 2);
    }
    return cells;
}

// `| key | value | default | meaning |`: the meaning, then what it may be. Two columns: a word and what it means.
std::string table_row(const std::vector<std::string>& cells) {
    std::string out = ".TP\n" + guarded(marked_up(cells.front())) + '\n';
    if (cells.size() != 4) {
        for (std::size_t i = 1; i < cells.size(); ++i) out += guarded(marked_up(cells[i])) + '\n';
        return out;
    }
    std::string allowed = cells[1];
    if (!cells[2].empty()) allowed += "; default " + cells[2];
    return out + guarded(marked_up(cells[3])) + '\n' + guarded("(" + marked_up(allowed) + ")") + '\n';
}

class Converter {
public:
    void take(std::string_view line) {
        if (line.starts_with("```")) return fence();
        if (fenced_) {
            code_ += std::string(line) + '\n';
        } else if (line.starts_with("<!--") || line.starts_with("# ")) {
            return;
        } else if (line.starts_with("## ")) {
            paragraph();
            out_ += ".SH \"" + escaped(upper(line.substr(3))) + "\"\n";
        } else if (line.starts_with("|")) {
            paragraph();
            row(line);
        } else if (trim(line).empty()) {
            paragraph();
            rows_ = 0;
        } else {
            words_ += (words_.empty() ? "" : " ") + std::string(trim(line));
        }
    }
    std::string end() {
        paragraph();
        return std::move(out_);
    }

private:
    void fence() {
        paragraph();
        if (fenced_) out_ += verbatim(code_);
        code_.clear();
        fenced_ = !fenced_;
    }
    void paragraph() {
        if (!words_.empty()) out_ += ".PP\n" + guarded(marked_up(words_)) + '\n';
        words_.clear();
    }
    // The first two lines of a table are its head and a rule.
    void row(std::string_view line) {
        if (++rows_ > 2) out_ += table_row(cells_of(line));
    }

    std::string out_, words_, code_;
    bool fenced_ = false;
    int rows_ = 0;
};

}  // namespace

std::string escaped(std::string_view text) {
    std::string out;
    for (const std::string_view line : split(text, '\n')) {
        std::string one;
        for (const char c : line) one += character(c);
        out += (out.empty() ? "" : "\n") + guarded(std::move(one));
    }
    return out;
}

std::string marked_up(std::string_view text) {
    std::string out;
    bool code = false;
    bool strong = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::size_t middle = text.find("](", i);
        const std::size_t close = text.find(')', i);
        if (text[i] == '`') {
            code = !code;
            out += code ? bold : roman;
        } else if (!code && text.substr(i, 2) == "**") {
            strong = !strong;
            out += strong ? bold : roman;
            ++i;
        } else if (!code && text[i] == '[' && middle != std::string_view::npos && close != std::string_view::npos && text.find(']', i) == middle) {
            out += marked_up(text.substr(i + 1, middle - i - 1));
            i = text.find(')', middle);
        } else {
            out += character(text[i]);
        }
    }
    return out;
}

std::string verbatim(std::string_view text) {
    while (text.ends_with('\n')) text.remove_suffix(1);
    return ".PP\n.RS 4\n.nf\n" + escaped(text) + "\n.fi\n.RE\n";
}

std::string from_markdown(std::string_view text) {
    Converter converter;
    for (const std::string_view line : split(text, '\n')) converter.take(line);
    return converter.end();
}

}  // namespace autobackup::manual
