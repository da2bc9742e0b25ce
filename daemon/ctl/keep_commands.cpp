// SPDX-License-Identifier: MIT
// prune, hold and release.
#include <algorithm>
#include <set>
#include <utility>

#include "daemon/cli/owner.hpp"
#include "daemon/control/reading.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/copies.hpp"
#include "daemon/ctl/offline.hpp"
#include "daemon/ctl/snapshot_views.hpp"
#include "daemon/report/report.hpp"
#include "daemon/restore/holds.hpp"
#include "daemon/restore/pick.hpp"
#include "daemon/state/history_reader.hpp"
#include "daemon/state/lock.hpp"
#include "daemon/state/store.hpp"
#include "lib/core/text.hpp"

namespace autobackup::ctl {
namespace {

namespace json = boost::json;

// -- prune --

struct LastRun {
    std::string failed;  ///< why nothing may be removed; "" = it may
    std::set<vault::ItemId> failed_items;
};

// After a run that failed nothing is removed: the copies that it should have replaced are the ones that count.
LastRun last_run(const config::Config& config, const std::string& job) {
    LastRun last;
    const Result<json::object> history = history_from_files(config, job, 1);
    if (!history) return last;  // nothing is recorded: the floor of the plan holds all the same
    for (const json::value& newest : answers::Reading(*history).array("runs")) {
        const answers::Reading run(newest);
        if (run.text("outcome") == "failed") last.failed = "the last run (" + run.text("run_id") + ") failed";
        const Result<json::object> report = report_from_files(config, run.text("run_id"));
        if (!report) continue;
        for (const json::value& entry : answers::Reading(*report).array("items")) {
            const answers::Reading item(entry);
            const bool bad = item.text("outcome") == "failed" || item.text("outcome") == "partial";
            const auto kind = item.text("kind") == "cvat_task" ? vault::ItemId::Kind::task : vault::ItemId::Kind::project;
            if (bad) last.failed_items.insert(vault::ItemId{kind, static_cast<std::int64_t>(item.count("id").value_or(0))});
        }
    }
    return last;
}

int prune(const Context& context) {
    const std::optional<config::Config> config = load_config(context);
    if (!config) return 2;
    if (const Result<void> known = check_job(*config, context.line.job); !known) return failed(known.error());
    const config::Job& job = config->jobs.at(context.line.job);
    const LastRun last = last_run(*config, job.name);
    if (const Result<void> owner = cli::become_owner(config->storage); !owner) return failed(owner.error());
    std::optional<state::JobLock> lock;
    if (!context.line.dry_run) {
        Result<state::JobLock> taken = state::JobLock::acquire(config->storage, job.name);
        if (!taken) return failed(taken.error());
        lock.emplace(std::move(*taken));
        if (!last.failed.empty()) {
            tell("autobackupctl: nothing is removed: " + last.failed + "; prune after one that saved something, or look with --dry-run");
            return 4;
        }
    }
    config::Keep keep;
    if (job.archive && job.archive->keep) keep = *job.archive->keep;
    Result<std::vector<restore::PruneRow>> rows = restore::plan_prune(restore::place_of(*config, job), keep, now(), last.failed_items);
    if (!rows) return failed(rows.error());
    if (!context.line.dry_run) restore::carry_out(*rows);
    if (context.line.dry_run && !last.failed.empty()) tell("nothing would be removed now: " + last.failed);
    const int printed = context.line.json ? print_json(restore::prune_json(job.name, context.line.dry_run, *rows))
                                          : print(prune_text(*rows, context.line.dry_run, context.screen));
    const bool problem = std::any_of(rows->begin(), rows->end(), [](const auto& row) { return !row.problem.empty(); });
    const bool removed = std::any_of(rows->begin(), rows->end(), [](const auto& row) { return row.removed; });
    if (printed != 0 || !problem) return printed;
    return removed ? 3 : 1;
}

// -- hold and release --

int change_hold(const Context& context) {
    const bool holding = context.line.verb == "hold";
    std::optional<config::Config> config = load_config(context);
    if (!config) return 2;
    if (const Result<void> owner = cli::become_owner(config->storage); !owner) return failed(owner.error());
    Sources sources;
    for (const auto& [name, job] : config->jobs) {
        if (has_snapshots(job)) sources.places.push_back(restore::place_of(*config, job));
    }
    const Result<Listed> all = list(sources);
    if (!all) return failed(all.error());
    const Result<std::size_t> index = restore::find_snapshot(all->snapshots, context.line.snapshot, context.line.job);
    if (!index) return failed(index.error());
    const restore::Snapshot& snapshot = all->snapshots[*index];
    const Result<state::JobLock> lock = state::JobLock::acquire(config->storage, snapshot.job);
    if (!lock) return failed(lock.error());
    const restore::Place& place = sources.places[all->places[*index]];
    const Result<void> changed = holding ? restore::hold(place, snapshot) : restore::release(place, snapshot);
    if (!changed) return failed(changed.error());
    if (context.line.json) return print_json(json::object{{"format", 1}, {"job", snapshot.job}, {"snapshot", snapshot.id}, {"held", holding}});
    tell(snapshot.id + " of " + snapshot.job + (holding ? " is held" : " is no longer held"));
    return 0;
}

}  // namespace

int prune_command(const Context& context) { return prune(context); }

int hold_command(const Context& context) { return change_hold(context); }

}  // namespace autobackup::ctl
