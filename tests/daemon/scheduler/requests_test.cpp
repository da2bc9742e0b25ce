// SPDX-License-Identifier: MIT
// run now, cancel, pause, resume, skip-next.
#include "scheduler_kit.hpp"

namespace autobackup::scheduler::requests_test {
namespace {

using Answer = RunNow::Answer;

class Requests : public testing::Test {
protected:
    Requests() { machine.configure({job("nightly", {"daily 02:30"})}); }
    RunNow run_now(const std::string& name = "nightly") { return machine.scheduler->run_now(name, machine.now); }
    Machine machine{at("2026-11-20 12:00")};
};

TEST_F(Requests, run_now_starts_at_once_and_leaves_the_schedule_alone) {
    const RunNow answer = run_now();
    EXPECT_EQ(answer.answer, Answer::queued);
    EXPECT_EQ(machine.scheduler->wake(), machine.now);
    EXPECT_EQ(machine.until(machine.now), Lines{"2026-11-20 12:00 nightly manual 1"});
    EXPECT_EQ(machine.running.at("nightly").ticket, answer.ticket);
    machine.end("nightly");
    EXPECT_EQ(machine.until(at("2026-11-21 02:30")), Lines{"2026-11-21 02:30 nightly schedule 1"});
}

TEST_F(Requests, what_somebody_waits_for_is_not_held_back_by_a_new_schedule) {
    machine.options.runs = 1;
    machine.scheduler = std::make_unique<Scheduler>(machine.options);
    machine.configure({job("long", {"daily 02:00"}), job("nightly", {"daily 02:30"})});
    machine.until(at("2026-11-21 02:30"));
    const RunNow asked = machine.scheduler->run_now("nightly", machine.now);
    EXPECT_EQ(asked.answer, Answer::joined);
    machine.scheduler->pause("nightly", std::nullopt, "me", machine.now);
    machine.configure({job("long", {"daily 02:00"}), after(job("nightly", {"daily 02:30"}), {"long"})});
    machine.end("long", final_failure);
    machine.scheduler->resume("nightly", machine.now);
    EXPECT_EQ(machine.until(at("2026-11-21 02:31")), Lines{"2026-11-21 02:30 nightly schedule 1"});
    EXPECT_EQ(machine.running.at("nightly").ticket, asked.ticket);
}

TEST_F(Requests, what_a_pause_held_back_starts_at_once_when_the_clock_was_set_back_meanwhile) {
    machine.options.runs = 1;
    machine.scheduler = std::make_unique<Scheduler>(machine.options);
    machine.configure({job("long", {"daily 02:00"}), job("nightly", {})});
    machine.until(at("2026-11-21 02:00"));
    const RunNow asked = run_now();
    machine.scheduler->pause("nightly", std::nullopt, "me", machine.now);
    machine.set_clock(at("2026-11-20 22:00"));
    machine.until(machine.now);
    machine.end("long");
    machine.scheduler->resume("nightly", machine.now);
    EXPECT_EQ(machine.until(at("2026-11-20 22:01")), Lines{"2026-11-20 22:00 nightly manual 1"});
    EXPECT_EQ(machine.running.at("nightly").ticket, asked.ticket);
}

TEST_F(Requests, run_now_of_a_queued_job_is_the_same_run) {
    machine.scheduler->set_runs(1);
    machine.configure({job("nightly", {"daily 02:30"}), job("hog", {"daily 02:29"})});
    machine.until(at("2026-11-21 02:31"));
    const RunNow first = run_now(), second = run_now();
    EXPECT_EQ(first.answer, Answer::joined);
    EXPECT_EQ(second.ticket, first.ticket);
    machine.end("hog");
    EXPECT_EQ(machine.until(at("2026-11-21 02:40")), Lines{"2026-11-21 02:31 nightly schedule 1"});
    EXPECT_EQ(machine.running.at("nightly").ticket, first.ticket);
    machine.end("nightly");
    EXPECT_EQ(machine.until(at("2026-11-22 02:00")), Lines{});
}

TEST_F(Requests, run_now_of_a_running_job_is_one_more_run_behind_it) {
    machine.until(at("2026-11-21 02:30"));
    const RunNow first = run_now(), second = run_now();
    EXPECT_EQ(first.answer, Answer::behind);
    EXPECT_EQ(second.ticket, first.ticket);
    EXPECT_NE(first.ticket, machine.running.at("nightly").ticket);
    machine.end("nightly");
    EXPECT_EQ(machine.until(at("2026-11-21 02:31")), Lines{"2026-11-21 02:30 nightly manual 1"});
    EXPECT_EQ(machine.running.at("nightly").ticket, first.ticket);
    machine.end("nightly");
    EXPECT_EQ(machine.until(at("2026-11-22 02:00")), Lines{});
}

TEST_F(Requests, run_now_behind_a_run_that_fails_is_its_next_try) {
    machine.until(at("2026-11-21 02:30"));
    run_now();
    machine.end("nightly", passing_failure);
    EXPECT_EQ(machine.until(at("2026-11-21 02:30")), Lines{"2026-11-21 02:30 nightly manual 2"});
    EXPECT_EQ(machine.running.at("nightly").due, at("2026-11-21 02:30"));
}

TEST_F(Requests, run_now_is_refused_while_paused_and_for_unknown_jobs) {
    EXPECT_EQ(run_now("nobody").answer, Answer::unknown);
    machine.scheduler->pause("nightly", std::nullopt, "anna", machine.now);
    EXPECT_EQ(run_now().answer, Answer::paused);
    EXPECT_EQ(machine.until(machine.now), Lines{});
}

TEST_F(Requests, run_now_works_for_disabled_and_manual_jobs) {
    JobPlan off = job("off", {"hourly"});
    off.enabled = false;
    machine.configure({off, job("by-hand", {})});
    EXPECT_EQ(run_now("off").answer, Answer::queued);
    EXPECT_EQ(run_now("by-hand").answer, Answer::queued);
    EXPECT_EQ(machine.until(machine.now).size(), 2U);
}

TEST_F(Requests, cancel_withdraws_a_queued_run_for_good) {
    machine.scheduler->set_runs(1);
    machine.configure({job("nightly", {"daily 02:30"}), job("hog", {"daily 02:29"})});
    EXPECT_FALSE(machine.scheduler->cancel_queued("nightly", machine.now));
    machine.until(at("2026-11-21 02:31"));
    EXPECT_FALSE(machine.scheduler->cancel_queued("hog", machine.now)) << "it runs";
    const Ticket ticket = machine.view("nightly").ticket;
    EXPECT_TRUE(machine.scheduler->cancel_queued("nightly", machine.now));
    const std::vector<Note> notes = machine.scheduler->notes();
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_EQ(notes[0].kind, Note::Kind::withdrawn);
    EXPECT_EQ(notes[0].ticket, ticket);
    machine.end("hog");
    EXPECT_EQ(machine.until(at("2026-11-22 02:00")), Lines{});
    EXPECT_EQ(machine.view("nightly").window, Window::withdrawn);
}

TEST_F(Requests, cancel_withdraws_a_waiting_try_and_a_run_behind) {
    machine.until(at("2026-11-21 02:30"));
    run_now();
    EXPECT_TRUE(machine.scheduler->cancel_queued("nightly", machine.now));
    machine.end("nightly", passing_failure);
    EXPECT_TRUE(machine.scheduler->cancel_queued("nightly", machine.now));
    EXPECT_EQ(machine.until(at("2026-11-22 02:00")), Lines{});
}

TEST_F(Requests, a_pause_holds_starts_back_and_its_end_makes_up_for_them) {
    EXPECT_TRUE(machine.scheduler->pause("nightly", std::nullopt, "anna", machine.now));
    EXPECT_EQ(machine.scheduler->wake(), std::nullopt);
    EXPECT_EQ(machine.until(at("2026-11-23 12:00")), Lines{});
    const View view = machine.view("nightly");
    EXPECT_EQ(view.state, State::paused);
    EXPECT_EQ(view.pause->by, "anna");
    EXPECT_EQ(view.next, std::vector<Time>{at("2026-11-24 02:30")});
    EXPECT_EQ(view.next_start, std::nullopt);
    EXPECT_TRUE(machine.scheduler->resume("nightly", machine.now));
    EXPECT_EQ(machine.until(at("2026-11-23 13:00")), Lines{"2026-11-23 12:00 nightly catch-up 1"});
    EXPECT_EQ(machine.running.at("nightly").due, at("2026-11-23 02:30"));
    EXPECT_FALSE(machine.scheduler->resume("nightly", machine.now));
    EXPECT_FALSE(machine.scheduler->pause("nobody", std::nullopt, "", machine.now));
}

TEST_F(Requests, a_pause_ends_by_itself) {
    machine.scheduler->pause("nightly", at("2026-11-22 06:00"), "", machine.now);
    EXPECT_EQ(machine.scheduler->wake(), at("2026-11-22 06:00"));
    EXPECT_EQ(machine.until(at("2026-11-23 00:00")), Lines{"2026-11-22 06:00 nightly catch-up 1"});
    EXPECT_EQ(machine.told(), (Lines{"the pause of 'nightly' is over",
                                     "'nightly' missed its starts from 2026-11-21T02:30:00Z to 2026-11-22T02:30:00Z: "
                                     "one run makes up for them"}));
}

TEST_F(Requests, a_pause_without_catch_up_waits_for_the_next_due_time) {
    JobPlan plan = job("nightly", {"daily 02:30"});
    plan.catch_up = false;
    machine.configure({plan});
    machine.scheduler->pause("nightly", at("2026-11-22 06:00"), "", machine.now);
    EXPECT_EQ(machine.until(at("2026-11-23 12:00")), Lines{"2026-11-23 02:30 nightly schedule 1"});
}

TEST_F(Requests, a_pause_that_is_over_already_is_none) {
    EXPECT_TRUE(machine.scheduler->pause("nightly", machine.now, "", machine.now));
    EXPECT_EQ(machine.view("nightly").state, State::idle);
}

TEST_F(Requests, a_pause_survives_a_restart) {
    machine.scheduler->pause("nightly", at("2026-11-22 06:00"), "anna", machine.now);
    machine.save();
    machine.restart(at("2026-11-21 12:00"), {job("nightly", {"daily 02:30"})});
    EXPECT_EQ(machine.view("nightly").pause->by, "anna");
    EXPECT_EQ(machine.until(at("2026-11-22 12:00")), Lines{"2026-11-22 06:00 nightly catch-up 1"});
}

TEST_F(Requests, a_pause_holds_what_is_queued_and_keeps_its_ticket) {
    machine.scheduler->set_runs(1);
    machine.configure({job("nightly", {"daily 02:30"}), job("hog", {"daily 02:29"})});
    machine.until(at("2026-11-20 13:00"));
    run_now("hog");
    machine.until(machine.now);
    const RunNow asked = run_now();
    machine.scheduler->pause("nightly", std::nullopt, "", machine.now);
    machine.end("hog");
    EXPECT_EQ(machine.until(at("2026-11-20 14:00")), Lines{});
    machine.scheduler->resume("nightly", machine.now);
    EXPECT_EQ(machine.until(at("2026-11-20 14:00")), Lines{"2026-11-20 14:00 nightly manual 1"});
    EXPECT_EQ(machine.running.at("nightly").ticket, asked.ticket);
}

TEST_F(Requests, what_runs_goes_on_through_a_pause) {
    machine.until(at("2026-11-21 02:30"));
    machine.scheduler->pause("nightly", std::nullopt, "", machine.now);
    EXPECT_EQ(machine.view("nightly").state, State::running);
    machine.end("nightly");
    EXPECT_EQ(machine.view("nightly").state, State::paused);
    EXPECT_EQ(machine.view("nightly").window, Window::done);
}

TEST_F(Requests, skip_next_passes_over_one_due_time_however_often_it_is_asked) {
    EXPECT_EQ(machine.scheduler->skip_next("nightly", machine.now), at("2026-11-21 02:30"));
    EXPECT_EQ(machine.scheduler->skip_next("nightly", machine.now), at("2026-11-21 02:30"));
    EXPECT_EQ(machine.view("nightly").next, std::vector<Time>{at("2026-11-22 02:30")});
    EXPECT_EQ(machine.all_good_until(at("2026-11-23 12:00")),
              (Lines{"2026-11-22 02:30 nightly schedule 1", "2026-11-23 02:30 nightly schedule 1"}));
    EXPECT_EQ(machine.told(), Lines{"'nightly' skips its start at 2026-11-21T02:30:00Z as asked"});
    EXPECT_EQ(machine.scheduler->skip_next("nobody", machine.now), std::nullopt);
}

TEST_F(Requests, skip_next_survives_a_restart) {
    machine.scheduler->skip_next("nightly", machine.now);
    machine.save();
    machine.restart(at("2026-11-20 13:00"), {job("nightly", {"daily 02:30"})});
    EXPECT_EQ(machine.all_good_until(at("2026-11-22 12:00")), Lines{"2026-11-22 02:30 nightly schedule 1"});
}

TEST_F(Requests, what_was_skipped_stays_so_when_the_clock_is_set_back) {
    machine.scheduler->skip_next("nightly", machine.now);
    machine.until(at("2026-11-21 02:31"));
    machine.set_clock(at("2026-11-21 02:00"));
    EXPECT_EQ(machine.until(at("2026-11-21 12:00")), Lines{});
}

}  // namespace
}  // namespace autobackup::scheduler::requests_test
