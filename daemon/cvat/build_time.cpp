// SPDX-License-Identifier: MIT
#include "daemon/cvat/build_time.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

namespace autobackup::cvat_job {
namespace {

constexpr std::string_view pattern = "_dddd_dd_dd_dd_dd_dd.zip";
constexpr std::int64_t dos_step = 2;

using Civil = std::array<int, 6>;  // year … second

std::optional<std::int64_t> seconds_of(const Civil& civil) {
    const std::chrono::year_month_day day{std::chrono::year(civil[0]), std::chrono::month(static_cast<unsigned>(civil[1])),
                                          std::chrono::day(static_cast<unsigned>(civil[2]))};
    if (!day.ok()) return std::nullopt;
    const auto days = std::chrono::sys_days(day).time_since_epoch().count();
    return std::int64_t{days} * 86'400 + civil[3] * 3600 + civil[4] * 60 + civil[5];
}

std::optional<std::int64_t> dos_seconds(std::uint32_t time) {
    const auto bits = [time](unsigned shift, std::uint32_t mask) { return static_cast<int>((time >> shift) & mask); };
    return seconds_of({1980 + bits(25, 0x7f), bits(21, 0x0f), bits(16, 0x1f), bits(11, 0x1f), bits(5, 0x3f), bits(0, 0x1f) * 2});
}

// Whether the date of the pattern stands at `at`; its numbers then.
std::optional<Civil> date_at(std::string_view text, std::size_t at) {
    Civil civil{};
    std::size_t field = 0;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = text[at + i];
        if (pattern[i] != 'd') {
            if (c != pattern[i]) return std::nullopt;
            if (i > 0 && field + 1 < civil.size()) ++field;
            continue;
        }
        if (c < '0' || c > '9') return std::nullopt;
        civil[field] = civil[field] * 10 + (c - '0');
    }
    return civil;
}

// The header may hold the name twice (filename and filename*); the last is as good as the first.
std::optional<std::int64_t> stamp_seconds(std::string_view header) {
    for (std::size_t left = header.size() < pattern.size() ? 0 : header.size() - pattern.size() + 1; left-- > 0;) {
        if (const std::optional<Civil> civil = date_at(header, left)) return seconds_of(*civil);
    }
    return std::nullopt;
}

}  // namespace

BuildAge build_age(const FetchedZip& fetched, std::string_view member) {
    const std::vector<zip::Member>& members = fetched.zip.archive->members();
    const auto found = std::find_if(members.begin(), members.end(), [&](const zip::Member& one) { return one.name == member; });
    if (found == members.end()) return BuildAge::newer;
    const std::optional<std::int64_t> built = dos_seconds(found->dos_time);
    const std::optional<std::int64_t> edited = stamp_seconds(fetched.content_disposition);
    if (!built || !edited || *built > *edited) return BuildAge::newer;
    return *built + dos_step <= *edited ? BuildAge::older : BuildAge::unsure;
}

std::string old_build_words(const FetchedZip& task, const std::string& earlier_sha256) {
    const BuildAge age = build_age(task, "annotations.json");
    const bool same_again = !earlier_sha256.empty() && earlier_sha256 == task.sha256;
    if (age == BuildAge::older || (age == BuildAge::unsure && same_again)) return "it was built before the last edit, or while it was made";
    return {};
}

}  // namespace autobackup::cvat_job
