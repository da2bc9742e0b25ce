// SPDX-License-Identifier: MIT
#include "daemon/retention/plan.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace autobackup::retention {
namespace {

using LocalDay = date::local_days;

LocalDay local_day(Instant time, const date::time_zone* zone) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    if (zone == nullptr) return LocalDay(std::chrono::floor<date::days>(seconds).time_since_epoch());
    return std::chrono::floor<date::days>(zone->to_local(seconds));
}

// A calendar period: what makes two days fall into the same one, and how it is called.
struct Period {
    const char* rule;
    int count;
    std::int64_t (*number)(LocalDay);
    std::string (*label)(LocalDay);
};

std::int64_t day_number(LocalDay day) {
    return day.time_since_epoch().count();
}

std::string day_label(LocalDay day) {
    const date::year_month_day date(day);
    return fmt::format("{:04}-{:02}-{:02}", int(date.year()), unsigned(date.month()), unsigned(date.day()));
}

// Days since the epoch, a Thursday, in weeks that begin on Monday.
std::int64_t week_number(LocalDay day) {
    const std::int64_t since_monday = day.time_since_epoch().count() + 3;
    return since_monday >= 0 ? since_monday / 7 : (since_monday - 6) / 7;
}

// ISO 8601: a week belongs to the year that holds its Thursday.
std::string week_label(LocalDay day) {
    const LocalDay thursday = LocalDay(date::days(week_number(day) * 7));
    const date::year year = date::year_month_day(thursday).year();
    const LocalDay first = LocalDay(year / date::January / 1);
    return fmt::format("{:04}-W{:02}", int(year), (thursday - first).count() / 7 + 1);
}

std::int64_t month_number(LocalDay day) {
    const date::year_month_day date(day);
    return std::int64_t{int(date.year())} * 12 + unsigned(date.month());
}

std::string month_label(LocalDay day) {
    return day_label(day).substr(0, 7);
}

std::int64_t year_number(LocalDay day) {
    return int(date::year_month_day(day).year());
}

std::string year_label(LocalDay day) {
    return day_label(day).substr(0, 4);
}

void add_reason(Decision& decision, const std::string& reason) {
    decision.keep = true;
    decision.reason += (decision.reason.empty() ? "" : ", ") + reason;
}

// `counted` is newest first.
void keep_last(const std::vector<std::size_t>& counted, int last, std::vector<Decision>& decisions) {
    const std::size_t count = std::min(counted.size(), static_cast<std::size_t>(std::max(last, 0)));
    for (std::size_t i = 0; i < count; ++i) add_reason(decisions[counted[i]], "last");
}

void keep_within(const std::vector<Snapshot>& snapshots, const std::vector<std::size_t>& counted,
                 std::chrono::milliseconds within, std::vector<Decision>& decisions) {
    const Instant newest = snapshots[counted.front()].time;
    for (const std::size_t index : counted) {
        // As a difference of times: `newest - within` overflows for a `within` of ages.
        const auto age = std::chrono::floor<std::chrono::milliseconds>(newest - snapshots[index].time);
        if (age > within) return;
        add_reason(decisions[index], "within");
    }
}

void keep_periods(const std::vector<LocalDay>& days, const std::vector<std::size_t>& counted,
                  const Period& period, std::vector<Decision>& decisions) {
    std::int64_t previous = std::numeric_limits<std::int64_t>::max();
    int left = period.count;
    for (std::size_t i = 0; i < counted.size() && left > 0; ++i) {
        const std::int64_t number = period.number(days[i]);
        if (number >= previous)
            continue;  // not the newest of its period; going back only, whatever an offset does
        previous = number;
        --left;
        add_reason(decisions[counted[i]], fmt::format("{} {}", period.rule, period.label(days[i])));
    }
}

// The verified copies up to `now`, newest first. Everything else is decided here.
std::vector<std::size_t> sort_out(const std::vector<Snapshot>& snapshots, Instant now,
                                  std::vector<Decision>& decisions) {
    std::vector<std::size_t> counted;
    for (std::size_t i = 0; i < snapshots.size(); ++i) {
        decisions[i].index = i;
        decisions[i].keep = false;
        if (snapshots[i].held) add_reason(decisions[i], "held");
        if (!snapshots[i].verified) {
            add_reason(decisions[i], "unverified");
        } else if (snapshots[i].time > now) {
            add_reason(decisions[i], "future");
        } else {
            counted.push_back(i);
        }
    }
    std::sort(counted.begin(), counted.end(), [&](std::size_t a, std::size_t b) {
        return snapshots[a].time != snapshots[b].time ? snapshots[a].time > snapshots[b].time : a > b;
    });
    return counted;
}

void apply_rules(const std::vector<Snapshot>& snapshots, const std::vector<std::size_t>& counted,
                 const config::Keep& keep, const date::time_zone* zone, std::vector<Decision>& decisions) {
    std::vector<LocalDay> days;
    days.reserve(counted.size());
    for (const std::size_t index : counted) days.push_back(local_day(snapshots[index].time, zone));
    keep_last(counted, keep.last, decisions);
    keep_periods(days, counted, {"daily", keep.daily, day_number, day_label}, decisions);
    keep_periods(days, counted, {"weekly", keep.weekly, week_number, week_label}, decisions);
    keep_periods(days, counted, {"monthly", keep.monthly, month_number, month_label}, decisions);
    keep_periods(days, counted, {"yearly", keep.yearly, year_number, year_label}, decisions);
    if (keep.within) keep_within(snapshots, counted, *keep.within, decisions);
}

// A count of zero or less is no rule: it must not turn "keep everything" into "keep one".
bool has_rule(const config::Keep& keep) {
    return keep.last > 0 || keep.daily > 0 || keep.weekly > 0 || keep.monthly > 0 || keep.yearly > 0 ||
           keep.within;
}

Result<const date::time_zone*> find_zone(std::string_view zone) {
    if (zone.empty() || zone == "UTC") return nullptr;
    try {
        return date::locate_zone(zone);
    } catch (const std::exception& error) {
        return fail(Errc::config_invalid, "plan retention", "time zone " + std::string(zone), error.what());
    }
}

}  // namespace

Result<std::vector<Decision>> plan(const std::vector<Snapshot>& snapshots, const config::Keep& keep,
                                   Instant now, std::string_view zone) {
    const Result<const date::time_zone*> found = find_zone(zone);
    if (!found) return found.error();
    std::vector<Decision> decisions(snapshots.size());
    const std::vector<std::size_t> counted = sort_out(snapshots, now, decisions);
    if (!counted.empty()) {
        apply_rules(snapshots, counted, keep, *found, decisions);
        Decision& newest = decisions[counted.front()];
        if (!newest.keep) add_reason(newest, "newest verified");
    }
    const bool any_rule = has_rule(keep);
    for (Decision& decision : decisions) {
        if (decision.keep) continue;
        if (any_rule) {
            decision.reason = "no rule keeps it";
        } else {
            add_reason(decision, "no rules: everything is kept");
        }
    }
    return decisions;
}

}  // namespace autobackup::retention
