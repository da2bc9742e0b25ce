// SPDX-License-Identifier: MIT
// The plans of checks, and what the scheduler with one place makes of them.
#include "daemon/serve/checks.hpp"

#include "tests/daemon/scheduler/scheduler_kit.hpp"

namespace autobackup::serve::checks_test {
namespace {

using Lines = std::vector<std::string>;

config::Config two_jobs() {
    config::Config config;
    for (const char* name : {"signs", "lanes"}) {
        config::Job job;
        job.name = name;
        job.schedule = {"daily 02:30"};
        job.time_zone = "UTC";
        job.after = {"other"};
        job.catch_up = config::CatchUp::none;
        job.overlap = config::Overlap::queue;
        config.jobs.emplace(name, job);
    }
    config.jobs.at("signs").checks = {{"checksum", {"monthly 1 04:00"}}, {"drill", {"monthly 1 04:00"}}, {"structure", {"manual"}}};
    config.jobs.at("lanes").checks = {{"checksum", {"monthly 1 04:00"}}};
    return config;
}

scheduler::Machine machine_of(const config::Config& config, const std::string& begin) {
    scheduler::Options one;
    one.runs = 1;
    scheduler::Machine machine(scheduler::at(begin), one);
    machine.configure(check_plans(config, "host").value());
    return machine;
}

TEST(CheckPlans, are_named_after_job_and_kind_and_follow_nobody) {
    const auto plans = check_plans(two_jobs(), "host");
    ASSERT_TRUE(plans);
    Lines names;
    for (const scheduler::JobPlan& plan : *plans) {
        names.push_back(plan.name);
        EXPECT_TRUE(plan.after.empty()) << plan.name;
        EXPECT_TRUE(plan.catch_up) << "what was missed is made up for once";
        EXPECT_FALSE(plan.queue_overlap) << plan.name;
    }
    EXPECT_EQ(names, (Lines{"lanes/checksum", "signs/checksum", "signs/drill", "signs/structure"}));
}

TEST(CheckPlans, a_disabled_job_is_not_checked) {
    config::Config config = two_jobs();
    config.jobs.at("signs").enabled = false;
    config.jobs.at("lanes").checks.clear();
    scheduler::Machine machine = machine_of(config, "2027-01-15 00:00");
    EXPECT_EQ(machine.until(scheduler::at("2027-03-01 00:00")), Lines());
}

TEST(CheckPlans, one_goes_on_at_a_time) {
    scheduler::Machine machine = machine_of(two_jobs(), "2027-01-15 00:00");
    EXPECT_EQ(machine.until(scheduler::at("2027-02-01 04:10")), Lines{"2027-02-01 04:00 lanes/checksum schedule 1"});
    EXPECT_EQ(machine.scheduler->queued(), 2U);
    machine.end("lanes/checksum", scheduler::success);
    EXPECT_EQ(machine.until(scheduler::at("2027-02-01 05:00")), Lines{"2027-02-01 04:10 signs/checksum schedule 1"});
    machine.end("signs/checksum", scheduler::final_failure);
    EXPECT_EQ(machine.until(scheduler::at("2027-02-01 06:00")), Lines{"2027-02-01 05:00 signs/drill schedule 1"}) << "damage is no reason to try again";
    machine.end("signs/drill", scheduler::passing_failure);
    const Lines again = machine.until(scheduler::at("2027-02-01 08:00"));
    ASSERT_EQ(again.size(), 1U) << "no room for a drill may pass";
    EXPECT_NE(again[0].find("signs/drill retry 2"), std::string::npos) << again[0];
}

TEST(CheckPlans, months_that_were_missed_are_one_check) {
    scheduler::Machine machine = machine_of(two_jobs(), "2027-01-15 00:00");
    machine.save();
    machine.until(scheduler::at("2027-01-20 00:00"));
    config::Config config = two_jobs();
    config.jobs.at("signs").checks.erase("drill");
    config.jobs.erase("lanes");
    machine.restart(scheduler::at("2027-05-20 00:00"), check_plans(config, "host").value());
    EXPECT_EQ(machine.until(scheduler::at("2027-05-20 01:00")), Lines{"2027-05-20 00:00 signs/checksum catch-up 1"});
}

}  // namespace
}  // namespace autobackup::serve::checks_test
