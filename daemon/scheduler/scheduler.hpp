// SPDX-License-Identifier: MIT
// Which job starts when. A pure state machine: no clock, no timer, no file, no thread; one thread at a time. The caller
// tells the time with every call, starts what tick() returns, tells every end, and saves the memories that changed.
//
//     configure → loop { save changed(); start tick(); sleep until wake(), a minute at most; ended() … }
//
// * A due time comes from the schedule and the zone, in UTC; the job starts `jitter` later. It is run once.
// * Times are wall-clock times and may go back or leap. Due times that a leap passed over count as missed; after a step
//   back those that were run already are not run again, all others are.
// * All calls are O(log n) but configure(), jobs() and view(); a tick handles at most `Options::batch` jobs and
//   wake() is then at once.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/result.hpp"
#include "daemon/scheduler/memory.hpp"
#include "daemon/scheduler/plan.hpp"

namespace autobackup::scheduler {

/// Names one run from the moment it is queued. Never 0, never used twice in a process.
using Ticket = std::uint64_t;

enum class Trigger { schedule, catch_up, retry, manual, after, resume };
/// As in the report: "schedule", "catch-up", …
std::string_view name(Trigger trigger) noexcept;

/// "Start this run now."
struct Start {
    Ticket ticket = 0;
    std::string job;
    Trigger trigger = Trigger::schedule;
    std::optional<Time> due;  ///< absent: by hand, with no due time open
    int attempt = 1;          ///< 1-based, for this due time
};

/// How a run ended.
struct Ended {
    model::RunOutcome outcome = model::RunOutcome::failed;
    bool transient = false;  ///< of failed and partial: everything that failed may succeed later
};

/// Something that an operator should be told; the caller turns it into a log line.
struct Note {
    enum class Kind {
        clock_stepped,     ///< by `step`: the clock was set, or the machine slept
        caught_up,         ///< due times were missed; one run makes up for those from `due` to `until`
        missed,            ///< … and `catch_up: none`: nothing is run for those from `due` to `until`
        overlap_skipped,   ///< `due` came while the job still ran
        merged,            ///< `due` still waited to start when `until` came: one run serves both
        waited_in_vain,    ///< `due` was never run: the jobs named in `after` had not succeeded when `until` came
        skipped,           ///< `due` was passed over on request
        retry_planned,     ///< the next try is at `until`
        gave_up,           ///< no further try for `due`
        replanned,         ///< the schedule changed; `until` is the new next due time (absent: none)
        pause_ended,       ///< its time was over
        crash_loop,        ///< the process died with this job running, too often in a row: no resume
        withdrawn,         ///< the run `ticket` was queued and will not start (cancelled, job disabled or gone)
    };
    Kind kind = Kind::missed;
    std::string job;  ///< empty: all
    std::optional<Time> due, until;
    Milliseconds step{0};
    Ticket ticket = 0;  ///< of withdrawn
};
/// "overlap_skipped".
std::string_view name(Note::Kind kind) noexcept;
/// One line in English, for the log: "'nightly' was still running at 2026-11-21T01:30:00Z: that start was skipped".
std::string text(const Note& note);

/// Answer to run_now().
struct RunNow {
    enum class Answer {
        queued,   ///< it starts as soon as limits.runs lets it
        joined,   ///< it was queued already (or waited for a try or another job, and is queued now): the same run
        behind,   ///< it runs; one more run follows it
        paused,   ///< refused (exit 4)
        unknown,  ///< no such job
    };
    Answer answer = Answer::unknown;
    Ticket ticket = 0;  ///< of queued, joined and behind: of the run that will serve the request
};

enum class State {
    idle,      ///< waits for its next due time
    waiting,   ///< due, but a job named in `after` has not succeeded yet
    retrying,  ///< failed, waits for its next try
    queued,    ///< due, waits for limits.runs
    running,
    paused,
    disabled,  ///< `enabled: false`
};
std::string_view name(State state) noexcept;

/// What status, list, next and the metrics show of a job.
struct View {
    std::string job;
    State state = State::idle;
    std::vector<Time> next;                 ///< the coming starts (jitter in it), as many as asked for; also while paused
    std::optional<Time> next_start;         ///< of whatever comes first: due time or try; absent while paused or disabled
    Milliseconds jitter{0};
    std::optional<Time> due;                ///< the due time that is waiting, queued, run or tried again
    std::optional<Time> latest_due;         ///< the latest due time that has come
    Window window = Window::none;           ///< what became of it
    int attempt = 0, attempts = 1;          ///< runs begun for it, of how many
    std::optional<Time> retry_at;
    Ticket ticket = 0;                      ///< while queued or running
    std::vector<std::string> waiting_for;   ///< jobs that have not succeeded yet
    std::optional<Success> success;
    std::optional<Pause> pause;
    std::optional<Time> skip;               ///< the due time that skip_next() passes over
    std::uint64_t skipped = 0, missed = 0;  ///< as in Memory
    std::optional<std::chrono::seconds> expected_interval;  ///< the largest gap between due times; absent: no schedule
};

struct Options {
    int runs = 4;                     ///< limits.runs
    int batch = 64;                   ///< jobs that one tick plans at most
    Milliseconds grace{120'000};      ///< so much later than due is still on time and not missed
    int interruptions = 5;            ///< deaths in a row after which an interrupted run is not resumed
};

class Scheduler {
public:
    explicit Scheduler(const Options& options);
    ~Scheduler();
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    /// First start and reload. `memories` (by job name) are used for jobs that are new to this object. A job that runs
    /// stays until it has ended, also when no plan names it any more. A changed schedule is planned from its latest due
    /// time on: when the change would leave a hole of more than one and a half of its largest gaps, it is due at once.
    void configure(std::vector<JobPlan> plans, const std::map<std::string, Memory>& memories, Time now);
    /// limits.runs, from now on. Runs beyond it go on.
    void set_runs(int runs);

    /// After the first configure(): the last process died while it ran this job (state::Store::mark_interrupted). One start
    /// with trigger `resume` follows, for the same due time.
    void interrupted(const std::string& job, Time now);
    /// This process stops and cancelled the run: the next one resumes it. In place of ended().
    void stopped(Ticket ticket, Time now);

    /// `steady` is a clock that nobody sets (CLOCK_MONOTONIC since any origin); only used to tell of steps. What is
    /// returned counts as running.
    std::vector<Start> tick(Time now, Milliseconds steady);
    void ended(Ticket ticket, const Ended& how, Time now);
    /// When the next tick has something to do, `now` of the last call or earlier when at once. Call tick() at least
    /// once a minute all the same: the wall clock may be set, and a machine may sleep.
    [[nodiscard]] std::optional<Time> wake() const;

    RunNow run_now(const std::string& job, Time now);
    /// Withdraws a run that has not started. False: none is queued, waiting or to be tried again.
    bool cancel_queued(const std::string& job, Time now);
    /// What runs goes on; what is queued waits until the pause is over. False: no such job.
    bool pause(const std::string& job, std::optional<Time> until, std::string by, Time now);
    /// Due times of the pause count as missed. False: not paused.
    bool resume(const std::string& job, Time now);
    /// The next due time is passed over; asked twice it is still one. Returns it; nothing: no such job, or no due time.
    std::optional<Time> skip_next(const std::string& job, Time now);

    /// Nothing: no such job. `count` next starts.
    [[nodiscard]] std::optional<View> view(const std::string& job, Time now, std::size_t count = 1);
    [[nodiscard]] std::vector<std::string> jobs() const;  ///< sorted
    [[nodiscard]] std::size_t running() const;
    [[nodiscard]] std::size_t queued() const;

    /// Jobs whose memory changed since the last call. Save it before the starts of the same tick: then a crash is
    /// seen as an interrupted run.
    std::vector<std::string> changed();
    [[nodiscard]] std::optional<Memory> memory(const std::string& job) const;
    /// What happened since the last call.
    std::vector<Note> notes();

private:
    class Core;  // core.hpp
    std::unique_ptr<Core> core_;
};

}  // namespace autobackup::scheduler
