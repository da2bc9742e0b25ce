// SPDX-License-Identifier: MIT
// Random sequences of everything that can be asked and can happen, with what must hold after each step.
#include <set>

#include "scheduler_kit.hpp"

namespace autobackup::scheduler::operations_property_test {
namespace {

using Random = std::mt19937_64;

class Life {
public:
    explicit Life(std::uint64_t seed) : random_(seed), machine_(at("2027-03-01 00:00")) {
        machine_.options.runs = static_cast<int>(between(1, 4));
        machine_.options.batch = static_cast<int>(between(1, 20));
        machine_.scheduler = std::make_unique<Scheduler>(machine_.options);
        plans_ = random_plans();
        machine_.configure(plans_);
        machine_.save();
    }

    void step() {
        const std::string name = "job" + std::to_string(between(0, 9));
        switch (between(0, 12)) {
            case 0:
                ask(name);
                break;
            case 1:
                machine_.scheduler->pause(name, between(0, 1) == 0 ? std::nullopt : std::optional(later()), "me", machine_.now);
                break;
            case 2:
                machine_.scheduler->resume(name, machine_.now);
                break;
            case 3:
                machine_.scheduler->cancel_queued(name, machine_.now);
                break;
            case 4:
                machine_.scheduler->skip_next(name, machine_.now);
                break;
            case 5:
                reload();
                break;
            case 6:
                restart();
                break;
            case 7:
                machine_.set_clock(machine_.now + Milliseconds(between(-86'400'000, 86'400'000)) *
                                                      (between(0, 3) == 0 ? 3650 : 1));
                break;
            default:
                pass(later());
        }
        if (between(0, 1) == 0 && !machine_.running.empty()) end(machine_.running.begin()->first);
        look();
    }

    // In the end nobody waits for an answer that never comes.
    void finish() {
        for (const std::string& name : machine_.scheduler->jobs()) machine_.scheduler->resume(name, machine_.now);
        // Looked at after a tick: what a pause held back is queued by the first one after it.
        int rounds = 0;
        do {
            while (!machine_.running.empty()) end(machine_.running.begin()->first);
            pass(machine_.now);
        } while (++rounds < 100 && !(machine_.running.empty() && machine_.scheduler->queued() == 0));
        look();
        EXPECT_EQ(promised_, std::set<Ticket>()) << "tickets that were neither started nor withdrawn";
    }

private:
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
    }
    Time later() { return machine_.now + Milliseconds(between(0, 1) == 0 ? between(0, 3'600'000) : between(0, 172'800'000)); }

    std::vector<JobPlan> random_plans() {
        const std::vector<std::vector<std::string>> schedules{{"hourly"}, {"every 7h"}, {"daily 02:30"}, {}, {"weekdays 12:00", "sun 04:00"}};
        const std::vector<std::string> zones{"UTC", "Europe/Berlin", "America/New_York"};
        std::vector<JobPlan> plans;
        for (int i = 0; i < 10; ++i) {
            if (between(0, 9) == 0) continue;
            plans.push_back(job("job" + std::to_string(i), schedules[static_cast<std::size_t>(between(0, 4))],
                                zones[static_cast<std::size_t>(between(0, 2))]));
            JobPlan& plan = plans.back();
            plan.jitter = Milliseconds(between(0, 1) * between(0, 3'600'000));
            plan.catch_up = between(0, 2) != 0;
            plan.queue_overlap = between(0, 1) == 0;
            plan.enabled = between(0, 9) != 0;
            for (int before = 0; before < i; ++before) {
                if (between(0, 9) == 0) plan.after.push_back("job" + std::to_string(before));
            }
        }
        return plans;
    }
    const JobPlan* plan_of_job(const std::string& name) const {
        for (const JobPlan& plan : plans_) {
            if (plan.name == name) return &plan;
        }
        return nullptr;
    }

    void ask(const std::string& name) {
        const bool paused = machine_.scheduler->view(name, machine_.now) && machine_.view(name).pause;
        const RunNow answer = machine_.scheduler->run_now(name, machine_.now);
        const RunNow again = machine_.scheduler->run_now(name, machine_.now);
        EXPECT_EQ(again.ticket, answer.ticket) << "asked twice it is one run";
        EXPECT_EQ(answer.answer == RunNow::Answer::unknown, plan_of_job(name) == nullptr);
        EXPECT_EQ(answer.answer == RunNow::Answer::paused, paused);
        if (answer.ticket != 0) promised_.insert(answer.ticket);
    }
    void reload() {
        plans_ = random_plans();
        machine_.configure(plans_);
    }
    void restart() {
        const auto way = between(0, 2);
        for (const auto& [name, start] : machine_.running) {
            if (way == 0) machine_.scheduler->stopped(start.ticket, machine_.now);
        }
        machine_.save();
        promised_.clear();
        tickets_.clear();  // the next process counts anew
        machine_.restart(later(), plans_, way == 1);
    }
    void pass(Time time) {
        int ticks = 0;
        while (true) {
            const auto next = machine_.stepped ? machine_.now : machine_.scheduler->wake();
            machine_.stepped = false;
            if (!next || std::max(*next, machine_.now) > time) break;
            machine_.pass(std::max(*next, machine_.now));
            const auto running = machine_.running;
            for (const Start& start : machine_.tick()) began(start, running);
            ASSERT_LT(++ticks, 5000) << "wake() gives no rest";
        }
        machine_.pass(time);
    }
    void began(const Start& start, const std::map<std::string, Start>& running) {
        promised_.erase(start.ticket);
        EXPECT_TRUE(tickets_.insert(start.ticket).second) << "a ticket twice";
        EXPECT_FALSE(running.contains(start.job)) << start.job << " twice at once";
        const JobPlan* plan = plan_of_job(start.job);
        ASSERT_NE(plan, nullptr) << "a job that is not configured";
        EXPECT_TRUE(plan->enabled || start.trigger == Trigger::manual) << start.job;
        const auto memory = machine_.scheduler->memory(start.job);
        EXPECT_FALSE(memory->pause) << start.job;
        EXPECT_GE(start.attempt, 1);
        const bool asked = start.trigger == Trigger::manual || start.trigger == Trigger::resume || start.attempt > 1 ||
                           start.trigger == Trigger::retry;
        if (asked) return;
        ASSERT_TRUE(start.due) << start.job;
    }
    void end(const std::string& name) {
        const std::vector<Ended> ways{success, success, passing_failure, final_failure, cancelled, refused};
        machine_.end(name, ways[static_cast<std::size_t>(between(0, 5))]);
    }
    void look() {
        for (const Note& note : machine_.scheduler->notes()) {
            EXPECT_FALSE(text(note).empty());
            if (note.kind == Note::Kind::withdrawn) promised_.erase(note.ticket);
        }
        EXPECT_EQ(machine_.scheduler->running(), machine_.running.size());
        EXPECT_LE(machine_.running.size(), static_cast<std::size_t>(machine_.options.runs));
        for (const std::string& name : machine_.scheduler->jobs()) {
            const View view = machine_.view(name, 3);
            EXPECT_EQ(view.state == State::running, machine_.running.contains(name)) << name;
            EXPECT_TRUE(std::is_sorted(view.next.begin(), view.next.end())) << name;
            EXPECT_EQ(view.state == State::waiting, !view.waiting_for.empty()) << name;
            EXPECT_TRUE(view.window != Window::done || view.success) << name;
        }
    }

    Random random_;
    Machine machine_;
    std::vector<JobPlan> plans_;
    std::set<Ticket> promised_, tickets_;  // asked for and not answered yet; all that were ever started
};

TEST(OperationsProperty, hold_whatever_is_asked_in_whatever_order) {
    const std::uint64_t first = first_seed();
    const std::uint64_t lives = nightly_sizes() ? 50'000 : sanitized ? 30 : 150;
    for (std::uint64_t i = 0; i < lives && !testing::Test::HasFailure(); ++i) {
        SCOPED_TRACE("seed " + std::to_string(first + i));
        Life life(first + i);
        for (int step = 0; step < 150 && !testing::Test::HasFailure(); ++step) {
            SCOPED_TRACE("step " + std::to_string(step));
            life.step();
        }
        life.finish();
    }
}

}  // namespace
}  // namespace autobackup::scheduler::operations_property_test
