// SPDX-License-Identifier: MIT
#include "lib/schedule/zone.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "lib/core/text.hpp"

namespace autobackup::schedule {
namespace {

Failure unknown(std::string_view name, std::string_view reason) {
    return fail(Errc::config_invalid, "look up", "time zone", fmt::format("'{}' {}", one_line(name), reason));
}

}  // namespace

Result<Zone> Zone::find(std::string_view name) {
    try {
        return Zone(date::locate_zone(std::string(name)));
    } catch (const std::runtime_error&) {
        return unknown(name, "is no time zone of this system's tzdata (such as Europe/Berlin, UTC)");
    }
}

std::optional<std::string> Zone::nearest(std::string_view name) {
    std::vector<std::string> names, lower;
    try {
        for (const date::time_zone& zone : date::get_tzdb().zones) names.push_back(zone.name());
    } catch (const std::runtime_error&) {
        return std::nullopt;  // no tzdata
    }
    for (const std::string& one : names) lower.push_back(to_lower(one));
    const std::optional<std::string> near = autobackup::nearest(to_lower(name), lower);
    if (!near) return std::nullopt;
    const auto at = std::find(lower.begin(), lower.end(), *near) - lower.begin();
    return names[static_cast<std::size_t>(at)];
}

Zone Zone::system() {
    try {
        return Zone(date::current_zone());
    } catch (const std::runtime_error&) {
        return Zone(date::locate_zone("UTC"));  // throws only where tzdata is not installed at all
    }
}

std::string Zone::name() const {
    return zone_->name();
}

Zone::Stretch Zone::around(SysSeconds time) const {
    const date::sys_info info = zone_->get_info(time);
    return Stretch{info.begin, info.end, info.offset};
}

SysSeconds Zone::instant(LocalSeconds local) const {
    const date::local_seconds asked(local.time_since_epoch());
    const date::local_info info = zone_->get_info(asked);
    if (info.result == date::local_info::nonexistent) return info.first.end;
    return SysSeconds(local.time_since_epoch() - info.first.offset);
}

LocalSeconds Zone::local(SysSeconds time) const {
    return LocalSeconds(time.time_since_epoch() + around(time).offset);
}

std::string Zone::text(SysSeconds time) const {
    const auto offset = std::chrono::duration_cast<std::chrono::minutes>(around(time).offset);
    const LocalSeconds shown = local(time);
    const auto day = std::chrono::floor<std::chrono::days>(shown);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{shown - day};
    const auto minutes = std::abs(offset.count());
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}{}{:02}:{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       offset.count() < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

}  // namespace autobackup::schedule
