// SPDX-License-Identifier: MIT
// Inside daemon/scheduler only: the state of the machine. One file per story: configure.cpp, tick.cpp, ending.cpp,
// after.cpp, requests.cpp, view.cpp; core.cpp holds what they have in common.
#pragma once

#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "daemon/scheduler/scheduler.hpp"

namespace autobackup::scheduler {

using Index = std::uint32_t;

struct Job {
    enum class Doing { nothing, waiting, queued, running };

    Index index = 0;  ///< among Core::jobs_
    JobPlan plan;
    Memory memory;
    Doing doing = Doing::nothing;
    Ticket ticket = 0;  ///< of the queued or running one; kept while a pause holds it back
    Trigger trigger = Trigger::schedule;
    std::optional<Trigger> next_trigger;  ///< why it starts at memory.retry_at, when that is no retry
    std::pair<Time, Ticket> place;        ///< in the queue
    Time asked{};                         ///< when it was asked for by hand
    bool joined = false;                  ///< somebody waits for what is queued: no other job holds it back any more
    std::optional<Time> run_due;          ///< of the run that is running
    bool accountable = false;             ///< the end of that run decides about memory.due
    Ticket behind = 0;                    ///< one more run after this one
    Trigger behind_trigger = Trigger::manual;
    std::optional<Time> timer;  ///< its entry among the timers
    bool seen = false;          ///< by the configure() at work
    bool gone = false;          ///< no longer configured, still running
    bool dirty = false;
    std::vector<Index> successors;
    std::optional<std::optional<std::chrono::seconds>> gap;  ///< of the plan, once asked for

    [[nodiscard]] bool scheduled() const { return !plan.schedules.empty(); }
    /// What waits to start was asked for by hand, or did not come to its end: it starts whatever the schedule says.
    [[nodiscard]] bool wanted() const { return next_trigger == Trigger::manual || next_trigger == Trigger::resume; }
    /// Nothing starts it but a person, and it starts the jobs after it.
    [[nodiscard]] bool root() const { return plan.schedules.empty() && plan.after.empty(); }
};

class Scheduler::Core {
public:
    explicit Core(const Options& options) : options_(options) {}

    // -- configure.cpp --
    void configure(std::vector<JobPlan> plans, const std::map<std::string, Memory>& memories, Time now);
    void interrupted(const std::string& job, Time now);
    // -- tick.cpp --
    std::vector<Start> tick(Time now, Milliseconds steady);
    [[nodiscard]] std::optional<Time> wake() const;
    // -- ending.cpp --
    void stopped(Ticket ticket, Time now);
    void ended(Ticket ticket, const Ended& how, Time now);
    // -- requests.cpp --
    RunNow run_now(const std::string& name, Time now);
    bool cancel_queued(const std::string& name, Time now);
    bool pause(const std::string& name, std::optional<Time> until, std::string by, Time now);
    bool resume(const std::string& name, Time now);
    std::optional<Time> skip_next(const std::string& name, Time now);
    // -- view.cpp --
    std::optional<View> view(const std::string& name, Time now, std::size_t count);
    [[nodiscard]] std::vector<std::string> jobs() const;

    std::vector<std::string> changed();
    [[nodiscard]] std::optional<Memory> memory(const std::string& name) const;
    std::vector<Note> notes() { return std::exchange(notes_, {}); }

    Options options_;
    std::unordered_map<Ticket, Index> running_;
    std::map<std::pair<Time, Ticket>, Index> queue_;  ///< oldest first

private:
    // -- core.cpp --
    /// Every call tells the time first: a step back is seen here.
    void observe(Time now);
    [[nodiscard]] Job* find(const std::string& name) const;
    void mark(Job& job);
    Note& note(Note::Kind kind, const Job& job, std::optional<Time> due = std::nullopt,
               std::optional<Time> until = std::nullopt);
    /// Puts the job's one timer where the next thing happens to it.
    void arm(Job& job);
    void disarm(Job& job);
    /// Due times up to here are none of a job that comes now: later ones have their start still before them.
    [[nodiscard]] Time beginning(const Job& job) const { return job.scheduled() ? now_ - job.plan.jitter : now_; }
    /// The first due time after `time` that was not run yet.
    static std::optional<Time> next_unrun(const Job& job, Time time);
    /// The next due time from now on; nothing: never again.
    void set_planned(Job& job, std::optional<Time> due) const;
    /// The due time is not to be run, also not when the clock is set back and it comes again.
    static void pass_over(Job& job, Time due);
    void enqueue(Job& job, Trigger trigger, Time ready);
    void dequeue(Job& job);
    /// Out of the queue for good, told.
    void withdraw(Job& job);
    /// The run that is to follow the running one, and the due time that it was to serve.
    void drop_behind(Job& job);
    /// Not now, but as soon as no pause holds it.
    void hold(Job& job, Trigger trigger);
    /// Into the queue, unless a pause or another job holds it back.
    void release(Job& job, Trigger trigger, Time ready);

    // -- configure.cpp --
    void add(JobPlan plan, const Memory* memory);
    void adopt(Job& job, const Memory& memory);
    [[nodiscard]] Time settled(const Job& job) const;
    void take_up_again(Job& job, bool begun);
    void update(Job& job, JobPlan plan);
    void replan(Job& job);
    void remove(Index index);
    void link();

    // -- tick.cpp --
    /// Nothing waits for a moment that a clock that ran ahead has made up.
    void forget_future(Job& job);
    void set_back(Job& job);
    void on_timer(Job& job);
    void on_due(Job& job);
    void arrive(Job& job, Time due, Trigger trigger);
    void overlap(Job& job, Time due, Trigger trigger);
    static void open_window(Job& job, Time due);
    Start begin(Job& job);

    // -- ending.cpp --
    void succeeded(Job& job);
    void failed(Job& job, const Ended& how);
    void start_behind(Job& job);

    // -- after.cpp --
    [[nodiscard]] bool has_succeeded(const Job& before, Time due, const Job& asker) const;
    [[nodiscard]] std::vector<std::string> held_by(const Job& job) const;
    [[nodiscard]] bool blocked(const Job& job) const { return !held_by(job).empty(); }
    void tell_successors(const Job& job);
    /// A job without a schedule of its own: is there a due time that all the jobs before it have succeeded for?
    void offer(Job& job);

    // -- view.cpp --
    static std::vector<Time> coming(const Job& job, Time now, std::size_t count);

    Time now_{};
    bool told_ = false;       ///< now_ was told at least once
    Milliseconds skew_{0};    ///< what steps back have taken off the clock: the queue's order does not step back
    std::size_t swept_ = 0;   ///< jobs from here on are still to be planned anew after a step back
    std::optional<Milliseconds> offset_;  ///< wall clock against steady clock
    Ticket last_ticket_ = 0;
    std::vector<std::unique_ptr<Job>> jobs_;  ///< null: free
    std::vector<Index> free_;
    std::unordered_map<std::string, Index> names_;
    std::set<std::pair<Time, Index>> timers_;
    std::vector<Index> dirty_;
    std::vector<Note> notes_;
};

}  // namespace autobackup::scheduler
