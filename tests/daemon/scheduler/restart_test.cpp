// SPDX-License-Identifier: MIT
// Downtime, crashes, reloads.
#include "scheduler_kit.hpp"

namespace autobackup::scheduler::restart_test {
namespace {

std::vector<JobPlan> nightly(const std::string& schedule = "daily 02:30", const std::string& zone = "UTC") {
    return {job("nightly", {schedule}, zone)};
}

class Restart : public testing::Test {
protected:
    void begin(const std::vector<JobPlan>& plans) {
        machine.configure(plans);
        machine.save();
    }
    Machine machine{at("2026-11-20 12:00")};
};

TEST_F(Restart, after_downtime_one_run_makes_up_for_what_was_missed) {
    begin(nightly());
    machine.restart(at("2026-11-25 12:00"), nightly());
    EXPECT_EQ(machine.all_good_until(at("2026-11-26 12:00")),
              (Lines{"2026-11-25 12:00 nightly catch-up 1", "2026-11-26 02:30 nightly schedule 1"}));
}

TEST_F(Restart, without_catch_up_it_waits) {
    std::vector<JobPlan> plans = nightly();
    plans[0].catch_up = false;
    begin(plans);
    machine.restart(at("2026-11-25 12:00"), plans);
    EXPECT_EQ(machine.all_good_until(at("2026-11-26 12:00")), Lines{"2026-11-26 02:30 nightly schedule 1"});
}

TEST_F(Restart, nothing_is_run_when_nothing_was_missed) {
    begin(nightly());
    machine.all_good_until(at("2026-11-21 12:00"));
    machine.restart(at("2026-11-21 13:00"), nightly());
    EXPECT_EQ(machine.all_good_until(at("2026-11-22 12:00")), Lines{"2026-11-22 02:30 nightly schedule 1"});
}

TEST_F(Restart, a_clock_set_back_meanwhile_does_not_run_what_a_wrong_clock_passed_over) {
    begin(nightly());
    machine.set_clock(at("2026-12-15 07:47"));  // a wrong clock …
    EXPECT_EQ(machine.all_good_until(machine.now), Lines{"2026-12-15 07:47 nightly catch-up 1"});
    machine.set_clock(at("2026-11-22 00:00"));  // … is put right, and is wrong again
    EXPECT_EQ(machine.all_good_until(at("2026-11-22 04:00")), Lines{"2026-11-22 02:30 nightly schedule 1"});
    machine.set_clock(at("2026-12-15 07:48"));
    EXPECT_EQ(machine.all_good_until(machine.now), Lines{});
    machine.restart(at("2026-12-11 03:58"), nightly());
    EXPECT_EQ(machine.all_good_until(at("2026-12-12 12:00")), Lines{"2026-12-12 02:30 nightly schedule 1"});
}

TEST_F(Restart, a_new_job_waits_for_its_first_due_time) {
    begin({});
    machine.restart(at("2026-11-25 12:00"), nightly());
    EXPECT_EQ(machine.all_good_until(at("2026-11-26 12:00")), Lines{"2026-11-26 02:30 nightly schedule 1"});
}

TEST_F(Restart, a_crash_in_the_middle_resumes_the_run_and_does_not_count_a_try) {
    begin(nightly());
    machine.until(at("2026-11-21 02:30"));
    machine.restart(at("2026-11-21 02:40"), nightly());
    EXPECT_EQ(machine.until(at("2026-11-21 12:00")), Lines{"2026-11-21 02:40 nightly resume 1"});
    EXPECT_EQ(machine.running.at("nightly").due, at("2026-11-21 02:30"));
    machine.end("nightly", passing_failure);
    EXPECT_EQ(machine.view("nightly").state, State::retrying);
}

TEST_F(Restart, a_run_that_was_stopped_in_order_is_resumed_without_being_told) {
    begin(nightly());
    machine.until(at("2026-11-21 02:30"));
    machine.scheduler->stopped(machine.running.at("nightly").ticket, machine.now);
    machine.save();
    for (int i = 0; i < 10; ++i) {  // however often
        machine.restart(at("2026-11-21 02:40") + i * 1min, nightly(), false);
        machine.tick();
        machine.scheduler->stopped(machine.running.at("nightly").ticket, machine.now);
        machine.save();
    }
    machine.restart(at("2026-11-21 03:00"), nightly(), false);
    EXPECT_EQ(machine.until(at("2026-11-21 12:00")), Lines{"2026-11-21 03:00 nightly resume 1"});
}

TEST_F(Restart, a_run_by_hand_is_resumed_too) {
    begin(nightly());
    machine.scheduler->run_now("nightly", machine.now);
    machine.until(machine.now);
    machine.restart(at("2026-11-20 12:10"), nightly());
    EXPECT_EQ(machine.until(at("2026-11-20 13:00")), Lines{"2026-11-20 12:10 nightly resume 1"});
    EXPECT_FALSE(machine.running.at("nightly").due);
}

TEST_F(Restart, a_resume_that_dies_before_it_begins_is_not_lost) {
    begin(nightly());
    machine.scheduler->run_now("nightly", machine.now);
    machine.until(machine.now);
    machine.restart(at("2026-11-20 12:10"), nightly());
    machine.restart(at("2026-11-20 12:11"), nightly());
    EXPECT_EQ(machine.until(at("2026-11-20 13:00")), Lines{"2026-11-20 12:11 nightly resume 1"});
}

TEST_F(Restart, a_crash_whose_run_is_known_to_have_ended_is_made_up_for) {
    begin(nightly());
    machine.until(at("2026-11-21 02:30"));
    machine.restart(at("2026-11-21 02:40"), nightly(), false);
    EXPECT_EQ(machine.until(at("2026-11-21 12:00")), Lines{"2026-11-21 02:40 nightly catch-up 2"});
}

TEST_F(Restart, a_crash_before_the_memory_was_saved_is_one_run) {
    begin(nightly());
    const auto before = machine.disk;
    machine.until(at("2026-11-21 02:30"));
    machine.disk = before;
    machine.restart(at("2026-11-21 02:40"), nightly());
    EXPECT_EQ(machine.until(at("2026-11-21 12:00")), Lines{"2026-11-21 02:40 nightly resume 1"});
    EXPECT_EQ(machine.running.at("nightly").due, at("2026-11-21 02:30"));
    machine.end("nightly");
    EXPECT_EQ(machine.until(at("2026-11-22 02:00")), Lines{});
}

TEST_F(Restart, a_job_that_kills_the_program_again_and_again_is_left_alone) {
    begin(nightly());
    machine.until(at("2026-11-21 02:30"));
    int resumed = 0;
    for (int i = 0; i < 10; ++i) {
        machine.restart(machine.now + 1min, nightly());
        resumed += static_cast<int>(machine.until(machine.now).size());
    }
    EXPECT_EQ(resumed, 4);
    EXPECT_EQ(machine.view("nightly").window, Window::failed);
    EXPECT_EQ(machine.until(at("2026-11-22 03:00")), Lines{"2026-11-22 02:30 nightly schedule 1"});
}

TEST_F(Restart, a_waiting_try_goes_on_waiting) {
    begin(nightly());
    machine.until(at("2026-11-21 02:30"));
    machine.end("nightly", passing_failure);
    machine.restart(at("2026-11-21 02:30:10"), nightly());
    EXPECT_EQ(machine.until(at("2026-11-21 12:00")), Lines{"2026-11-21 02:31 nightly retry 2"});
}

TEST_F(Restart, what_was_given_up_is_tried_once_more_by_a_new_process) {
    begin(nightly());
    machine.until(at("2026-11-21 02:30"));
    machine.end("nightly", final_failure);
    machine.restart(at("2026-11-21 09:00"), nightly());
    EXPECT_EQ(machine.until(at("2026-11-21 12:00")), Lines{"2026-11-21 09:00 nightly catch-up 1"});
    EXPECT_EQ(machine.running.at("nightly").due, at("2026-11-21 02:30"));
}

TEST_F(Restart, what_was_cancelled_is_not) {
    begin(nightly());
    machine.until(at("2026-11-21 02:30"));
    machine.end("nightly", cancelled);
    machine.restart(at("2026-11-21 09:00"), nightly());
    EXPECT_EQ(machine.until(at("2026-11-21 12:00")), Lines{});
}

TEST_F(Restart, a_queued_run_is_queued_again) {
    machine.scheduler->set_runs(1);
    const std::vector<JobPlan> plans{job("hog", {"daily 02:29"}), job("nightly", {"daily 02:30"})};
    begin(plans);
    machine.until(at("2026-11-21 02:31"));
    machine.restart(at("2026-11-21 09:00"), plans);
    EXPECT_EQ(machine.until(at("2026-11-21 12:00")),
              (Lines{"2026-11-21 09:00 nightly catch-up 1", "2026-11-21 09:00 hog resume 1"}));
}

TEST_F(Restart, many_missed_jobs_start_one_after_the_other) {
    machine.options.runs = 3;
    std::vector<JobPlan> plans;
    for (int i = 0; i < 50; ++i) plans.push_back(job("job" + std::to_string(i), {"daily 02:30"}));
    begin(plans);
    machine.restart(at("2026-11-25 12:00"), plans);
    EXPECT_EQ(machine.until(at("2026-11-25 13:00")).size(), 3U);
    EXPECT_EQ(machine.scheduler->queued(), 47U);
}

// -- another schedule --

TEST_F(Restart, what_was_missed_under_the_old_schedule_is_not_lost_with_it) {
    begin(nightly());
    machine.restart(at("2026-11-21 09:00"), nightly("daily 23:00"));
    EXPECT_EQ(machine.all_good_until(at("2026-11-22 00:00")),
              (Lines{"2026-11-21 09:00 nightly catch-up 1", "2026-11-21 23:00 nightly schedule 1"}));
}

TEST_F(Restart, a_reload_shortly_after_a_run_does_not_run_again) {
    begin(nightly());
    machine.all_good_until(at("2026-11-21 12:00"));
    machine.configure(nightly("daily 03:00"));
    EXPECT_EQ(machine.view("nightly").next, std::vector<Time>{at("2026-11-22 03:00")});
}

TEST_F(Restart, a_reload_that_would_skip_a_day_runs_at_once) {
    begin(nightly("daily 11:00"));
    machine.all_good_until(at("2026-11-22 10:00"));
    machine.configure(nightly("daily 09:00"));
    EXPECT_EQ(machine.all_good_until(at("2026-11-23 12:00")),
              (Lines{"2026-11-22 10:00 nightly catch-up 1", "2026-11-23 09:00 nightly schedule 1"}));
}

TEST_F(Restart, a_zone_that_is_changed_skips_no_day) {
    begin(nightly("daily 02:30", "Asia/Tokyo"));
    machine.all_good_until(at("2026-11-21 03:00"));
    for (const char* zone : {"Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati", "Pacific/Pago_Pago"}) {
        const Time before = machine.view("nightly").success->at;
        machine.configure(nightly("daily 02:30", zone));
        machine.all_good_until(machine.now + 24h);
        EXPECT_LE(machine.view("nightly").success->at - before, 37h) << zone;
    }
}

TEST_F(Restart, a_reload_with_the_same_schedule_changes_nothing) {
    begin(nightly());
    machine.until(at("2026-11-21 02:30"));
    machine.configure(nightly());
    EXPECT_EQ(machine.view("nightly").state, State::running);
    machine.end("nightly");
    machine.configure(nightly());
    EXPECT_EQ(machine.until(at("2026-11-22 02:30")), Lines{"2026-11-22 02:30 nightly schedule 1"});
    EXPECT_EQ(machine.told(), Lines{});
}

TEST_F(Restart, a_reload_during_a_run_replans_and_the_run_goes_on) {
    begin(nightly());
    machine.until(at("2026-11-21 02:30"));
    machine.configure(nightly("every 6h"));
    EXPECT_EQ(machine.told(), Lines{"'nightly' has a new schedule, next due time 2026-11-21T06:00:00Z"});
    machine.end("nightly");
    EXPECT_EQ(machine.until(at("2026-11-21 06:00")), Lines{"2026-11-21 06:00 nightly schedule 1"});
}

TEST_F(Restart, a_job_that_is_removed_while_it_runs_ends_and_is_forgotten) {
    begin(nightly());
    machine.until(at("2026-11-21 02:30"));
    machine.configure({});
    EXPECT_EQ(machine.scheduler->jobs(), Lines{});
    EXPECT_EQ(machine.scheduler->running(), 1U);
    machine.end("nightly");
    EXPECT_EQ(machine.scheduler->running(), 0U);
    EXPECT_EQ(machine.until(at("2026-12-21 02:30")), Lines{});
}

TEST_F(Restart, a_job_that_comes_back_while_it_still_runs_does_not_run_twice_at_once) {
    begin(nightly());
    machine.until(at("2026-11-21 02:30"));
    machine.configure({});
    machine.configure(nightly());
    EXPECT_EQ(machine.scheduler->run_now("nightly", machine.now).answer, RunNow::Answer::behind);
    EXPECT_EQ(machine.until(at("2026-11-21 03:00")), Lines{});
    machine.end("nightly");
    EXPECT_EQ(machine.until(at("2026-11-21 03:00")).size(), 1U);
}

TEST_F(Restart, a_job_that_is_removed_while_queued_tells_whom_it_kept_waiting) {
    begin(nightly());
    const Ticket ticket = machine.scheduler->run_now("nightly", machine.now).ticket;
    machine.configure({});
    const std::vector<Note> notes = machine.scheduler->notes();
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_EQ(notes[0].kind, Note::Kind::withdrawn);
    EXPECT_EQ(notes[0].ticket, ticket);
    EXPECT_EQ(machine.until(at("2026-12-21 02:30")), Lines{});
    begin({job("other", {"daily 02:30"})});  // takes the free place
    EXPECT_EQ(machine.until(at("2026-12-22 02:30")), Lines{"2026-12-22 02:30 other schedule 1"});
}

TEST_F(Restart, what_passed_while_a_job_was_disabled_is_not_made_up_for) {
    begin(nightly());
    std::vector<JobPlan> off = nightly();
    off[0].enabled = false;
    machine.configure(off);
    EXPECT_EQ(machine.until(at("2026-11-25 12:00")), Lines{});
    machine.configure(nightly());
    EXPECT_EQ(machine.until(at("2026-11-26 12:00")), Lines{"2026-11-26 02:30 nightly schedule 1"});
}

TEST_F(Restart, a_disabled_job_with_a_memory_does_not_start) {
    begin(nightly());
    machine.until(at("2026-11-21 02:30"));
    std::vector<JobPlan> off = nightly();
    off[0].enabled = false;
    machine.restart(at("2026-11-25 12:00"), off);
    EXPECT_EQ(machine.until(at("2026-12-25 12:00")), Lines{});
}

}  // namespace
}  // namespace autobackup::scheduler::restart_test
