// SPDX-License-Identifier: MIT
// The rules are those of zipfile.py of CPython 3.10, with which CVAT's server writes its backups (3.11.4 and
// later differ for members between 2 GiB / 1.05 and 2 GiB, whose sizes they saturate).
#include "lib/zip/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "lib/core/text.hpp"
#include "lib/zip/format.hpp"

namespace autobackup::zip {
namespace {

constexpr std::uint64_t zip64_limit = (std::uint64_t{1} << 31) - 1;
constexpr std::uint16_t version_plain = 20;
constexpr std::uint16_t version_zip64 = 45;
constexpr std::uint16_t system_unix = 3;
constexpr std::size_t flush_bytes = std::size_t{64} << 10;

template <class Number>
void put(std::string& out, Number value) {
    for (std::size_t i = 0; i < sizeof(Number); ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}
void put16(std::string& out, std::uint64_t value) {
    put(out, static_cast<std::uint16_t>(value));
}
void put32(std::string& out, std::uint64_t value) {
    put(out, static_cast<std::uint32_t>(value));
}
void put64(std::string& out, std::uint64_t value) {
    put(out, value);
}

std::uint16_t flags_of(const std::string& name) {
    const bool ascii =
        std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    return ascii ? 0 : flag_utf8;
}

// Python must guess, before it has compressed anything, whether the sizes will fit.
bool has_local_zip64(std::uint64_t size) {
    return static_cast<double>(size) * 1.05 > static_cast<double>(zip64_limit);
}

std::uint64_t or_saturated(std::uint64_t value, std::uint64_t limit, std::uint64_t saturated) {
    return value > limit ? saturated : value;
}

// Flags, method, time, CRC and sizes: the same run of fields in both headers.
void put_common(std::string& out, const NewMember& member) {
    const std::uint64_t size = or_saturated(member.size, zip64_limit, saturated32);
    put16(out, flags_of(member.name));
    put16(out, stored);
    put16(out, member.dos_time & 0xFFFF);
    put16(out, member.dos_time >> 16);
    put32(out, member.crc32);
    put32(out, size);
    put32(out, size);
    put16(out, member.name.size());
}

std::string local_header(const NewMember& member) {
    std::string extra;
    if (has_local_zip64(member.size)) {
        put16(extra, extra_zip64);
        put16(extra, 16);
        put64(extra, member.size);
        put64(extra, member.size);
    }
    std::string out;
    put32(out, local_signature);
    put16(out, member.size > zip64_limit ? version_zip64 : version_plain);
    put_common(out, member);
    put16(out, extra.size());
    return out + member.name + extra;
}

std::string central_header(const NewMember& member, std::uint64_t offset) {
    std::string values;
    if (member.size > zip64_limit) {
        put64(values, member.size);
        put64(values, member.size);
    }
    if (offset > zip64_limit) put64(values, offset);
    std::string extra;
    if (!values.empty()) {
        put16(extra, extra_zip64);
        put16(extra, values.size());
        extra += values;
    }
    const std::uint16_t version = values.empty() ? version_plain : version_zip64;
    std::string out;
    put32(out, central_signature);
    put16(out, std::uint32_t{system_unix} << 8 | version);
    put16(out, version);
    put_common(out, member);
    put16(out, extra.size());
    put16(out, 0);  // comment
    put16(out, 0);  // disk
    put16(out, 0);  // internal attributes
    put32(out, member.external_attributes);
    put32(out, or_saturated(offset, zip64_limit, saturated32));
    return out + member.name + extra;
}

std::string end_records(std::uint64_t members, std::uint64_t directory_offset,
                        std::uint64_t directory_bytes) {
    std::string out;
    if (members > 0xFFFF || directory_offset > zip64_limit || directory_bytes > zip64_limit) {
        put32(out, zip64_end_signature);
        put64(out, zip64_end_bytes - 12);
        put16(out, version_zip64);
        put16(out, version_zip64);
        put32(out, 0);
        put32(out, 0);
        put64(out, members);
        put64(out, members);
        put64(out, directory_bytes);
        put64(out, directory_offset);
        put32(out, zip64_locator_signature);
        put32(out, 0);
        put64(out, directory_offset + directory_bytes);
        put32(out, 1);
    }
    put32(out, end_signature);
    put16(out, 0);
    put16(out, 0);
    put16(out, std::min<std::uint64_t>(members, saturated16));
    put16(out, std::min<std::uint64_t>(members, saturated16));
    put32(out, std::min<std::uint64_t>(directory_bytes, saturated32));
    put32(out, std::min<std::uint64_t>(directory_offset, saturated32));
    put16(out, 0);
    return out;
}

Failure misused(const std::string& name, std::string message) {
    return fail(Errc::internal, "write ZIP", "member \"" + cut_utf8(one_line(name), 200) + "\"",
                std::move(message));
}

}  // namespace

Writer::Writer(Output output) : output_(std::move(output)) {}

Result<void> Writer::put_out(std::string_view text) {
    const auto done = output_(std::as_bytes(std::span(text)));
    if (!done) return done.error();
    offset_ += text.size();
    return {};
}

Result<void> Writer::end_member() {
    if (entries_.empty()) return {};
    const NewMember& last = entries_.back().member;
    if (left_ != 0) return misused(last.name, fmt::format("{} bytes of it are missing", left_));
    if (crc_ != last.crc32) {
        return fail(Errc::content_mismatch, "write ZIP",
                    "member \"" + cut_utf8(one_line(last.name), 200) + "\"",
                    fmt::format("its data have CRC-32 {:08x}, not {:08x}", crc_, last.crc32));
    }
    return {};
}

Result<void> Writer::begin(const NewMember& member) {
    if (finished_) return misused(member.name, "the archive is finished");
    const auto ended = end_member();
    if (!ended) return ended.error();
    if (member.name.empty() || member.name.size() > 0xFFFF)
        return misused(member.name, "its name is empty or too long for a ZIP");
    entries_.push_back(Entry{member, offset_});
    left_ = member.size;
    crc_ = 0;
    return put_out(local_header(member));
}

Result<void> Writer::data(std::span<const std::byte> bytes) {
    if (entries_.empty() || finished_) return misused(std::string(), "data without a member");
    if (bytes.size() > left_) return misused(entries_.back().member.name, "more data than its size");
    const auto done = output_(bytes);
    if (!done) return done.error();
    crc_ = crc32(crc_, bytes);
    offset_ += bytes.size();
    left_ -= bytes.size();
    return {};
}

Result<void> Writer::finish() {
    if (finished_) return misused(std::string(), "the archive is finished already");
    const auto ended = end_member();
    if (!ended) return ended.error();
    finished_ = true;
    const std::uint64_t directory_offset = offset_;
    std::string pending;
    for (const Entry& entry : entries_) {
        pending += central_header(entry.member, entry.offset);
        if (pending.size() < flush_bytes) continue;
        const auto done = put_out(pending);
        if (!done) return done.error();
        pending.clear();
    }
    const std::uint64_t directory_bytes = offset_ + pending.size() - directory_offset;
    return put_out(pending + end_records(entries_.size(), directory_offset, directory_bytes));
}

void Measure::add(const NewMember& member) {
    directory_bytes_ += central_header(member, offset_).size();
    offset_ += local_header(member).size() + member.size;
    ++members_;
}

std::uint64_t Measure::bytes() const {
    return offset_ + directory_bytes_ + end_records(members_, offset_, directory_bytes_).size();
}

std::uint32_t dos_time(std::int64_t unix_seconds) {
    using namespace std::chrono;
    constexpr sys_seconds first = sys_days(year(1980) / 1 / 1);
    constexpr sys_seconds last = sys_days(year(2107) / 12 / 31) + hours(23) + minutes(59) + seconds(58);
    const sys_seconds time = std::clamp(sys_seconds(seconds(unix_seconds)), first, last);
    const sys_days day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    const auto date_bits = (static_cast<unsigned>(static_cast<int>(date.year()) - 1980) << 9) |
                           static_cast<unsigned>(date.month()) << 5 | static_cast<unsigned>(date.day());
    const auto time_bits = static_cast<std::uint32_t>(clock.hours().count()) << 11 |
                           static_cast<std::uint32_t>(clock.minutes().count()) << 5 |
                           static_cast<std::uint32_t>(clock.seconds().count() / 2);
    return date_bits << 16 | time_bits;
}

}  // namespace autobackup::zip
