// SPDX-License-Identifier: MIT
// Jobs in one line, times in one word, and a day that passes at once.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "daemon/scheduler/scheduler.hpp"
#include "lib/core/instant.hpp"

namespace autobackup::scheduler {

using namespace std::chrono_literals;  // NOLINT: tests only

/// "2027-03-28 01:30" or "2027-03-28 01:30:15", UTC.
inline Time at(const std::string& text) {
    std::string full = text.size() == 16 ? text + ":00" : text;
    full[10] = 'T';
    return std::chrono::floor<Milliseconds>(parse_rfc3339(full + "Z").value());
}

/// Whether the long sizes are asked for.
inline bool nightly_sizes() { return std::getenv("AUTOBACKUPD_NIGHTLY") != nullptr; }

/// Where random lives begin: AUTOBACKUPD_SEED, to see one again that failed; else anew each night, and the same ones by day.
inline std::uint64_t first_seed() {
    if (const char* given = std::getenv("AUTOBACKUPD_SEED")) return std::stoull(given);
    return nightly_sizes() ? std::random_device()() : 1;
}

inline std::string shown(Time time) {
    std::string text = rfc3339_seconds(time);
    text[10] = ' ';
    text.pop_back();
    return text.ends_with(":00") ? text.substr(0, 16) : text;
}

inline JobPlan job(const std::string& name, const std::vector<std::string>& schedules, const std::string& zone = "UTC") {
    JobPlan plan;
    plan.name = name;
    plan.zone = schedule::Zone::find(zone).value();
    for (const std::string& text : schedules) plan.schedules.push_back(schedule::parse(text).value());
    plan.retry = RetryPolicy{4, 60s, 10min};
    return plan;
}

inline JobPlan after(JobPlan plan, std::vector<std::string> names) {
    plan.after = std::move(names);
    return plan;
}

inline constexpr Ended success{model::RunOutcome::success, false};
inline constexpr Ended passing_failure{model::RunOutcome::failed, true};
inline constexpr Ended final_failure{model::RunOutcome::failed, false};
inline constexpr Ended cancelled{model::RunOutcome::cancelled, false};
inline constexpr Ended refused{model::RunOutcome::refused, true};

/// A scheduler with its clock. Time passes only by until().
class Machine {
public:
    explicit Machine(Time begin, const Options& with = {}) : options(with), now(begin), steady(begin.time_since_epoch()) {}

    void configure(std::vector<JobPlan> plans) { scheduler->configure(std::move(plans), disk, now); }

    /// Ticks whenever wake() says so, until nothing is left to do up to `time`. Starts in the manner
    /// "2026-11-21 02:30 nightly schedule 1" (when, job, trigger, attempt).
    std::vector<std::string> until(Time time) {
        std::vector<std::string> lines;
        while (true) {
            const auto next = stepped ? now : scheduler->wake();
            stepped = false;
            if (!next || std::max(*next, now) > time) break;
            pass(std::max(*next, now));
            for (const Start& start : tick()) {
                lines.push_back(shown(now) + ' ' + start.job + ' ' + std::string(name(start.trigger)) + ' ' +
                                std::to_string(start.attempt));
            }
        }
        pass(time);
        return lines;
    }
    std::vector<Start> tick() {
        std::vector<Start> starts = scheduler->tick(now, steady);
        for (const Start& start : starts) running[start.job] = start;
        save();
        return starts;
    }
    void end(const std::string& job, const Ended& how = success) {
        scheduler->ended(running.at(job).ticket, how, now);
        running.erase(job);
        save();
    }
    /// Every run ends at once, up to `time`.
    std::vector<std::string> all_good_until(Time time) {
        std::vector<std::string> lines;
        while (true) {
            const auto next = stepped ? now : scheduler->wake();
            if (!next || std::max(*next, now) > time) break;
            for (const std::string& line : until(std::max(*next, now))) lines.push_back(line);
            while (!running.empty()) end(running.begin()->first);
        }
        pass(time);
        return lines;
    }
    /// The wall clock is set; the steady clock goes on. The next until() begins with the tick of that minute.
    void set_clock(Time time) {
        now = time;
        stepped = true;
    }
    void pass(Time time) {
        steady += time - now;
        now = time;
    }
    /// The process dies and starts again at `time` with what was saved.
    void restart(Time time, std::vector<JobPlan> plans, bool tell_interrupted = true) {
        scheduler = std::make_unique<Scheduler>(options);
        now = time;
        steady = 0ms;
        configure(std::move(plans));
        if (tell_interrupted) {
            for (const auto& [name, start] : running) scheduler->interrupted(name, now);
        }
        running.clear();
        save();
    }
    /// What a caller does: the memory goes through its text.
    void save() {
        if (!saves) return;
        for (const std::string& name : scheduler->changed()) {
            const auto memory = scheduler->memory(name);
            ASSERT_TRUE(memory);
            const auto read = parse_memory(to_text(*memory));
            ASSERT_TRUE(read) << describe(read.error());
            ASSERT_EQ(to_text(*read), to_text(*memory));
            disk[name] = *read;
        }
    }
    std::vector<std::string> told() {
        std::vector<std::string> lines;
        for (const Note& note : scheduler->notes()) lines.push_back(text(note));
        return lines;
    }
    View view(const std::string& name, std::size_t count = 1) { return scheduler->view(name, now, count).value(); }

    Options options;
    Time now;
    Milliseconds steady;
    bool stepped = false;
    bool saves = true;  ///< after each tick and end; false: only when save() is called with it set again
    std::map<std::string, Memory> disk;
    std::map<std::string, Start> running;
    std::unique_ptr<Scheduler> scheduler = std::make_unique<Scheduler>(options);
};

/// Under a sanitizer everything takes ten times as long: the random tests take smaller samples then.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

using Lines = std::vector<std::string>;

}  // namespace autobackup::scheduler
