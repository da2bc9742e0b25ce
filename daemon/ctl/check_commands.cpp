// SPDX-License-Identifier: MIT
// verify and drill.
#include <unistd.h>

#include <utility>

#include "build_info.hpp"
#include "daemon/checks/check_run.hpp"
#include "daemon/checks/repair.hpp"
#include "daemon/checks/repair_mirrors.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/copies.hpp"
#include "daemon/ctl/cvat_restore.hpp"
#include "daemon/ctl/daemon_link.hpp"
#include "daemon/ctl/offline.hpp"
#include "daemon/ctl/snapshot_views.hpp"
#include "daemon/ctl/views.hpp"
#include "daemon/report/report.hpp"
#include "lib/core/file.hpp"
#include "lib/core/text.hpp"

namespace autobackup::ctl {
namespace {

namespace json = boost::json;

// None: all of them.
std::vector<std::string> named_jobs(const Context& context) {
    std::vector<std::string> names;
    if (!context.line.job.empty()) names.push_back(context.line.job);
    return names;
}

// Our own storage, once it was entered. Borrowed.
struct Ground {
    const config::Config& config;
    const config::SecretPlaces& secrets;
};

runner::Environment environment_of(const Ground& ground) {
    runner::Environment environment;
    environment.http.user_agent = std::string("autobackupctl/") + build::version;
    http::read_proxies_from_environment(environment.http);
    environment.secrets = ground.secrets;
    return environment;
}

runner::RunListener listener_of_checks() {
    runner::RunListener listener;
    listener.item_done = [](const std::string&, const model::Item&) {};
    listener.warning = [](const std::string& line) { tell("warning: " + line); };
    return listener;
}

// What asks servers, as a run does.
struct Engine {
    Engine(const Context& context, const Ground& ground, async::Workers& workers)
        : environment(environment_of(ground)), progress(report::make_progress(STDERR_FILENO, context.line.json)),
          shared{ground.config, environment, workers, *progress, gates, listener_of_checks()} {}
    runner::Environment environment;
    std::unique_ptr<report::Progress> progress;
    runner::Gates gates;
    runner::Shared shared;
};

// One check of one job of ours; a daemon that watches over the job hears of it.
Awaitable<checks::Done> check_own(const Context& context, const Ground& ground, checks::Order order, async::Workers& workers) {
    Engine engine(context, ground, workers);
    const std::string job = order.job;
    checks::Done done = co_await checks::run_check(engine.shared, std::move(order));
    for (const std::string& warning : done.run.warnings) tell("warning: " + warning);
    (void)ask(context, "checked", json::object{{"job", job}});  // without a daemon nobody needs to hear
    co_return done;
}

checks::Order order_of(std::string job, std::string kind) {
    checks::Order order;
    order.job = std::move(job);
    order.kind = std::move(kind);
    return order;
}

int print_copies(const Context& context, const std::vector<restore::Checked>& copies, const std::string& level, const char* without_any) {
    if (copies.empty()) tell(std::string("autobackupctl: ") + without_any);
    const int printed = context.line.json ? print_json(restore::verify_json(copies, level, now())) : print(verify_text(copies, level, context.screen));
    return printed == 0 ? restore::exit_code_of(copies) : printed;
}

// A clone of a target with everything in it, for what is nowhere else on this machine; nothing when none can be had.
Awaitable<std::unique_ptr<restore::RemoteVault>> clone_of_target(const Context& context, const Ground& ground, const config::Job& job,
                                                                 async::Workers& workers) {
    const std::filesystem::path spool = ground.config.storage / "spool" / job.name;  // where a later run or start clears it away after a kill
    if (const Result<void> made = make_directories(spool, 0700); !made) tell("warning: " + describe(made.error()));
    for (const config::GitTarget& target : job.git) {
        Result<restore::Access> access = co_await access_to(context, target.url, ground.secrets, workers);
        Failure why;
        if (access) {
            Result<std::unique_ptr<restore::RemoteVault>> fetched = co_await restore::RemoteVault::open(std::move(*access), spool, workers);
            Result<void> whole;
            if (fetched) whole = co_await (*fetched)->need_all();
            if (fetched && whole) co_return std::move(*fetched);
            why = fetched ? whole.error() : fetched.error();
        } else {
            why = access.error();
        }
        tell("warning: " + describe(why));
    }
    co_return nullptr;
}

// Mends what `done` found damaged, from what this machine holds, then from a target. False: something is left damaged. busy: a run goes on.
Awaitable<Result<bool>> mend(const Context& context, const Ground& ground, const checks::Done& done, async::Workers& workers) {
    const config::Config& config = ground.config;
    Engine engine(context, ground, workers);
    const config::Job& job = config.jobs.at(done.run.job);
    const Result<state::JobLock> lock = state::JobLock::acquire(config.storage, job.name);
    if (!lock) co_return lock.error();
    checks::RepairOrder order{config, job, {}, workers.stop_token()};
    auto here = [&] { return checks::repair(order, done.copies); };
    checks::Repaired repaired = co_await workers.run(std::move(here));
    std::unique_ptr<restore::RemoteVault> clone;
    if (!repaired.left.empty() && !job.git.empty()) clone = co_await clone_of_target(context, ground, job, workers);
    if (clone != nullptr) {
        order.clone = clone->place().vault;
        auto again = [&]() -> checks::Repaired {
            const Result<std::vector<restore::Checked>> still = restore::verify(restore::place_of(config, job), restore::Level::checksum, order.stop);
            return still ? checks::repair(order, *still) : checks::Repaired();
        };
        checks::Repaired more = co_await workers.run(std::move(again));
        repaired.left = std::move(more.left);
        std::move(more.mended.begin(), more.mended.end(), std::back_inserter(repaired.mended));
    }
    checks::Repaired mirrors;
    if (!has_snapshots(job)) mirrors = co_await checks::repair_mirrors(engine.shared, job, done.copies);
    std::move(mirrors.mended.begin(), mirrors.mended.end(), std::back_inserter(repaired.mended));
    std::move(mirrors.left.begin(), mirrors.left.end(), std::back_inserter(repaired.left));
    for (const std::string& line : repaired.mended) tell("mended: " + line);
    for (const std::string& line : repaired.left) tell("not mended: " + line);
    co_return repaired.left.empty();
}

// Nothing lies there, though the history says that something was saved.
std::vector<restore::Checked> lost_copies(const config::Config& config, const std::string& job) {
    std::vector<restore::Checked> lost;
    if (!ever_saved(config, job)) return lost;
    restore::Checked missing;
    missing.job = job;
    missing.where = "storage";
    missing.path = config.storage.string();
    missing.problems.emplace_back("there is no copy, though the history says that some were saved");
    lost.push_back(std::move(missing));
    return lost;
}

// What was found in a job, and the exit code of what went wrong while it was looked at; 0: nothing did.
struct Looked {
    std::vector<restore::Checked> copies;
    int code = 0;
};

Awaitable<Looked> verify_job(const Context& context, const Ground& ground, std::string name, std::string level, async::Workers& workers) {
    Looked looked;
    checks::Done done = co_await check_own(context, ground, order_of(name, level), workers);
    if (context.line.repair && done.run.outcome != model::RunOutcome::cancelled && restore::any_damaged(done.copies)) {
        const Result<bool> mended = co_await mend(context, ground, done, workers);
        if (!mended) looked.code = failed(mended.error());
        if (mended && !*mended) looked.code = 3;
        if (mended) done = co_await check_own(context, ground, order_of(name, level), workers);
    }
    if (done.run.outcome == model::RunOutcome::cancelled) co_return Looked{{}, 5};
    for (const Failure& failure : done.run.errors) {
        const int code = failed(failure);  // what a source does not give is no mistake of the command line
        looked.code = worse(failure.code == Errc::not_found ? 1 : code, looked.code);
    }
    looked.copies = std::move(done.copies);
    if (looked.copies.empty() && looked.code == 0 && level != "spot") looked.copies = lost_copies(ground.config, name);
    co_return looked;
}

// Our own storage: every job, or the one that is named. What is wrong with one keeps nobody from hearing of the others.
Awaitable<int> verify_own(const Context& context, std::string level, async::Workers& workers) {
    const std::optional<config::Config> config = load_config(context);
    if (!config) co_return 2;
    if (const Result<void> known = check_job(*config, context.line.job); !known) co_return failed(known.error());
    if (const Result<void> there = need_storage(*config); !there) co_return failed(there.error());
    Entry entry{named_jobs(context), level == "spot" || context.line.repair};
    const Result<config::SecretPlaces> secrets = co_await enter_storage(context, *config, std::move(entry), workers);
    if (!secrets) co_return failed(secrets.error());
    const Ground ground{*config, *secrets};
    std::vector<restore::Checked> all;
    int code = 0;
    for (const auto& [name, job] : config->jobs) {
        if (!context.line.job.empty() && context.line.job != name) continue;
        Looked looked = co_await verify_job(context, ground, name, level, workers);
        if (looked.code == 5) co_return 5;
        code = worse(looked.code, code);
        std::move(looked.copies.begin(), looked.copies.end(), std::back_inserter(all));
    }
    if (all.empty() && code != 0) co_return code;
    const char* const without_any = level == "spot" ? "there was nothing to ask the source for" : "nothing was saved yet: there is no copy to look at";
    co_return worse(print_copies(context, all, level, without_any), code);
}

// What a URL does not give is missing from that copy: no mistake of the command line.
int not_whole(const Failure& failure) {
    failed(failure);
    return failure.code == Errc::cancelled ? 5 : 1;
}

// What somebody brings along.
Awaitable<int> verify_brought(const Context& context, std::string word, async::Workers& workers) {
    const std::optional<restore::Level> level = restore::parse_level(word);
    if (!level) {
        tell("autobackupctl: --level " + word + " is for jobs of the configuration: it asks their source");
        co_return 2;
    }
    int exit_code = 0;
    const std::optional<Sources> sources = co_await find_sources(context, false, workers, exit_code);
    if (!sources) co_return exit_code;
    if (sources->fetched) {
        const Result<void> here = co_await sources->fetched->need_all();
        if (!here) co_return not_whole(here.error());
    }
    auto work = [&]() -> Result<std::vector<restore::Checked>> {
        std::vector<restore::Checked> all;
        for (const restore::Place& place : sources->places) {
            Result<std::vector<restore::Checked>> copies = restore::verify(place, *level, workers.stop_token());
            if (!copies) return copies;
            for (restore::Checked& one : *copies) {
                if (sources->fetched) one.path = place.vault_word;  // not where it was fetched to
                all.push_back(std::move(one));
            }
        }
        return all;
    };
    const Result<std::vector<restore::Checked>> copies = co_await workers.run(std::move(work));
    if (!copies) co_return failed(copies.error());
    const int exit_code_of_copies = print_copies(context, *copies, word, "there is no copy at that place");
    co_return copies->empty() ? 1 : exit_code_of_copies;
}

Awaitable<int> drill(const Context& context, async::Workers& workers) {
    const std::optional<config::Config> config = load_config(context);
    if (!config) co_return 2;
    if (const Result<void> known = check_job(*config, context.line.job); !known) co_return failed(known.error());
    if (!has_snapshots(config->jobs.at(context.line.job))) {
        tell("autobackupctl: drill " + context.line.job + ": the job keeps repositories: verify proves them, and git clone gives one back");
        co_return 2;
    }
    checks::Order order = order_of(context.line.job, "drill");
    if (!context.line.to_cvat.empty()) {
        const Result<checks::ServerPlace> place = co_await server_of(context, config, workers);
        if (!place) co_return failed(place.error());
        order.server = *place;
    }
    if (const Result<void> there = need_storage(*config); !there) co_return failed(there.error());
    Entry entry{named_jobs(context), true};
    const Result<config::SecretPlaces> secrets = co_await enter_storage(context, *config, std::move(entry), workers);
    if (!secrets) co_return failed(secrets.error());
    const Ground ground{*config, *secrets};
    const checks::Done done = co_await check_own(context, ground, std::move(order), workers);
    if (!done.run.errors.empty() && done.run.items.empty()) co_return failed(done.run.errors.front());
    if (done.run.items.empty() && done.run.errors.empty()) tell("autobackupctl: nothing was saved yet: there is no version to restore");
    const json::object report = report::to_json(done.run);
    const int printed = context.line.json ? print_json(report) : print(report_text(report, context.screen));
    co_return printed == 0 ? model::exit_code(done.run.outcome) : printed;
}

}  // namespace

int verify_command(const Context& context) {
    // A word that is no job of the configuration is a path: it must look like one, so that a misspelt job is not taken for it.
    CommandLine line = context.line;
    std::error_code ignored;
    const bool url = restore::is_url(line.job);
    const bool word = url || line.job.find('/') != std::string::npos || line.job == "." || line.job == ".." ||
                      (line.from.empty() && std::filesystem::exists(line.job, ignored) && !std::filesystem::exists(line.config, ignored));
    if (word && !line.from.empty()) {
        tell("autobackupctl: a path or URL and --from: give one of them");
        return 2;
    }
    if (word) line.from = url ? std::exchange(line.job, {}) : std::filesystem::absolute(std::exchange(line.job, {})).string();
    const bool path = !line.from.empty();
    const Context looked{line, context.environment, context.screen};
    if (path && line.repair) {
        tell("autobackupctl: --repair is for jobs of the configuration; what lies at a path is only looked at");
        return 2;
    }
    return in_loop([&](async::Workers& workers) { return path ? verify_brought(looked, line.level, workers) : verify_own(looked, line.level, workers); });
}

int drill_command(const Context& context) {
    return in_loop([&](async::Workers& workers) { return drill(context, workers); });
}

}  // namespace autobackup::ctl
