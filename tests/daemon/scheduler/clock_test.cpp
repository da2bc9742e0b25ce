// SPDX-License-Identifier: MIT
// The wall clock is set, the machine sleeps.
#include "scheduler_kit.hpp"

namespace autobackup::scheduler::clock_test {
namespace {

TEST(Clock, set_back_a_little_no_due_time_is_run_twice) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("nightly", {"daily 02:30"}), job("often", {"every 10m"})});
    machine.all_good_until(at("2026-11-21 02:31"));
    machine.set_clock(at("2026-11-21 02:15"));
    EXPECT_EQ(machine.all_good_until(at("2026-11-21 02:45")), Lines{"2026-11-21 02:40 often schedule 1"});
    EXPECT_EQ(machine.told(), Lines{"the clock was set back by 16 min 0 s"});
}

TEST(Clock, set_back_before_due_times_that_were_passed_over_these_are_run) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("nightly", {"daily 02:30"})});
    machine.set_clock(at("2036-11-20 12:00"));
    EXPECT_EQ(machine.all_good_until(at("2036-11-22 00:00")),
              (Lines{"2036-11-20 12:00 nightly catch-up 1", "2036-11-21 02:30 nightly schedule 1"}));
    machine.set_clock(at("2026-11-21 00:00"));
    EXPECT_EQ(machine.all_good_until(at("2026-11-23 00:00")),
              (Lines{"2026-11-21 02:30 nightly schedule 1", "2026-11-22 02:30 nightly schedule 1"}));
}

TEST(Clock, wrong_for_a_while_in_the_past_nothing_is_run_twice_and_nothing_is_missed) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("nightly", {"daily 02:30"})});
    machine.all_good_until(at("2026-11-21 12:00"));
    machine.set_clock(at("2016-11-21 12:00"));
    EXPECT_EQ(machine.all_good_until(at("2016-11-22 12:00")), Lines{"2016-11-22 02:30 nightly schedule 1"});
    machine.set_clock(at("2026-11-21 14:00"));
    EXPECT_EQ(machine.all_good_until(at("2026-11-22 12:00")), Lines{"2026-11-22 02:30 nightly schedule 1"});
    machine.set_clock(at("2016-11-22 13:00"));
    machine.all_good_until(at("2016-11-22 14:00"));
    machine.set_clock(at("2026-11-23 14:00"));
    EXPECT_EQ(machine.all_good_until(at("2026-11-23 15:00")), Lines{"2026-11-23 14:00 nightly catch-up 1"});
}

TEST(Clock, a_leap_over_several_due_times_is_one_run) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("often", {"every 1s"}), job("monthly", {"monthly 1 04:00"})});
    machine.all_good_until(at("2026-11-20 12:00:03"));
    machine.set_clock(at("2036-11-20 12:00:00"));
    EXPECT_EQ(machine.all_good_until(at("2036-11-20 12:00:01")),
              (Lines{"2036-11-20 12:00 monthly catch-up 1", "2036-11-20 12:00 often schedule 1",
                     "2036-11-20 12:00:01 often schedule 1"}));
    EXPECT_EQ(machine.view("often").success->due, at("2036-11-20 12:00:01"));
}

TEST(Clock, without_catch_up_a_leap_waits_for_the_next) {
    Machine machine(at("2026-11-20 12:00"));
    JobPlan plan = job("nightly", {"daily 02:30"});
    plan.catch_up = false;
    machine.configure({plan});
    machine.set_clock(at("2026-11-25 12:00"));
    EXPECT_EQ(machine.all_good_until(at("2026-11-26 12:00")), Lines{"2026-11-26 02:30 nightly schedule 1"});
    EXPECT_EQ(machine.view("nightly").missed, 1U);
    EXPECT_EQ(machine.told().front(), "'nightly' missed its starts from 2026-11-21T02:30:00Z to 2026-11-25T02:30:00Z "
                                      "(catch_up: none)");
}

TEST(Clock, a_sleep_is_told_and_small_corrections_are_not) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({});
    machine.tick();
    machine.pass(at("2026-11-20 12:01"));
    machine.set_clock(at("2026-11-20 12:01:09"));
    machine.tick();
    EXPECT_EQ(machine.told(), Lines{});
    machine.set_clock(at("2026-11-20 14:01:09"));
    machine.tick();
    EXPECT_EQ(machine.told(), Lines{"the clock went forward by 2 h 0 min (it was set, or the machine slept)"});
}

TEST(Clock, a_try_does_not_wait_for_a_moment_that_is_years_away) {
    Machine machine(at("2036-11-20 12:00"));
    machine.configure({job("nightly", {"daily 02:30"})});
    machine.until(at("2036-11-21 02:30"));
    machine.end("nightly", passing_failure);
    machine.set_clock(at("2026-11-20 12:00"));
    EXPECT_EQ(machine.until(at("2026-11-20 12:10")), (Lines{"2026-11-20 12:10 nightly retry 2"}));
}

TEST(Clock, set_back_while_a_job_runs_and_waits) {
    Options options;
    options.runs = 1;
    Machine machine(at("2026-11-20 12:00"), options);
    machine.configure({job("a", {"daily 13:00"}), job("b", {"daily 13:05"}), job("c", {"daily 12:30"})});
    machine.all_good_until(at("2026-11-20 12:59"));
    machine.until(at("2026-11-20 13:06"));
    machine.set_clock(at("2026-11-20 12:00"));
    EXPECT_EQ(machine.until(at("2026-11-20 12:50")), Lines{}) << "c ran already, b still waits for its place";
    machine.end("a");
    EXPECT_EQ(machine.until(at("2026-11-20 13:30")), Lines{"2026-11-20 12:50 b schedule 1"});
    machine.end("b");
    EXPECT_EQ(machine.until(at("2026-11-20 14:00")), Lines{});
}

TEST(Clock, set_back_the_queue_keeps_its_order) {
    Options options;
    options.runs = 1;
    Machine machine(at("2036-11-20 12:00"), options);
    machine.configure({job("hog", {"daily 12:01"}), job("waits", {"daily 12:02"}), job("often", {"every 1m"})});
    machine.until(at("2036-11-20 12:03"));
    machine.set_clock(at("2026-11-20 12:10:30"));
    machine.until(at("2026-11-20 12:12"));
    std::vector<std::string> order;
    for (int i = 0; i < 3; ++i) {
        order.push_back(machine.running.begin()->first);
        machine.end(machine.running.begin()->first);
        machine.until(machine.now);
    }
    EXPECT_EQ(order, (std::vector<std::string>{"hog", "often", "waits"}));
}

TEST(Clock, set_back_while_the_program_is_down) {
    Machine machine(at("2036-11-20 12:00"));
    const std::vector<JobPlan> plans{job("nightly", {"daily 02:30"}), after(job("second", {}), {"nightly"})};
    machine.configure(plans);
    machine.all_good_until(at("2036-11-21 12:00"));
    machine.restart(at("2026-11-20 12:00"), plans);
    EXPECT_EQ(machine.all_good_until(at("2026-11-21 12:00")),
              (Lines{"2026-11-21 02:30 nightly schedule 1", "2026-11-21 02:30 second after 1"}));
}

TEST(Clock, steps_are_taken_in_batches) {
    Options options;
    options.batch = 3;
    Machine machine(at("2036-11-20 12:00"), options);
    std::vector<JobPlan> plans;
    for (int i = 0; i < 10; ++i) plans.push_back(job("job" + std::to_string(i), {"daily 02:30"}));
    machine.configure(plans);
    machine.set_clock(at("2026-11-20 12:00"));
    machine.tick();
    EXPECT_EQ(machine.scheduler->wake(), machine.now) << "seven are left";
    EXPECT_EQ(machine.all_good_until(at("2026-11-21 12:00")).size(), 10U);
}

}  // namespace
}  // namespace autobackup::scheduler::clock_test
