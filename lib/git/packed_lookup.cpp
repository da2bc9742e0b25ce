// SPDX-License-Identifier: MIT
#include "lib/git/packed_lookup.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace autobackup::git {
namespace {

constexpr std::size_t name_begins = 41;          // "<40 hex> <name>"
constexpr std::size_t longest_row = 8192;        // far beyond the longest path, with the row of what a tag stands for
constexpr std::size_t few_bytes = 2 * longest_row;     // bytes that are read through rather than bisected

class Bisection {
public:
    Bisection(int fd, std::uint64_t size, std::string_view name) : fd_(fd), name_(name), end_(size) {}

    PackedLookup run() {
        if (!read(0, longest_row)) return {};
        const std::string_view header = std::string_view(text_).substr(0, text_.find('\n') + 1);
        const bool sorted = header.starts_with("# pack-refs with:") && header.find(" sorted ") != std::string_view::npos;
        if (!sorted) return {};
        begin_ = header.size();
        while (end_ - begin_ > few_bytes) {
            if (!halve()) return {};
            if (found_) return PackedLookup{true, found_};
        }
        return read_through();
    }

private:
    // The bytes from there on, at most so many; fewer at the end of the file.
    bool read(std::uint64_t offset, std::size_t bytes) {
        text_.resize(bytes);
        std::size_t have = 0;
        while (have < bytes) {
            const ssize_t got = ::pread(fd_, text_.data() + have, bytes - have, static_cast<off_t>(offset + have));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return false;
            if (got == 0) break;
            have += static_cast<std::size_t>(got);
        }
        text_.resize(have);
        return true;
    }

    // Rows begin in [begin_, end_): half of that is left afterwards. False: a row cannot be read.
    bool halve() {
        const std::uint64_t middle = begin_ + (end_ - begin_) / 2;
        if (!read(middle, longest_row)) return false;
        std::size_t at = next_line(0);
        while (at < text_.size() && text_[at] == '^') at = next_line(at);
        if (middle + at >= end_) {  // the row in the middle is the last one
            end_ = middle + 1;
            return true;
        }
        const std::size_t behind = next_line(at);
        const std::optional<std::string_view> row = row_at(at);
        if (!row) return false;
        const int order = name_.compare(row->substr(name_begins));
        if (order == 0) found_ = Oid::parse(row->substr(0, name_begins - 1));
        if (order < 0) end_ = middle + at;
        if (order > 0) begin_ = middle + behind;
        return order != 0 || found_.has_value();
    }

    PackedLookup read_through() {
        if (!read(begin_, static_cast<std::size_t>(end_ - begin_) + longest_row)) return {};
        for (std::size_t at = 0; at < text_.size() && begin_ + at < end_; at = next_line(at)) {
            if (text_[at] == '^') continue;
            const std::optional<std::string_view> row = row_at(at);
            if (!row) return {};
            if (row->substr(name_begins) != name_) continue;
            const std::optional<Oid> oid = Oid::parse(row->substr(0, name_begins - 1));
            return PackedLookup{oid.has_value(), oid};
        }
        return PackedLookup{true, std::nullopt};
    }

    [[nodiscard]] std::size_t next_line(std::size_t at) const {
        const std::size_t end = text_.find('\n', at);
        return end == std::string::npos ? text_.size() : end + 1;
    }
    // Nothing: it is none, or does not end in what was read.
    [[nodiscard]] std::optional<std::string_view> row_at(std::size_t at) const {
        const std::size_t end = text_.find('\n', at);
        if (end == std::string::npos || end - at <= name_begins || text_[at + name_begins - 1] != ' ') return std::nullopt;
        return std::string_view(text_).substr(at, end - at);
    }

    int fd_;
    std::string_view name_;
    std::uint64_t begin_ = 0;
    std::uint64_t end_;
    std::string text_;
    std::optional<Oid> found_;
};

}  // namespace

PackedLookup look_up_packed(const fs::path& file, std::string_view name) {
    const Result<FileDescriptor> opened = open_file(file, O_RDONLY);
    if (!opened) return {};
    const Result<std::uint64_t> size = file_size(opened->get(), file);
    if (!size) return {};
    return Bisection(opened->get(), *size, name).run();
}

}  // namespace autobackup::git
