// SPDX-License-Identifier: MIT
// A year of a thousand jobs in many zones: runs that last, fail and overlap, crashes with downtime, reloads that change
// schedules. Every due time of the year must have been dealt with, once.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <queue>
#include <random>
#include <set>

#include "scheduler_kit.hpp"

namespace autobackup::scheduler::simulation_test {
namespace {

using Random = std::mt19937_64;
using Kind = Note::Kind;

const std::vector<std::string> zones{"Europe/Berlin",   "America/New_York", "Asia/Tokyo",       "Australia/Lord_Howe",
                                     "America/Santiago", "Asia/Kathmandu",   "Asia/Beirut",      "Africa/Casablanca",
                                     "Pacific/Chatham",  "America/St_Johns", "Europe/London",    "UTC",
                                     "America/Havana",   "Asia/Gaza",        "Antarctica/Troll", "America/Asuncion"};

constexpr int number_of_jobs = sanitized ? 100 : 1000;
constexpr int most_at_once = number_of_jobs * 8 / 100;

class Year {
public:
    explicit Year(std::uint64_t seed) : random_(seed), machine_(at("2027-01-01 00:00"), options()) {
        machine_.saves = false;
        for (int i = 0; i < number_of_jobs; ++i) plans_.push_back(random_plan(i));
        for (const JobPlan& plan : plans_) epochs_.push_back({plan.name, plan, machine_.now, {}, {}, {}, {}});
        machine_.configure(plans_);
    }

    void pass() {
        const Time end = at("2028-01-01 00:00");
        const auto length = (end - machine_.now) / 120;
        for (int part = 1; part < 120; ++part) {
            run_until(at("2027-01-01 00:00") + part * length);
            if (part % 10 == 3) restart();
            if (part % 4 == 1) reload();
        }
        run_until(end);
    }

    void check() {
        for (const Epoch& epoch : epochs_) check(epoch);
        std::printf("%zu due times: %zu runs, %zu starts in all, longest wait for a place %.1f h\n", due_, runs_, starts_,
                    std::chrono::duration<double, std::ratio<3600>>(longest_wait_).count());
        EXPECT_GT(due_, 1000U * number_of_jobs);
        EXPECT_LT(longest_wait_, 36h) << "starved";
        EXPECT_EQ(most_running_, static_cast<std::size_t>(most_at_once)) << "the limit was reached, never passed";
    }

private:
    // What happened to one job while its plan stayed the same.
    struct Epoch {
        std::string job;
        JobPlan plan;
        Time begin;
        std::set<Time> started;
        std::map<Time, int> accounted;  // due time → 1 per way in which it was dealt with
        std::optional<Time> end;
        std::vector<std::pair<Time, Time>> ranges;
    };

    static Options options() {
        Options with;
        with.runs = most_at_once;
        return with;
    }
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
    }
    std::string clock() {
        char text[8];
        std::snprintf(text, sizeof text, "%02d:%02d", static_cast<int>(between(0, 23)), static_cast<int>(between(0, 59)));
        return text;
    }
    std::string random_schedule() {
        switch (between(0, 7)) {
            case 0:
                return "every " + std::to_string(between(2, 30)) + "h";
            case 1:
                return "daily " + clock();
            case 2:
                return "weekdays " + clock();
            case 3:
                return "mon,thu " + clock();
            case 4:
                return std::to_string(between(0, 59)) + " */3 * * *";
            case 5:
                return "monthly " + std::to_string(between(1, 28)) + " " + clock();
            case 6:
                return "hourly";
            default:
                return "Sat,Sun *-*-* " + clock();
        }
    }
    JobPlan random_plan(int number) {
        JobPlan plan = job("job" + std::to_string(number), {random_schedule()},
                           zones[static_cast<std::size_t>(between(0, static_cast<int>(zones.size()) - 1))]);
        plan.jitter = between(0, 1) == 0 ? 0ms : Milliseconds(between(0, 3'600'000));
        plan.queue_overlap = between(0, 3) == 0;
        return plan;
    }
    Epoch& epoch(const std::string& name) { return epochs_[static_cast<std::size_t>(std::stoi(name.substr(3)))]; }

    void run_until(Time time) {
        while (true) {
            Time next = time;
            if (const auto wake = machine_.scheduler->wake()) next = std::min(next, std::max(*wake, machine_.now));
            if (!ends_.empty()) next = std::min(next, std::max(ends_.top().first, machine_.now));
            machine_.pass(next);
            while (!ends_.empty() && ends_.top().first <= machine_.now) {
                const std::string name = ends_.top().second;
                ends_.pop();
                end(name);
            }
            for (const Start& start : machine_.tick()) began(start);
            listen();
            const auto wake = machine_.scheduler->wake();
            if (next == time && (!wake || *wake > time)) return;
        }
    }
    void began(const Start& start) {
        ++starts_;
        ASSERT_TRUE(running_.insert(start.job).second) << start.job << " runs already";
        most_running_ = std::max(most_running_, running_.size());
        ends_.emplace(machine_.now + Milliseconds(between(0, 19) == 0 ? between(1, 8 * 3'600'000) : between(1000, 1'200'000)),
                      start.job);
        ASSERT_TRUE(start.due);
        Epoch& at_work = epoch(start.job);
        if (*start.due <= at_work.begin) return;  // owed from the schedule before
        const bool again = start.attempt > 1 || start.trigger == Trigger::resume || start.trigger == Trigger::retry;
        const bool first = at_work.started.insert(*start.due).second;
        if (first && again && at_work.accounted.contains(*start.due)) return;  // passed over by a run that then failed
        if (!first) {
            EXPECT_TRUE(again || failed_.contains(start.job)) << start.job << " was run for " << shown(*start.due);
            return;
        }
        ++runs_;
        ++at_work.accounted[*start.due];
        EXPECT_GE(machine_.now, *start.due + at_work.plan.jitter) << start.job << " before its time";
        if (start.trigger == Trigger::schedule) {
            longest_wait_ = std::max(longest_wait_, machine_.now - *start.due - at_work.plan.jitter);
        }
    }
    void end(const std::string& name) {
        const auto luck = between(0, 99);
        running_.erase(name);
        failed_.erase(name);
        if (luck >= 92) failed_.insert(name);
        machine_.end(name, luck < 92 ? success : luck < 97 ? passing_failure : final_failure);
    }
    void listen() {
        for (const Note& note : machine_.scheduler->notes()) {
            if (note.job.empty() || !note.due) continue;
            Epoch& at_work = epoch(note.job);
            if (*note.due <= at_work.begin) continue;
            if (note.kind == Kind::merged || note.kind == Kind::overlap_skipped) ++at_work.accounted[*note.due];
            if (note.kind == Kind::caught_up && *note.until > *note.due) {
                at_work.ranges.emplace_back(*note.due, *note.until - 1s);
            }
        }
    }
    void restart() {
        machine_.saves = true;
        machine_.save();
        machine_.saves = false;
        const Time later = machine_.now + Milliseconds(between(1000, 2 * 86'400'000));
        running_.clear();
        ends_ = {};
        machine_.restart(later, plans_);
        machine_.saves = true;
        machine_.save();
        machine_.saves = false;
    }
    void reload() {
        for (int i = 0; i < 10; ++i) {
            const auto which = static_cast<std::size_t>(between(0, number_of_jobs - 1));
            const std::string name = plans_[which].name;
            const Time planned = machine_.scheduler->memory(name)->planned.value();
            if (planned + plans_[which].jitter <= machine_.now) continue;  // owed: told apart too hard here
            plans_[which] = random_plan(static_cast<int>(which));
            // The old one is over: what it planned next is none of its duties any more.
            epochs_[which].end = machine_.now - plans_[which].jitter;
            check(epochs_[which]);
            const auto due = machine_.scheduler->memory(name)->due.value_or(machine_.now);
            epochs_[which] = {name, plans_[which], std::max(due, machine_.now), {}, {}, {}, {}};
        }
        machine_.configure(plans_);
        listen();
    }
    // Each due time is dealt with exactly once.
    void check(const Epoch& over) {
        const JobPlan& plan = over.plan;
        const Time last = over.end.value_or(machine_.now) - 48h;  // later ones may still wait or be run
        for (auto due = plan.next(over.begin); due && *due < last; due = plan.next(*due)) {
            ++due_;
            const auto at_once = over.accounted.find(*due);
            int times = at_once == over.accounted.end() ? 0 : at_once->second;
            for (const auto& [first, until] : over.ranges) times += first <= *due && *due <= until ? 1 : 0;
            ASSERT_EQ(times, 1) << over.job << " " << plan.schedule_text() << " in " << plan.zone.name() << " due "
                                << shown(*due) << " since " << shown(over.begin);
        }
    }

    Random random_;
    Machine machine_;
    std::vector<JobPlan> plans_;
    std::vector<Epoch> epochs_;
    using End = std::pair<Time, std::string>;
    std::priority_queue<End, std::vector<End>, std::greater<>> ends_;
    std::set<std::string> running_;
    std::set<std::string> failed_;  // whose last run was not good
    std::size_t due_ = 0, runs_ = 0, starts_ = 0, most_running_ = 0;
    Milliseconds longest_wait_{0};
};

TEST(Simulation, a_year_of_a_thousand_jobs_with_no_missed_doubled_or_starved_run) {
    const auto begin = std::chrono::steady_clock::now();
    const std::clock_t cpu_begin = std::clock();
    Year year(20270101);
    year.pass();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    const double cpu = static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC;
    year.check();
    std::printf("365 days, %d jobs: %.1f s, %.1f s of CPU\n", number_of_jobs, took.count(), cpu);
}

}  // namespace
}  // namespace autobackup::scheduler::simulation_test
