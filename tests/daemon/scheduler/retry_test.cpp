// SPDX-License-Identifier: MIT
// Runs that fail, are cancelled or refused.
#include "scheduler_kit.hpp"

namespace autobackup::scheduler::retry_test {
namespace {

class Failing : public testing::Test {
protected:
    Failing() {
        machine.configure({job("nightly", {"daily 02:30"})});
        machine.until(at("2026-11-21 02:30"));
    }
    Machine machine{at("2026-11-20 12:00")};
};

TEST_F(Failing, is_tried_again_with_growing_waits_until_no_try_is_left) {
    machine.pass(at("2026-11-21 02:40"));
    machine.end("nightly", passing_failure);
    EXPECT_EQ(machine.view("nightly").state, State::retrying);
    EXPECT_EQ(machine.view("nightly").next_start, at("2026-11-21 02:41"));
    EXPECT_EQ(machine.told(), Lines{"'nightly' is tried again at 2026-11-21T02:41:00Z (due at 2026-11-21T02:30:00Z)"});
    EXPECT_EQ(machine.until(at("2026-11-21 02:41")), Lines{"2026-11-21 02:41 nightly retry 2"});
    EXPECT_EQ(machine.running.at("nightly").due, at("2026-11-21 02:30"));
    machine.end("nightly", passing_failure);
    EXPECT_EQ(machine.until(at("2026-11-21 03:00")), Lines{"2026-11-21 02:43 nightly retry 3"});
    machine.end("nightly", passing_failure);
    EXPECT_EQ(machine.until(at("2026-11-21 04:00")), Lines{"2026-11-21 03:04 nightly retry 4"});
    machine.told();
    machine.end("nightly", passing_failure);
    EXPECT_EQ(machine.told(), Lines{"'nightly': the run due at 2026-11-21T02:30:00Z is given up"});
    EXPECT_EQ(machine.view("nightly").window, Window::failed);
    EXPECT_EQ(machine.until(at("2026-11-22 02:30")), Lines{"2026-11-22 02:30 nightly schedule 1"});
}

TEST_F(Failing, the_wait_has_a_ceiling) {
    JobPlan plan = job("nightly", {"daily 02:30"});
    plan.retry = RetryPolicy{10, 60s, 150s};
    machine.configure({plan});
    for (const char* next : {"02:31", "02:33", "02:35:30", "02:38"}) {
        machine.end("nightly", passing_failure);
        EXPECT_EQ(machine.view("nightly").retry_at, at("2026-11-21 " + std::string(next)));
        machine.until(*machine.view("nightly").retry_at);
    }
}

TEST_F(Failing, a_success_ends_it) {
    machine.end("nightly", passing_failure);
    machine.until(at("2026-11-21 02:31"));
    machine.end("nightly");
    EXPECT_EQ(machine.view("nightly").window, Window::done);
    EXPECT_EQ(machine.view("nightly").success->due, at("2026-11-21 02:30"));
    EXPECT_EQ(machine.until(at("2026-11-22 02:29")), Lines{});
}

TEST_F(Failing, partial_is_no_success) {
    machine.end("nightly", Ended{model::RunOutcome::partial, true});
    EXPECT_EQ(machine.view("nightly").state, State::retrying);
    EXPECT_FALSE(machine.view("nightly").success);
}

TEST_F(Failing, what_cannot_get_better_is_not_tried_again) {
    machine.end("nightly", final_failure);
    EXPECT_EQ(machine.view("nightly").state, State::idle);
    EXPECT_EQ(machine.view("nightly").window, Window::failed);
    EXPECT_EQ(machine.until(at("2026-11-22 02:29")), Lines{});
}

TEST_F(Failing, a_cancelled_run_is_not_tried_again) {
    machine.end("nightly", cancelled);
    EXPECT_EQ(machine.view("nightly").window, Window::withdrawn);
    EXPECT_EQ(machine.until(at("2026-11-22 02:29")), Lines{});
}

TEST_F(Failing, a_run_that_another_process_kept_out_comes_again_and_is_no_try) {
    for (int i = 0; i < 10; ++i) {
        machine.end("nightly", refused);
        EXPECT_EQ(machine.view("nightly").retry_at, machine.now + 10min);
        EXPECT_EQ(machine.until(machine.now + 10min).size(), 1U);
        EXPECT_EQ(machine.running.at("nightly").attempt, 1);
        EXPECT_EQ(machine.running.at("nightly").trigger, Trigger::retry);
    }
}

TEST(Retry, no_try_is_made_after_the_next_due_time) {
    Machine machine(at("2026-11-20 12:00"));
    JobPlan plan = job("often", {"every 15m"});
    plan.retry = RetryPolicy{10, 6min, 1h};
    machine.configure({plan});
    machine.until(at("2026-11-20 12:15"));
    machine.end("often", passing_failure);
    EXPECT_EQ(machine.until(at("2026-11-20 12:29")), Lines{"2026-11-20 12:21 often retry 2"});
    machine.told();
    machine.end("often", passing_failure);  // 12:29, the next wait would be 12 minutes
    EXPECT_EQ(machine.told(), Lines{"'often': the run due at 2026-11-20T12:15:00Z is given up"});
    EXPECT_EQ(machine.until(at("2026-11-20 12:30")), Lines{"2026-11-20 12:30 often schedule 1"});
}

TEST(Retry, a_try_that_waits_for_a_place_when_the_next_due_time_comes_serves_that_one) {
    Options options;
    options.runs = 1;
    Machine machine(at("2026-11-20 12:00"), options);
    JobPlan plan = job("often", {"every 15m"});
    machine.configure({plan, job("hog", {"daily 12:16"})});
    machine.until(at("2026-11-20 12:15"));
    machine.pass(at("2026-11-20 12:15:30"));
    machine.end("often", passing_failure);
    EXPECT_EQ(machine.until(at("2026-11-20 12:31")), Lines{"2026-11-20 12:16 hog schedule 1"});
    machine.end("hog");
    EXPECT_EQ(machine.until(at("2026-11-20 12:31")), Lines{"2026-11-20 12:31 often schedule 1"});
    EXPECT_EQ(machine.running.at("often").due, at("2026-11-20 12:30"));
}

TEST(Retry, a_run_by_hand_with_no_due_time_open_is_not_tried_again) {
    Machine machine(at("2026-11-20 12:00"));
    machine.configure({job("nightly", {"daily 02:30"})});
    machine.scheduler->run_now("nightly", machine.now);
    machine.until(at("2026-11-20 12:00"));
    EXPECT_FALSE(machine.running.at("nightly").due);
    machine.end("nightly", passing_failure);
    EXPECT_EQ(machine.until(at("2026-11-21 02:30")), Lines{"2026-11-21 02:30 nightly schedule 1"});
}

TEST_F(Failing, a_run_by_hand_is_the_next_try_of_what_is_open) {
    machine.end("nightly", passing_failure);
    const RunNow answer = machine.scheduler->run_now("nightly", machine.now);
    EXPECT_EQ(answer.answer, RunNow::Answer::queued);
    EXPECT_EQ(machine.until(machine.now), Lines{"2026-11-21 02:30 nightly manual 2"});
    EXPECT_EQ(machine.running.at("nightly").due, at("2026-11-21 02:30"));
    machine.end("nightly");
    EXPECT_EQ(machine.view("nightly").window, Window::done);
    EXPECT_EQ(machine.until(at("2026-11-22 02:29")), Lines{});
}

}  // namespace
}  // namespace autobackup::scheduler::retry_test
