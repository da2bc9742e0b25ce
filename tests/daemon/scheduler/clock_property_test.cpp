// SPDX-License-Identifier: MIT
// Random clocks: they run, leap, are set back, the process restarts. Every run ends at once with success, so a plain
// oracle knows what must start: it holds the set of all due times that were ever run.
#include <set>

#include "scheduler_kit.hpp"

namespace autobackup::scheduler::clock_property_test {
namespace {

using Random = std::mt19937_64;

std::int64_t between(Random& random, std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}

const std::vector<std::string> schedules{"every 6h",      "every 25m",          "daily 02:30",           "daily 00:00",
                                         "weekdays 22:00", "mon,thu 03:15",     "*/20 1-3 * * *",        "hourly",
                                         "monthly 1 04:00", "0 12 * * 1#2",     "Mon..Fri *-*-* 02:15",  "@weekly"};
const std::vector<std::string> zones{"UTC",          "Europe/Berlin",       "America/New_York",  "Asia/Kathmandu",
                                     "Asia/Beirut",  "Australia/Lord_Howe", "America/St_Johns",  "Africa/Casablanca",
                                     "Pacific/Apia", "America/Santiago",    "Pacific/Chatham",   "Asia/Tehran"};

std::vector<JobPlan> random_plans(Random& random) {
    std::vector<JobPlan> plans;
    for (int i = 0; i < 6; ++i) {
        const auto schedule = static_cast<std::size_t>(between(random, 0, static_cast<int>(schedules.size()) - 1));
        const auto zone = static_cast<std::size_t>(between(random, 0, static_cast<int>(zones.size()) - 1));
        plans.push_back(job("job" + std::to_string(i), {schedules[schedule]}, zones[zone]));
        plans.back().jitter = between(random, 0, 1) == 0 ? 0ms : Milliseconds(between(random, 0, 3'600'000));
        plans.back().catch_up = between(random, 0, 2) != 0;
    }
    return plans;
}

class Oracle {
public:
    explicit Oracle(std::vector<JobPlan> plans) : plans_(std::move(plans)), ran_(plans_.size()) {}

    // The clock runs from `from` to `to`: what was not run yet is run when it comes.
    std::vector<std::string> runs(Time from, Time to) { return each(from, to, false); }
    // It leaps: of what it passed over only the last one.
    std::vector<std::string> leaps(Time from, Time to) { return each(from, to, true); }

private:
    std::vector<std::string> each(Time from, Time to, bool leap) {
        std::vector<std::string> lines;
        for (std::size_t i = 0; i < plans_.size(); ++i) {
            const JobPlan& plan = plans_[i];
            std::optional<Time> due = leap ? plan.latest(from - plan.jitter, to - plan.jitter) : plan.next(from - plan.jitter);
            for (; due && *due + plan.jitter <= to; due = plan.next(*due)) {
                const bool late = leap && to - (*due + plan.jitter) > Options().grace;
                if ((late && !plan.catch_up) || !ran_[i].insert(*due).second) continue;
                lines.push_back(shown(leap ? to : *due + plan.jitter) + ' ' + plan.name + " due " + shown(*due));
            }
        }
        std::sort(lines.begin(), lines.end());
        return lines;
    }

    std::vector<JobPlan> plans_;
    std::vector<std::set<Time>> ran_;
};

// What the machine starts up to `time`, every run ending at once.
std::vector<std::string> started(Machine& machine, Time time) {
    std::vector<std::string> lines;
    while (true) {
        const auto next = machine.stepped ? machine.now : machine.scheduler->wake();
        if (!next || std::max(*next, machine.now) > time) break;
        machine.until(std::max(*next, machine.now));
        while (!machine.running.empty()) {
            const Start start = machine.running.begin()->second;
            lines.push_back(shown(machine.now) + ' ' + start.job + " due " + shown(start.due.value_or(Time())));
            machine.end(start.job);
        }
    }
    machine.pass(time);
    std::sort(lines.begin(), lines.end());
    return lines;
}

Milliseconds random_length(Random& random) {
    const std::vector<std::int64_t> seconds{600, 86'400, 30 * 86'400, 3650LL * 86'400};
    return Milliseconds(1000 * between(random, 1, seconds[static_cast<std::size_t>(between(random, 0, 3))]));
}

void one_life(std::uint64_t seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const std::vector<JobPlan> plans = random_plans(random);
    Options options;
    options.runs = 1000;
    Machine machine(at("2026-01-01 00:00") + Milliseconds(1000 * between(random, 0, 365 * 86'400)), options);
    machine.saves = false;
    machine.configure(plans);
    Oracle oracle(plans);
    int steps = 0;  // more than Ran::limit of them are not promised
    for (int i = 0; i < 12 && !testing::Test::HasFailure(); ++i) {
        const Time before = machine.now;
        const auto kind = steps < 6 ? between(random, 0, 4) : 0;
        Time to = before;
        if (kind <= 1) {
            to += Milliseconds(1000 * between(random, 1, 12 * 86'400));
            EXPECT_EQ(started(machine, to), oracle.runs(before, to)) << "runs on from " << shown(before);
            continue;
        }
        ++steps;
        to += random_length(random) * (between(random, 0, 1) == 0 ? 1 : -1);
        if (kind == 4) {
            machine.saves = true;
            machine.save();
            machine.saves = false;
            machine.restart(to, plans);
        } else {
            machine.set_clock(to);
        }
        const auto expected = to > before ? oracle.leaps(before, to) : std::vector<std::string>();
        EXPECT_EQ(started(machine, to), expected) << "from " << shown(before) << (kind == 4 ? " restarted at " : " set to ")
                                                  << shown(to);
    }
}

TEST(ClockProperty, nothing_is_run_twice_and_nothing_is_missed_whatever_the_clock_does) {
    const std::uint64_t first = first_seed();
    const std::uint64_t lives = nightly_sizes() ? 20'000 : sanitized ? 60 : 600;
    for (std::uint64_t i = 0; i < lives && !testing::Test::HasFailure(); ++i) one_life(first + i);
}

}  // namespace
}  // namespace autobackup::scheduler::clock_property_test
