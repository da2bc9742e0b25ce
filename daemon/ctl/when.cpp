// SPDX-License-Identifier: MIT
#include "daemon/ctl/when.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <optional>

#include "lib/core/text.hpp"
#include "lib/schedule/duration.hpp"

namespace autobackup::ctl {
namespace {

namespace chr = std::chrono;

constexpr std::array weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

chr::local_seconds local(Instant time, const Clock& clock) {
    return clock.zone.local(chr::floor<chr::seconds>(time));
}

std::string hour_and_minute(chr::local_seconds time) {
    const chr::hh_mm_ss shown{time - chr::floor<chr::days>(time)};
    return fmt::format("{:02}:{:02}", shown.hours().count(), shown.minutes().count());
}

// Exactly `digits` digits.
std::optional<int> number(std::string_view text, std::size_t digits) {
    int value = 0;
    if (text.size() != digits || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::optional<chr::minutes> clock_of(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    const auto hours = number(text.substr(0, 2), 2);
    const auto minutes = number(text.substr(3), 2);
    if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    return chr::hours(*hours) + chr::minutes(*minutes);
}

std::optional<chr::local_days> date_of(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto year = number(text.substr(0, 4), 4);
    const auto month = number(text.substr(5, 2), 2);
    const auto day = number(text.substr(8), 2);
    if (!year || !month || !day) return std::nullopt;
    const chr::year_month_day date{chr::year(*year), chr::month(static_cast<unsigned>(*month)), chr::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    return chr::local_days(date);
}

// As written, whether it is over or not.
std::optional<Instant> read(std::string_view text, const Clock& clock) {
    if (const auto exactly = parse_rfc3339(text)) return exactly;
    if (const auto length = schedule::parse_duration(text)) return clock.now + *length;
    if (const auto time = clock_of(text)) {
        const auto today = chr::floor<chr::days>(local(clock.now, clock));
        const Instant due = clock.zone.instant(today + *time);
        return due > clock.now ? due : Instant(clock.zone.instant(today + chr::days(1) + *time));
    }
    const auto date = date_of(text.substr(0, 10));
    if (!date) return std::nullopt;
    if (text.size() == 10) return clock.zone.instant(*date);
    const auto time = clock_of(text.substr(11));
    if (text[10] != ' ' || !time) return std::nullopt;
    return clock.zone.instant(*date + *time);
}

}  // namespace

std::string relative(Instant time, const Clock& clock) {
    const bool future = time > clock.now;
    const auto apart = future ? time - clock.now : clock.now - time;
    const auto seconds = chr::round<chr::seconds>(apart).count();
    if (seconds == 0) return "now";
    std::string words = fmt::format("{} s", seconds);
    if (seconds >= 60) words = fmt::format("{} min", chr::round<chr::minutes>(apart).count());
    if (chr::round<chr::minutes>(apart).count() >= 60) words = fmt::format("{} h", chr::round<chr::hours>(apart).count());
    if (chr::round<chr::hours>(apart).count() >= 48) words = fmt::format("{} d", chr::round<chr::days>(apart).count());
    return future ? "in " + words : words + " ago";
}

std::string face(Instant time, const Clock& clock) {
    const chr::local_seconds shown = local(time, clock);
    const auto day = chr::floor<chr::days>(shown);
    const auto apart = std::abs((day - chr::floor<chr::days>(local(clock.now, clock))).count());
    if (apart == 0) return hour_and_minute(shown);
    if (apart <= 6) return std::string(weekdays[chr::weekday(day).c_encoding()]) + " " + hour_and_minute(shown);
    return exact(time, clock).substr(0, 10);
}

std::string when(Instant time, const Clock& clock) {
    return relative(time, clock) + " (" + face(time, clock) + ")";
}

std::string exact(Instant time, const Clock& clock) {
    return clock.zone.text(chr::floor<chr::seconds>(time));
}

Result<Instant> parse_until(std::string_view text, const Clock& clock) {
    const auto time = read(text, clock);
    const std::string object = "--until " + one_line(text);
    if (!time) {
        return fail(Errc::config_invalid, "read", object,
                    "allowed are RFC 3339 (2026-12-01T18:30:00+01:00), HH:MM, a date (2026-12-01), a date and HH:MM, and a duration (90m, 3h, 2d)");
    }
    if (*time <= clock.now) return fail(Errc::config_invalid, "read", object, "that is over: " + exact(*time, clock));
    return *time;
}

Result<Instant> parse_at(std::string_view text, const Clock& clock) {
    if (const auto length = schedule::parse_duration(text)) return clock.now - *length;
    if (const auto time = clock_of(text)) {
        const auto today = chr::floor<chr::days>(local(clock.now, clock));
        const Instant last = clock.zone.instant(today + *time);
        return last <= clock.now ? last : Instant(clock.zone.instant(today - chr::days(1) + *time));
    }
    if (const auto date = date_of(text); date && text.size() == 10) return Instant(clock.zone.instant(*date + chr::days(1))) - chr::seconds(1);
    const auto time = read(text, clock);
    if (time) return *time;
    return fail(Errc::config_invalid, "read", "--at " + one_line(text),
                "allowed are RFC 3339 (2026-11-01T18:30:00+01:00), a date (2026-11-01), a date and HH:MM, HH:MM, and a duration ago (90m, 3h, 2d)");
}

}  // namespace autobackup::ctl
