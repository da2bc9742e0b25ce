// SPDX-License-Identifier: MIT
// Due times: when they start, what jitter, overlap, limits and a late tick do to them.
#include "scheduler_kit.hpp"

namespace autobackup::scheduler::due_test {
namespace {

TEST(Due, a_job_starts_at_its_due_time_and_once) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("nightly", {"daily 02:30"})});
    EXPECT_EQ(machine.scheduler->wake(), at("2026-11-21 02:30"));
    EXPECT_EQ(machine.all_good_until(at("2026-11-23 00:00")),
              (Lines{"2026-11-21 02:30 nightly schedule 1", "2026-11-22 02:30 nightly schedule 1"}));
    EXPECT_EQ(machine.view("nightly").success->due, at("2026-11-22 02:30"));
}

TEST(Due, the_start_names_its_due_time) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("nightly", {"daily 02:30"})});
    machine.until(at("2026-11-21 02:30"));
    EXPECT_EQ(machine.running.at("nightly").due, at("2026-11-21 02:30"));
    EXPECT_EQ(machine.view("nightly").state, State::running);
    EXPECT_EQ(machine.view("nightly").due, at("2026-11-21 02:30"));
}

TEST(Due, summer_time_is_followed) {
    Machine machine(at("2027-03-27 12:00"));
    machine.configure({job("gap", {"daily 02:30"}, "Europe/Berlin"), job("hourly", {"every 12h"}, "Europe/Berlin")});
    EXPECT_EQ(machine.all_good_until(at("2027-03-29 01:00")),
              (Lines{"2027-03-28 00:00 hourly schedule 1", "2027-03-28 01:00 gap schedule 1",
                     "2027-03-28 12:00 hourly schedule 1", "2027-03-29 00:00 hourly schedule 1",
                     "2027-03-29 00:30 gap schedule 1"}));
}

TEST(Due, several_schedules_of_one_job_that_meet_start_one_run) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("two", {"daily 02:30", "sun 02:30", "sun 04:00"})});
    EXPECT_EQ(machine.all_good_until(at("2026-11-22 12:00")),
              (Lines{"2026-11-21 02:30 two schedule 1", "2026-11-22 02:30 two schedule 1",
                     "2026-11-22 04:00 two schedule 1"}));
}

TEST(Due, jitter_puts_the_start_off_and_leaves_the_due_time) {
    Machine machine(at("2026-11-20 12:00"));
    JobPlan plan = job("nightly", {"daily 02:30"});
    plan.jitter = 7min;
    machine.configure({plan});
    EXPECT_EQ(machine.view("nightly").next, std::vector<Time>{at("2026-11-21 02:37")});
    EXPECT_EQ(machine.until(at("2026-11-21 12:00")), Lines{"2026-11-21 02:37 nightly schedule 1"});
    EXPECT_EQ(machine.running.at("nightly").due, at("2026-11-21 02:30"));
}

TEST(Due, jitter_longer_than_the_interval_loses_nothing) {
    Machine machine(at("2026-11-20 12:00"));
    JobPlan plan = job("often", {"every 10m"});
    plan.jitter = 25min;
    machine.configure({plan});
    EXPECT_EQ(machine.all_good_until(at("2026-11-20 13:00")),
              (Lines{"2026-11-20 12:05 often schedule 1", "2026-11-20 12:15 often schedule 1",
                     "2026-11-20 12:25 often schedule 1", "2026-11-20 12:35 often schedule 1",
                     "2026-11-20 12:45 often schedule 1", "2026-11-20 12:55 often schedule 1"}));
    EXPECT_EQ(machine.view("often").success->due, at("2026-11-20 12:30"));
}

TEST(Due, no_more_than_the_limit_run_at_once_and_the_oldest_goes_first) {
    Options options;
    options.runs = 2;
    Machine machine(at("2026-11-20 12:00"), options);
    machine.configure({job("a", {"daily 13:02"}), job("b", {"daily 13:01"}), job("c", {"daily 13:00"}),
                       job("d", {"daily 13:03"})});
    EXPECT_EQ(machine.until(at("2026-11-20 14:00")), (Lines{"2026-11-20 13:00 c schedule 1", "2026-11-20 13:01 b schedule 1"}));
    EXPECT_EQ(machine.scheduler->queued(), 2U);
    EXPECT_EQ(machine.view("a").state, State::queued);
    machine.end("c");
    EXPECT_EQ(machine.scheduler->wake(), machine.now) << "a free place is something to do";
    EXPECT_EQ(machine.until(at("2026-11-20 15:00")), Lines{"2026-11-20 14:00 a schedule 1"});
    machine.end("a");
    EXPECT_EQ(machine.until(at("2026-11-20 15:00")), Lines{"2026-11-20 15:00 d schedule 1"});
}

TEST(Due, a_higher_limit_counts_at_once) {
    Options options;
    options.runs = 1;
    Machine machine(at("2026-11-20 12:00"), options);
    machine.configure({job("a", {"daily 13:00"}), job("b", {"daily 13:00"})});
    EXPECT_EQ(machine.until(at("2026-11-20 13:10")).size(), 1U);
    machine.scheduler->set_runs(2);
    EXPECT_EQ(machine.until(at("2026-11-20 13:20")).size(), 1U);
}

TEST(Due, overlap_skip_counts_and_tells) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("slow", {"hourly"})});
    machine.until(at("2026-11-20 13:00"));
    EXPECT_EQ(machine.until(at("2026-11-20 15:30")), Lines{});
    EXPECT_EQ(machine.told(), (Lines{"'slow' was still running at 2026-11-20T14:00:00Z: that start is skipped",
                                     "'slow' was still running at 2026-11-20T15:00:00Z: that start is skipped"}));
    EXPECT_EQ(machine.view("slow").skipped, 2U);
    machine.end("slow");
    EXPECT_EQ(machine.until(at("2026-11-20 16:00")), Lines{"2026-11-20 16:00 slow schedule 1"});
}

TEST(Due, a_run_that_fails_after_it_outlasted_the_next_due_time_is_tried_again) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("slow", {"hourly"})});
    machine.until(at("2026-11-20 14:30"));
    machine.end("slow", passing_failure);
    EXPECT_EQ(machine.until(at("2026-11-20 14:59")), Lines{"2026-11-20 14:31 slow retry 2"});
    EXPECT_EQ(machine.running.at("slow").due, at("2026-11-20 14:00"));
}

TEST(Due, overlap_queue_holds_one_run_for_all_that_came_meanwhile) {
    Machine machine(at("2026-11-20 12:00"));
    JobPlan plan = job("slow", {"hourly"});
    plan.queue_overlap = true;
    machine.configure({plan});
    EXPECT_EQ(machine.until(at("2026-11-20 15:30")), Lines{"2026-11-20 13:00 slow schedule 1"});
    EXPECT_EQ(machine.told(), (Lines{"'slow', due at 2026-11-20T14:00:00Z, still waited to start at 2026-11-20T15:00:00Z: one run serves both"}));
    machine.end("slow");
    EXPECT_EQ(machine.view("slow").success->due, at("2026-11-20 13:00"));
    EXPECT_EQ(machine.until(at("2026-11-20 15:30")), Lines{"2026-11-20 15:30 slow schedule 1"});
    EXPECT_EQ(machine.running.at("slow").due, at("2026-11-20 15:00"));
    machine.end("slow");
    EXPECT_EQ(machine.until(at("2026-11-20 15:59")), Lines{});
    EXPECT_EQ(machine.view("slow").skipped, 0U);
}

TEST(Due, a_due_time_that_comes_while_the_job_waits_to_start_is_merged) {
    Options options;
    options.runs = 1;
    Machine machine(at("2026-11-20 12:30"), options);
    machine.configure({job("hog", {"daily 12:45"}), job("often", {"hourly"})});
    machine.until(at("2026-11-20 14:30"));
    EXPECT_EQ(machine.told(), (Lines{"'often', due at 2026-11-20T13:00:00Z, still waited to start at 2026-11-20T14:00:00Z: one run serves both"}));
    machine.end("hog");
    EXPECT_EQ(machine.until(at("2026-11-20 14:30")), Lines{"2026-11-20 14:30 often schedule 1"});
    EXPECT_EQ(machine.running.at("often").due, at("2026-11-20 14:00"));
}

TEST(Due, a_tick_that_is_a_little_late_is_on_time_also_without_catch_up) {
    Machine machine(at("2026-11-20 12:00"));
    JobPlan plan = job("strict", {"hourly"});
    plan.catch_up = false;
    machine.configure({plan});
    machine.pass(at("2026-11-20 13:01:59"));
    EXPECT_EQ(machine.tick().size(), 1U);
    EXPECT_EQ(machine.running.at("strict").trigger, Trigger::schedule);
}

TEST(Due, manual_and_disabled_jobs_never_start_by_themselves) {
    Machine machine(at("2026-11-20 12:00"));
    JobPlan off = job("off", {"hourly"});
    off.enabled = false;
    machine.configure({job("by-hand", {}), off});
    EXPECT_EQ(machine.scheduler->wake(), std::nullopt);
    EXPECT_EQ(machine.until(at("2027-11-20 12:00")), Lines{});
    EXPECT_EQ(machine.view("off").state, State::disabled);
    EXPECT_EQ(machine.view("off").next, std::vector<Time>{});
    EXPECT_EQ(machine.view("by-hand").state, State::idle);
    EXPECT_EQ(machine.view("by-hand").expected_interval, std::nullopt);
}

TEST(Due, the_view_lists_the_next_starts_and_the_expected_interval) {
    Machine machine(at("2026-11-20 12:00"));  // a Friday
    JobPlan plan = job("workdays", {"weekdays 22:00"});
    plan.jitter = 5min;
    machine.configure({plan});
    const View view = machine.view("workdays", 5);
    EXPECT_EQ(view.next, (std::vector<Time>{at("2026-11-20 22:05"), at("2026-11-23 22:05"), at("2026-11-24 22:05"),
                                            at("2026-11-25 22:05"), at("2026-11-26 22:05")}));
    EXPECT_EQ(view.next_start, at("2026-11-20 22:05"));
    EXPECT_EQ(view.expected_interval, 72h);
    EXPECT_FALSE(machine.scheduler->view("nobody", machine.now));
}

}  // namespace
}  // namespace autobackup::scheduler::due_test
