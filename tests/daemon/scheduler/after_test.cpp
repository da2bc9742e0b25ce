// SPDX-License-Identifier: MIT
// `after:`.
#include "scheduler_kit.hpp"

namespace autobackup::scheduler::after_test {
namespace {

TEST(After, starts_when_the_run_of_the_same_due_time_has_succeeded) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("first", {"daily 02:30"}), after(job("second", {"daily 02:30"}), {"first"})});
    EXPECT_EQ(machine.until(at("2026-11-21 02:40")), Lines{"2026-11-21 02:30 first schedule 1"});
    EXPECT_EQ(machine.view("second").state, State::waiting);
    EXPECT_EQ(machine.view("second").waiting_for, Lines{"first"});
    machine.end("first");
    EXPECT_EQ(machine.until(at("2026-11-21 03:00")), Lines{"2026-11-21 02:40 second after 1"});
    EXPECT_EQ(machine.running.at("second").due, at("2026-11-21 02:30"));
}

TEST(After, waits_through_the_tries_of_the_first) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("first", {"daily 02:30"}), after(job("second", {"daily 02:30"}), {"first"})});
    machine.until(at("2026-11-21 02:30"));
    machine.end("first", passing_failure);
    EXPECT_EQ(machine.until(at("2026-11-21 02:50")), Lines{"2026-11-21 02:31 first retry 2"});
    machine.end("first");
    EXPECT_EQ(machine.until(at("2026-11-21 03:00")), Lines{"2026-11-21 02:50 second after 1"});
}

TEST(After, does_not_start_when_the_first_fails_and_says_so_at_its_next_due_time) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("first", {"daily 02:30"}), after(job("second", {"daily 02:30"}), {"first"})});
    machine.until(at("2026-11-21 02:30"));
    machine.end("first", final_failure);
    EXPECT_EQ(machine.until(at("2026-11-22 02:30")), Lines{"2026-11-22 02:30 first schedule 1"});
    EXPECT_EQ(machine.told().back(),
              "'second' was due at 2026-11-21T02:30:00Z and never started: the jobs before it had not succeeded by "
              "2026-11-22T02:30:00Z");
    EXPECT_EQ(machine.view("second").missed, 1U);
    machine.end("first");
    EXPECT_EQ(machine.until(at("2026-11-22 03:00")), Lines{"2026-11-22 02:30 second after 1"});
}

TEST(After, a_late_success_by_hand_lets_it_start) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("first", {"daily 02:30"}), after(job("second", {"daily 02:30"}), {"first"})});
    machine.until(at("2026-11-21 02:30"));
    machine.end("first", passing_failure);
    machine.scheduler->run_now("first", machine.now);
    machine.until(machine.now);
    machine.end("first");
    EXPECT_EQ(machine.until(at("2026-11-21 03:00")), Lines{"2026-11-21 02:30 second after 1"});
}

TEST(After, a_job_without_a_schedule_follows_the_due_times_of_the_first) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("first", {"every 12h"}), after(job("second", {}), {"first"}), after(job("third", {}), {"second"})});
    EXPECT_EQ(machine.all_good_until(at("2026-11-21 11:00")),
              (Lines{"2026-11-21 00:00 first schedule 1", "2026-11-21 00:00 second after 1", "2026-11-21 00:00 third after 1"}));
    EXPECT_EQ(machine.view("third").success->due, at("2026-11-21 00:00"));
}

TEST(After, several_must_all_have_succeeded) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("a", {"daily 02:30"}), job("b", {"daily 02:30"}), after(job("c", {}), {"a", "b"})});
    machine.until(at("2026-11-21 02:30"));
    machine.end("b");
    EXPECT_EQ(machine.until(at("2026-11-21 02:40")), Lines{});
    machine.end("a");
    EXPECT_EQ(machine.until(at("2026-11-21 02:50")), Lines{"2026-11-21 02:40 c after 1"});
}

TEST(After, of_a_job_with_other_due_times_the_latest_counts) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("often", {"every 6h"}), after(job("nightly", {"daily 02:30"}), {"often"})});
    machine.until(at("2026-11-20 18:00"));
    machine.end("often");
    machine.until(at("2026-11-21 00:00"));
    machine.end("often", final_failure);
    EXPECT_EQ(machine.until(at("2026-11-21 05:00")), Lines{}) << "the run of 00:00 has not succeeded";
    EXPECT_EQ(machine.until(at("2026-11-21 06:00")), Lines{"2026-11-21 06:00 often schedule 1"});
    machine.end("often");
    EXPECT_EQ(machine.until(at("2026-11-21 06:01")), Lines{"2026-11-21 06:00 nightly after 1"});
}

TEST(After, an_overlap_of_the_first_does_not_hold_the_second_for_ever) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("first", {"hourly"}), after(job("second", {"hourly"}), {"first"})});
    machine.until(at("2026-11-20 14:30"));
    machine.end("first");
    EXPECT_EQ(machine.until(at("2026-11-20 14:31")), Lines{"2026-11-20 14:30 second after 1"});
    EXPECT_EQ(machine.running.at("second").due, at("2026-11-20 14:00"));
}

TEST(After, jobs_that_never_come_due_hold_nobody_with_a_schedule_back) {
    Machine machine(at("2026-11-20 12:00"));
    JobPlan off = job("off", {"daily 02:30"});
    off.enabled = false;
    machine.configure({off, job("by-hand", {}), after(job("nightly", {"daily 02:30"}), {"off", "by-hand"})});
    EXPECT_EQ(machine.until(at("2026-11-21 03:00")), Lines{"2026-11-21 02:30 nightly schedule 1"});
}

TEST(After, a_run_by_hand_of_a_job_without_schedule_starts_the_next_and_waits_for_the_others) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("a", {}), job("b", {}), after(job("c", {}), {"a", "b"})});
    machine.pass(at("2026-11-20 13:00"));
    machine.scheduler->run_now("a", machine.now);
    EXPECT_EQ(machine.all_good_until(at("2026-11-20 14:00")), Lines{"2026-11-20 13:00 a manual 1"});
    machine.scheduler->run_now("b", machine.now);
    EXPECT_EQ(machine.all_good_until(at("2026-11-20 15:00")),
              (Lines{"2026-11-20 14:00 b manual 1", "2026-11-20 14:00 c after 1"}));
    machine.scheduler->run_now("b", machine.now);
    EXPECT_EQ(machine.all_good_until(at("2026-11-20 16:00")), Lines{"2026-11-20 15:00 b manual 1"});
}

TEST(After, a_run_by_hand_with_nothing_due_starts_no_others) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("first", {"daily 02:30"}), after(job("second", {}), {"first"})});
    machine.scheduler->run_now("first", machine.now);
    EXPECT_EQ(machine.all_good_until(at("2026-11-20 18:00")), Lines{"2026-11-20 12:00 first manual 1"});
}

TEST(After, what_was_missed_is_made_up_for_in_order) {
    Machine machine(at("2026-11-20 12:00"));
    const std::vector<JobPlan> plans{job("first", {"daily 02:30"}), after(job("second", {"daily 02:30"}), {"first"}),
                                     after(job("third", {}), {"second"})};
    machine.configure(plans);
    machine.save();
    machine.restart(at("2026-11-23 12:00"), plans);
    EXPECT_EQ(machine.all_good_until(at("2026-11-23 13:00")),
              (Lines{"2026-11-23 12:00 first catch-up 1", "2026-11-23 12:00 second after 1", "2026-11-23 12:00 third after 1"}));
}

TEST(After, a_success_that_was_not_followed_up_before_a_crash_is_followed_up_after_it) {
    Machine machine(at("2026-11-20 12:00"));
    const std::vector<JobPlan> plans{job("first", {"daily 02:30"}), after(job("second", {}), {"first"})};
    machine.configure(plans);
    machine.save();
    const Memory before = machine.disk.at("second");
    machine.until(at("2026-11-21 02:30"));
    machine.end("first");
    machine.disk["second"] = before;  // the crash came between the two writes
    machine.restart(at("2026-11-21 02:31"), plans);
    EXPECT_EQ(machine.all_good_until(at("2026-11-21 12:00")), Lines{"2026-11-21 02:31 second after 1"});
}

TEST(After, a_paused_second_starts_when_the_pause_ends) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("first", {"daily 02:30"}), after(job("second", {}), {"first"}),
                       after(job("third", {"daily 02:30"}), {"first"})});
    machine.scheduler->pause("second", at("2026-11-21 06:00"), "", machine.now);
    machine.until(at("2026-11-21 02:30"));
    machine.scheduler->pause("third", at("2026-11-21 07:00"), "", machine.now);
    machine.end("first");
    EXPECT_EQ(machine.until(at("2026-11-21 12:00")),
              (Lines{"2026-11-21 06:00 second after 1", "2026-11-21 07:00 third after 1"}));
}

TEST(After, a_job_taken_out_of_the_list_holds_nobody_back_any_more) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("first", {"daily 02:30"}), after(job("second", {"daily 02:30"}), {"first"})});
    machine.until(at("2026-11-21 02:40"));
    machine.configure({job("first", {"daily 02:30"}), job("second", {"daily 02:30"})});
    EXPECT_EQ(machine.until(at("2026-11-21 02:50")), Lines{"2026-11-21 02:40 second after 1"});
}

}  // namespace
}  // namespace autobackup::scheduler::after_test
