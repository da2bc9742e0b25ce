// SPDX-License-Identifier: MIT
#include "lib/core/instant.hpp"

#include <fmt/format.h>

#include <charconv>

namespace autobackup {
namespace {

struct Fields {
    int year, month, day, hour, minute, second, microsecond;
};

Fields fields_of(Instant time) {
    using namespace std::chrono;
    const auto day_point = floor<days>(time);
    const year_month_day date(day_point);
    const hh_mm_ss clock(time - day_point);
    return {int(date.year()),
            int(unsigned(date.month())),
            int(unsigned(date.day())),
            int(clock.hours().count()),
            int(clock.minutes().count()),
            int(clock.seconds().count()),
            int(clock.subseconds().count())};
}

// Reads exactly `count` digits.
bool digits(std::string_view& text, std::size_t count, int& value) {
    if (text.size() < count) return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + count, value);
    if (error != std::errc() || end != text.data() + count || text[0] == '-') return false;
    text.remove_prefix(count);
    return true;
}

bool literal(std::string_view& text, char a, char b = '\0') {
    if (text.empty() || (text[0] != a && (b == '\0' || text[0] != b))) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<Instant> assemble(const Fields& f) {
    using namespace std::chrono;
    const year_month_day date(year(f.year), month(unsigned(f.month)), day(unsigned(f.day)));
    if (!date.ok() || f.hour > 23 || f.minute > 59 || f.second > 60) return std::nullopt;
    return Instant(sys_days(date).time_since_epoch() + hours(f.hour) + minutes(f.minute) + seconds(f.second) +
                   microseconds(f.microsecond));
}

int read_fraction(std::string_view& text) {
    int value = 0;
    int scale = 100'000;
    while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
        value += (text[0] - '0') * scale;
        scale /= 10;
        text.remove_prefix(1);
    }
    return value;
}

}  // namespace

Instant now() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }

std::string rfc3339(Instant time) {
    const Fields f = fields_of(time);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", f.year, f.month, f.day, f.hour, f.minute, f.second,
                       f.microsecond / 1000);
}

std::string rfc3339_seconds(Instant time) {
    const Fields f = fields_of(time);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", f.year, f.month, f.day, f.hour, f.minute, f.second);
}

std::string compact_utc(Instant time) {
    const Fields f = fields_of(time);
    return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", f.year, f.month, f.day, f.hour, f.minute, f.second);
}

std::optional<Instant> parse_rfc3339(std::string_view text) {
    Fields f{};
    if (!digits(text, 4, f.year) || !literal(text, '-') || !digits(text, 2, f.month) || !literal(text, '-') ||
        !digits(text, 2, f.day) || !literal(text, 'T', ' ') || !digits(text, 2, f.hour) || !literal(text, ':') ||
        !digits(text, 2, f.minute) || !literal(text, ':') || !digits(text, 2, f.second)) {
        return std::nullopt;
    }
    if (literal(text, '.')) f.microsecond = read_fraction(text);
    const std::optional<Instant> local = assemble(f);
    if (!local) return std::nullopt;
    if (literal(text, 'Z', 'z')) return text.empty() ? local : std::nullopt;
    const bool east = !text.empty() && text[0] == '+';
    int offset_hours = 0;
    int offset_minutes = 0;
    if (!literal(text, '+', '-') || !digits(text, 2, offset_hours) || !literal(text, ':') ||
        !digits(text, 2, offset_minutes) || !text.empty()) {
        return std::nullopt;
    }
    const std::chrono::minutes offset(offset_hours * 60 + offset_minutes);
    return east ? *local - offset : *local + offset;
}

std::optional<Instant> parse_compact_utc(std::string_view text) {
    Fields f{};
    if (!digits(text, 4, f.year) || !digits(text, 2, f.month) || !digits(text, 2, f.day) || !literal(text, 'T') ||
        !digits(text, 2, f.hour) || !digits(text, 2, f.minute) || !digits(text, 2, f.second) || !literal(text, 'Z') ||
        !text.empty()) {
        return std::nullopt;
    }
    return assemble(f);
}

}  // namespace autobackup
