// SPDX-License-Identifier: MIT
#include "lib/git/growth_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "lib/git/temporary.hpp"

namespace autobackup::git {

namespace {

constexpr std::string_view growth_word = "growth ";
constexpr std::size_t largest_log = std::size_t{1} << 30;  // of a project of five million files
constexpr std::uint64_t shortest_entry = 44;  // of its line: a name, two numbers, two spaces, a newline

/// A text that is read from the front; good() tells whether all was as it must be.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}
    [[nodiscard]] bool good() const noexcept { return good_; }
    [[nodiscard]] std::size_t left() const noexcept { return rest_.size(); }

    void word(std::string_view expected) {
        good_ = good_ && rest_.starts_with(expected);
        if (good_) rest_.remove_prefix(expected.size());
    }
    std::string_view bytes(std::uint64_t count) {
        good_ = good_ && count <= rest_.size();
        if (!good_) return {};
        const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(count));
        rest_.remove_prefix(taken.size());
        return taken;
    }
    std::uint64_t number(std::string_view behind) {
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        good_ = good_ && error == std::errc();
        if (good_) rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        word(behind);
        return value;
    }

private:
    std::string_view rest_;
    bool good_ = true;
};

bool read_entry(Reader& reader, IndexEntry& entry) {
    const std::optional<Oid> oid = Oid::parse(reader.bytes(2 * digest_bytes));
    reader.word(" ");
    entry.offset = reader.number(" ");
    const std::uint64_t crc = reader.number("\n");
    if (!reader.good() || !oid || crc > UINT32_MAX) return false;
    entry.oid = *oid;
    entry.crc = static_cast<std::uint32_t>(crc);
    return true;
}

bool read_growth(Reader& reader, Growth& growth) {
    reader.word(growth_word);
    const std::uint64_t count = reader.number(" ");
    const std::uint64_t note = reader.number(" ");
    growth.end = reader.number("\n");
    if (!reader.good() || count > reader.left() / shortest_entry) return false;
    growth.entries.resize(static_cast<std::size_t>(count));
    for (IndexEntry& entry : growth.entries) {
        if (!read_entry(reader, entry)) return false;
    }
    growth.note = reader.bytes(note);
    reader.word("\n");
    return reader.good();
}

}  // namespace

std::string to_text(const Growth& growth) {
    std::string text = std::string(growth_word) + std::to_string(growth.entries.size()) + " " + std::to_string(growth.note.size()) + " " +
                       std::to_string(growth.end) + "\n";
    for (const IndexEntry& entry : growth.entries) {
        text += entry.oid.hex() + " " + std::to_string(entry.offset) + " " + std::to_string(entry.crc) + "\n";
    }
    return text + growth.note + "\n";
}

std::vector<Growth> parse_growths(std::string_view text) {
    std::vector<Growth> growths;
    Reader reader(text);
    while (reader.left() > 0) {
        Growth growth;
        if (!read_growth(reader, growth)) break;
        growth.log_end = text.size() - reader.left();
        growths.push_back(std::move(growth));
    }
    return growths;
}

Result<GrowthLog> GrowthLog::open(fs::path path) {
    Result<FileDescriptor> file = open_file(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
    if (!file) return file.error();
    const Result<void> given = give_to_owner_of(path.parent_path(), file->get(), path);
    if (!given) return given.error();
    const Result<std::uint64_t> size = file_size(file->get(), path);
    if (!size) return size.error();
    GrowthLog log(std::move(*file), std::move(path));
    log.bytes_ = *size;
    return log;
}

Result<std::vector<Growth>> GrowthLog::read() const {
    const Result<std::string> text = read_file(path_, largest_log);
    if (!text) return text.error();
    return parse_growths(*text);
}

Result<void> GrowthLog::append(const Growth& growth) {
    const std::string text = to_text(growth);
    const Result<void> written = write_all(file_.get(), text, path_);
    if (written) {
        bytes_ += text.size();
        return {};
    }
    // The failure to tell is the first one; whoever reads a torn end passes it over.
    static_cast<void>(cut(bytes_));
    return written;
}

Result<void> GrowthLog::cut(std::uint64_t bytes) {
    if (::ftruncate(file_.get(), static_cast<off_t>(bytes)) != 0) return fail_errno(errno, "cut back", path_.string());
    bytes_ = bytes;
    return {};
}

}  // namespace autobackup::git
