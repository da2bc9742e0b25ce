// SPDX-License-Identifier: MIT
#include "daemon/notify/history.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace autobackup::notify::history_test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const Instant start = parse_rfc3339("2026-11-21T01:30:00Z").value();

model::Run run_at(Instant end, model::RunOutcome outcome) {
    model::Run run;
    run.job = "signs";
    run.outcome = outcome;
    run.finished_at = end;
    return run;
}

// What a daemon that runs all the time tells of runs that end like this: one letter a run, '.' for nothing.
std::string told(const std::string& outcomes, minutes every, minutes wobble = minutes(0)) {
    std::string out;
    History history;
    Instant end = start;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        const char c = outcomes[i];
        const model::RunOutcome outcome = c == 's'   ? model::RunOutcome::success
                                          : c == 'u' ? model::RunOutcome::unchanged
                                          : c == 'p' ? model::RunOutcome::partial
                                          : c == 'f' ? model::RunOutcome::failed
                                          : c == 'c' ? model::RunOutcome::cancelled
                                                     : model::RunOutcome::refused;
        end = start + every * static_cast<int>(i) + (i % 2 == 0 ? minutes(0) : -wobble);
        const bool counts = c != 'c' && c != 'r';
        if (counts) history.failures_now = c == 's' || c == 'u' ? 0 : history.failures_before + 1;
        if (history.failures_now == 1 && history.failures_before == 0) history.first_failed_at = end;
        switch (transition_of(run_at(end, outcome), history)) {
            case Transition::none:
                out += '.';
                break;
            case Transition::failed:
                out += 'F';
                break;
            case Transition::still_failing:
                out += 'S';
                break;
            case Transition::recovered:
                out += 'R';
                break;
        }
        if (!counts) continue;
        history.failures_before = history.failures_now;
        history.previous_ended_at = end;
    }
    return out;
}

struct Case {
    std::string outcomes;
    minutes every;
    std::string told;
};

class Transitions : public testing::TestWithParam<Case> {};

TEST_P(Transitions, are_told) {
    EXPECT_EQ(told(GetParam().outcomes, GetParam().every), GetParam().told);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Transitions,
    testing::Values(Case{"sssuus", hours(24), "......"},      // nothing happens
                    Case{"sfs", hours(24), ".FR"},            // one failure
                    Case{"sps", hours(24), ".FR"},            // partial is not success
                    Case{"spfu", hours(24), ".FSR"},          // unchanged is success
                    Case{"f", hours(24), "F"},                // the first run ever
                    Case{"fffffs", hours(24), "FSSSSR"},      // daily: told daily
                    Case{"fff", hours(24 * 7), "FSS"},        // weekly: told weekly
                    Case{"ffffffff", hours(6), "F...S..."},   // four times a day: told daily
                    Case{"ffffffffffff", hours(12), "F.S.S.S.S.S."},
                    Case{"scs", hours(1), "..."},             // cancelled and refused runs say nothing
                    Case{"srs", hours(1), "..."},             //
                    Case{"fcs", hours(1), "F.R"},             // and change nothing
                    Case{"fcfrs", hours(24), "F.S.R"}, Case{"sfsfs", hours(1), ".FRFR"}));

TEST(Transitions, a_daily_run_that_ends_sooner_now_and_then_is_told_daily) {
    EXPECT_EQ(told("ffffffff", hours(24), minutes(30)), "FSSSSSSS");
}

TEST(Transitions, every_five_minutes_for_ten_days_is_told_once_a_day) {
    const std::string out = told(std::string(12 * 24 * 10, 'f'), minutes(5));
    EXPECT_EQ(out[0], 'F');
    std::size_t last = 0;
    int reminders = 0;
    for (std::size_t at = out.find('S'); at != std::string::npos; at = out.find('S', at + 1)) {
        EXPECT_GE((at - last) * 5, 23U * 60U - 5U);
        last = at;
        ++reminders;
    }
    EXPECT_EQ(reminders, 10);  // 240 h in periods of 23 h
}

TEST(Transitions, without_knowledge_of_the_run_before_every_failure_is_told) {
    History history;
    history.failures_before = 3;
    history.failures_now = 4;
    history.first_failed_at = start;
    EXPECT_EQ(transition_of(run_at(start + minutes(5), model::RunOutcome::failed), history), Transition::still_failing);
    history.previous_ended_at = start + minutes(4);
    EXPECT_EQ(transition_of(run_at(start + minutes(5), model::RunOutcome::failed), history), Transition::none);
}

TEST(Transitions, a_clock_set_back_breaks_nothing) {
    History history;
    history.failures_before = 1;
    history.failures_now = 2;
    history.first_failed_at = start;
    history.previous_ended_at = start + hours(30);
    EXPECT_EQ(transition_of(run_at(start - hours(24 * 3650), model::RunOutcome::failed), history), Transition::none);
    EXPECT_EQ(transition_of(run_at(start + hours(24 * 3650), model::RunOutcome::failed), history), Transition::still_failing);
}

TEST(Transitions, have_the_names_of_the_configuration) {
    EXPECT_STREQ(name(Transition::failed), "failed");
    EXPECT_STREQ(name(Transition::still_failing), "still_failing");
    EXPECT_STREQ(name(Transition::recovered), "recovered");
}

}  // namespace
}  // namespace autobackup::notify::history_test
