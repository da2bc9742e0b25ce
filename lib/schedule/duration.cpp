// SPDX-License-Identifier: MIT
#include "lib/schedule/duration.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>

#include "lib/core/text.hpp"

namespace autobackup::schedule {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t milliseconds;
};

constexpr std::array<Unit, 5> units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::int64_t longest = std::int64_t{36'525} * 86'400'000;

Failure refused(std::string_view text, std::string_view reason) {
    return fail(
        Errc::config_invalid, "read", "duration",
        fmt::format("'{}' is no duration: {} (such as 250ms, 90s, 15m, 6h, 3d)", one_line(text), reason));
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    std::string_view rest = text;
    std::int64_t sum = 0;
    std::int64_t unit_before = INT64_MAX;
    if (rest.empty()) return refused(text, "it is empty");
    while (!rest.empty()) {
        if (rest[0] < '0' || rest[0] > '9') return refused(text, "a whole number with a unit is needed");
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
        if (error != std::errc()) return refused(text, "it is too long");
        rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
        const std::string_view name = rest.substr(0, rest.find_first_of("0123456789"));
        rest.remove_prefix(name.size());
        std::int64_t factor = 0;
        for (const Unit& unit : units) {
            if (unit.name == name) factor = unit.milliseconds;
        }
        if (name.empty()) return refused(text, "the unit is missing");
        if (factor == 0) return refused(text, fmt::format("'{}' is no unit", one_line(name)));
        if (factor >= unit_before) return refused(text, "the units must fall");
        if (number > longest / factor || sum + number * factor > longest)
            return refused(text, "it is too long");
        unit_before = factor;
        sum += number * factor;
    }
    return std::chrono::milliseconds(sum);
}

std::string duration_text(std::chrono::milliseconds duration) {
    if (duration.count() == 0) return "0s";
    for (const Unit& unit : units) {
        if (duration.count() % unit.milliseconds == 0) {
            return fmt::format("{}{}", duration.count() / unit.milliseconds, unit.name);
        }
    }
    return fmt::format("{}ms", duration.count());
}

}  // namespace autobackup::schedule
