// SPDX-License-Identifier: MIT
// verify, prune, hold and release.
#include <algorithm>
#include <set>
#include <utility>

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

// -- verify --

// What was found, into the manifests and the job's history.
Result<void> remember(const config::Config& config, const std::string& job, const std::vector<restore::Checked>& checked, restore::Level level) {
    for (const std::string& problem : restore::record(checked, level, now())) tell("warning: " + problem);
    Result<state::Opened> opened = state::open_sqlite(config.storage / "state.sqlite");
    if (!opened) return opened.error();
    return opened->store->set_value(job, "verify", report::json_line(restore::verify_json(checked, level, now())));
}

bool any_damaged(const std::vector<restore::Checked>& checked) {
    return std::any_of(checked.begin(), checked.end(), [](const auto& one) { return !one.good(); });
}

// Our own storage may be written to meanwhile: what looks damaged is looked at again while no run goes on, and only then believed.
Result<std::vector<restore::Checked>> check_own(const config::Config& config, const restore::Place& place, restore::Level level,
                                                const std::stop_token& stop) {
    Result<std::vector<restore::Checked>> checked = restore::verify(place, level, stop);
    if (!checked) return checked;
    const Result<state::JobLock> lock = state::JobLock::acquire(config.storage, place.job);
    if (!lock) {
        tell("warning: the result is not recorded: " + describe(lock.error()));
        if (any_damaged(*checked)) tell("warning: what looks damaged may be what that run writes: verify again when it has ended");
        return checked;
    }
    if (any_damaged(*checked)) checked = restore::verify(place, level, stop);
    if (!checked) return checked;
    const Result<void> remembered = remember(config, place.job, *checked, level);
    if (!remembered) tell("warning: the result is not in the history: " + describe(remembered.error()));
    return checked;
}

Result<std::vector<restore::Checked>> check_all(const Sources& sources, restore::Level level, const std::stop_token& stop) {
    std::vector<restore::Checked> all;
    for (const restore::Place& place : sources.places) {
        Result<std::vector<restore::Checked>> checked =
            sources.config ? check_own(*sources.config, place, level, stop) : restore::verify(place, level, stop);
        if (!checked) return checked;
        std::move(checked->begin(), checked->end(), std::back_inserter(all));
    }
    return all;
}

Awaitable<int> verify_copies(const Context& context, async::Workers& workers) {
    int exit_code = 0;
    const std::optional<Sources> sources = co_await find_sources(context, false, workers, exit_code);
    if (!sources) co_return exit_code;
    if (sources->config) {
        const Result<void> owner = become_owner(sources->config->storage);
        if (!owner) co_return failed(owner.error());
    }
    const restore::Level level = *restore::parse_level(context.line.level);
    auto work = [&] { return check_all(*sources, level, workers.stop_token()); };
    const Result<std::vector<restore::Checked>> checked = co_await workers.run(std::move(work));
    if (!checked) co_return failed(checked.error());
    int printed = 0;
    if (context.line.json) {
        printed = print_json(restore::verify_json(*checked, level, now()));
    } else {
        printed = print(verify_text(*checked, level, context.screen));
    }
    co_return printed == 0 ? restore::exit_code_of(*checked) : printed;
}

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
    if (const Result<void> owner = become_owner(config->storage); !owner) return failed(owner.error());
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
    if (const Result<void> owner = become_owner(config->storage); !owner) return failed(owner.error());
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

int verify_command(const Context& context) {
    // A word that is no job of the configuration is a path: it must look like one, so that a misspelt job is not taken for it.
    CommandLine line = context.line;
    std::error_code ignored;
    const bool path = line.job.find('/') != std::string::npos || line.job == "." || line.job == ".." ||
                      (std::filesystem::exists(line.job, ignored) && !std::filesystem::exists(line.config, ignored));
    if (path) line.from = std::filesystem::absolute(std::exchange(line.job, {})).string();
    const Context looked{line, context.environment, context.screen};
    return in_loop([&](async::Workers& workers) { return verify_copies(looked, workers); });
}

int prune_command(const Context& context) { return prune(context); }

int hold_command(const Context& context) { return change_hold(context); }

}  // namespace autobackup::ctl
