// SPDX-License-Identifier: MIT
#include "daemon/model/result.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <string_view>

namespace autobackup::model {
namespace {

// A stage that failed and was made good later in the same item spoils nothing: a whole-project export that
// fails for good falls back to tasks, and then a later `export` of the same object is ok.
bool made_good_later(const std::vector<Stage>& stages, std::size_t failed) {
    const Stage& lost = stages[failed];
    return std::any_of(
        stages.begin() + static_cast<std::ptrdiff_t>(failed) + 1, stages.end(), [&](const Stage& later) {
            return later.outcome == StageOutcome::ok && later.stage == lost.stage &&
                   later.task == lost.task && later.target == lost.target && later.branch == lost.branch;
        });
}

bool has_lasting_failure(const Item& item) {
    for (std::size_t i = 0; i < item.stages.size(); ++i) {
        if (item.stages[i].outcome == StageOutcome::failed && !made_good_later(item.stages, i)) return true;
    }
    return false;
}

// Held, but not everywhere or not wholly: what keeps a saved or unchanged item from being green.
bool is_spoiled(const Item& item) {
    const bool unverified_push = std::any_of(item.pushed.begin(), item.pushed.end(),
                                             [](const Pushed& push) { return !push.verified; });
    const bool failed_tasks = item.tasks && item.tasks->failed > 0;
    return unverified_push || failed_tasks || has_lasting_failure(item);
}

// An unchanged item whose target was brought up to date did bring something to safety.
bool wrote_something(const Item& item) {
    return item.outcome == ItemOutcome::saved ||
           std::any_of(item.stages.begin(), item.stages.end(), [](const Stage& stage) {
               return stage.outcome == StageOutcome::ok &&
                      (stage.stage == "commit" || stage.stage == "archive" || stage.stage == "push" || stage.stage == "bundle");
           });
}

bool has_stage(const Item& item, std::string_view stage) {
    return std::any_of(item.stages.begin(), item.stages.end(),
                       [stage](const Stage& one) { return one.stage == stage && one.task.empty() && one.target.empty(); });
}

// The stage that a stop from outside has ended. What has its end already is not told a second time: then the next one was at work.
std::string stage_at_work(const Item& item) {
    constexpr std::array<std::string_view, 7> of_cvat{"inspect", "export", "download", "verify", "commit", "archive", "push"};
    constexpr std::array<std::string_view, 7> of_mirrors{"inspect", "fetch", "verify", "update", "lfs", "bundle", "push"};
    const auto& order = item.repository ? of_mirrors : of_cvat;
    const std::string stage = item.in_work.empty() ? std::string(order.front()) : item.in_work.back();
    const auto begin = std::find(order.begin(), order.end(), stage);
    const auto open = std::find_if(begin, order.end(), [&item](std::string_view one) { return !has_stage(item, one); });
    return open == order.end() ? stage : std::string(*open);
}

constexpr const char* unfinished = "unfinished";  // reason of an item that no stage has ended yet

bool saved_any(const Run& run) {
    return std::any_of(run.items.begin(), run.items.end(), [](const Item& item) {
        return item.outcome == ItemOutcome::saved || item.outcome == ItemOutcome::partial;
    });
}

}  // namespace

const char* name(StageOutcome outcome) {
    switch (outcome) {
        case StageOutcome::ok:
            return "ok";
        case StageOutcome::failed:
            return "failed";
        case StageOutcome::skipped:
            return "skipped";
    }
    return "failed";
}

const char* name(ItemOutcome outcome) {
    switch (outcome) {
        case ItemOutcome::saved:
            return "saved";
        case ItemOutcome::unchanged:
            return "unchanged";
        case ItemOutcome::partial:
            return "partial";
        case ItemOutcome::failed:
            return "failed";
        case ItemOutcome::skipped:
            return "skipped";
        case ItemOutcome::gone:
            return "gone";
    }
    return "failed";
}

const char* name(RunOutcome outcome) {
    switch (outcome) {
        case RunOutcome::success:
            return "success";
        case RunOutcome::unchanged:
            return "unchanged";
        case RunOutcome::partial:
            return "partial";
        case RunOutcome::failed:
            return "failed";
        case RunOutcome::cancelled:
            return "cancelled";
        case RunOutcome::refused:
            return "refused";
    }
    return "failed";
}

const char* outcome_word(const Item& item) {
    if (!item.repository || item.outcome != ItemOutcome::saved) return name(item.outcome);
    return item.repository->cloned ? "cloned" : "updated";
}

void fail_item(Item& item, const std::string& stage_name, const Failure& failure) {
    Stage stage;
    stage.stage = stage_name;
    stage.outcome = StageOutcome::failed;
    stage.error = failure;
    item.stages.push_back(std::move(stage));
    item.outcome = ItemOutcome::failed;
}

void begin_item(Item& item) {
    item.outcome = ItemOutcome::failed;
    item.reason = unfinished;
}

void end_item(Item& item) {
    if (item.reason == unfinished) item.reason.clear();
}

void close_unfinished(Run& run, const Failure& reason) {
    for (Item& item : run.items) {
        if (item.reason != unfinished) continue;
        item.reason.clear();
        fail_item(item, stage_at_work(item), reason);
        item.in_work.clear();
    }
}

RunOutcome add_up(const Run& run) {
    bool good = false;  // something is held: saved now, in part, or found unchanged
    bool bad = !run.errors.empty() || (run.check && run.check->damaged > 0);
    bool wrote = false;
    for (const Item& item : run.items) {
        switch (item.outcome) {
            case ItemOutcome::saved:
            case ItemOutcome::unchanged:
                good = true;
                bad = bad || is_spoiled(item);
                wrote = wrote || wrote_something(item);
                break;
            case ItemOutcome::partial:
                good = true;
                bad = true;
                break;
            case ItemOutcome::failed:
                bad = true;
                break;
            case ItemOutcome::skipped:
            case ItemOutcome::gone:
                break;
        }
    }
    if (bad) return good ? RunOutcome::partial : RunOutcome::failed;
    if (run.check) return good ? RunOutcome::success : RunOutcome::unchanged;
    return wrote ? RunOutcome::success : RunOutcome::unchanged;
}

std::string history_name(const std::string& job, const std::string& check) { return job + "/" + check; }

std::string history_name(const Run& run) { return run.check ? history_name(run.job, run.check->kind) : run.job; }

HistoryName parse_history_name(const std::string& name) {
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos) return HistoryName{name, std::nullopt};
    return HistoryName{name.substr(0, slash), name.substr(slash + 1)};
}

int exit_code(RunOutcome outcome) {
    switch (outcome) {
        case RunOutcome::success:
        case RunOutcome::unchanged:
            return 0;
        case RunOutcome::failed:
            return 1;
        case RunOutcome::partial:
            return 3;
        case RunOutcome::refused:
            return 4;
        case RunOutcome::cancelled:
            return 5;
    }
    return 1;
}

int exit_code(const std::vector<Run>& runs) {
    bool held = false;  // some job is green, or saved something before it stopped
    bool partial = false;
    bool failed = false;
    bool refused = false;
    bool cancelled = false;
    for (const Run& run : runs) {
        const int code = exit_code(run.outcome);
        held = held || code == 0 || saved_any(run);
        partial = partial || code == 3;
        failed = failed || code == 1;
        refused = refused || code == 4;
        cancelled = cancelled || code == 5;
    }
    if (partial || (failed && held)) return 3;
    if (failed) return 1;
    if (cancelled) return 5;
    return refused ? 4 : 0;
}

std::string new_run_id(Instant time) {
    static constexpr char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    constexpr std::int64_t last = (std::int64_t{1} << 48) - 1;
    const auto since_epoch = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
    auto stamp = static_cast<std::uint64_t>(std::clamp<std::int64_t>(since_epoch, 0, last));
    std::string id(26, '0');
    for (std::size_t i = 10; i-- > 0; stamp >>= 5) id[i] = alphabet[stamp & 31U];
    std::random_device random;  // 80 bits, five to a character
    for (std::size_t i = 10; i < id.size(); ++i) id[i] = alphabet[random() & 31U];
    return id;
}

}  // namespace autobackup::model
