// SPDX-License-Identifier: MIT
// Daemon: state, configuration, and what an earlier process left.
#include <spdlog/spdlog.h>

#include "daemon/runner/spool.hpp"
#include "daemon/serve/clock.hpp"
#include "daemon/serve/daemon.hpp"
#include "daemon/serve/messages.hpp"
#include "daemon/state/reserve_file.hpp"
#include "lib/core/file.hpp"
#include "lib/systemd/manager.hpp"

namespace autobackup::serve {
namespace {

constexpr std::size_t reports_looked_at = 100;  // of a job, for its streak and its last success

struct Remembered {
    std::map<std::string, scheduler::Memory> memories;
    std::map<std::string, JobFacts> facts;
    std::vector<std::string> warnings;
};

// What is known of jobs from earlier. Worker thread.
Result<Remembered> recall(state::Store& store, const std::vector<std::string>& jobs) {
    Remembered remembered;
    for (const std::string& job : jobs) {
        const Result<std::optional<std::string>> text = store.value(job, memory_key);
        if (!text) return text.error();
        if (*text) {
            Result<scheduler::Memory> memory = scheduler::parse_memory(**text);
            if (memory) remembered.memories.emplace(job, std::move(*memory));
            else remembered.warnings.push_back("job " + job + ": " + describe(memory.error()) + "; it is planned anew");
        }
        const Result<std::vector<std::string>> reports = store.history(job, reports_looked_at);
        if (!reports) return reports.error();
        remembered.facts.emplace(job, facts_of(*reports));
    }
    return remembered;
}

Result<std::vector<scheduler::JobPlan>> plans_of(const config::Config& config, const std::string& host) {
    std::vector<scheduler::JobPlan> plans;
    for (const auto& [name, job] : config.jobs) {
        Result<scheduler::JobPlan> plan = scheduler::plan_of(job, host);
        if (!plan) return plan.error();
        plans.push_back(std::move(*plan));
    }
    return plans;
}

}  // namespace

Awaitable<Result<void>> Daemon::open_state() {
    const std::filesystem::path storage = generation_->config.storage;
    auto open_all = [this, storage]() -> Result<void> {
        const Result<void> made = make_directories(storage, 0750);
        if (!made) return made;
        Result<state::JobLock> lock = state::JobLock::acquire_daemon(storage);
        if (!lock) return lock.error();
        lock_ = std::move(*lock);
        Result<state::Opened> opened = state::open_sqlite(storage / "state.sqlite");
        if (!opened) return opened.error();
        state_warning_ = opened->warning;
        state::keep_reserve(storage);
        store_ = std::move(opened->store);
        return {};
    };
    const Result<void> opened = co_await workers_.run(std::move(open_all));
    if (opened && !state_warning_.empty()) log(journal::Priority::warning, message_id::state_made_anew, state_warning_);
    co_return opened;
}

// A run that finds the state damaged, or removed, makes it anew: from then on that one counts, and what is only known here goes into it.
Awaitable<void> Daemon::follow_state() {
    auto look = [store = store_, file = generation_->config.storage / "state.sqlite"]() -> Result<std::shared_ptr<state::Store>> {
        if (store->current()) return store;
        Result<state::Opened> opened = state::open_sqlite(file);
        if (!opened) return opened.error();
        return std::shared_ptr<state::Store>(std::move(opened->store));
    };
    Result<std::shared_ptr<state::Store>> found = co_await workers_.run(std::move(look));
    if (!found) {
        spdlog::error("the state was replaced and cannot be opened: {}", describe(found.error()));
        co_return;
    }
    if (*found == store_) co_return;
    store_ = std::move(*found);
    state_warning_ = "state.sqlite was damaged or removed while the daemon ran, and made anew: the history begins with " + rfc3339_seconds(now());
    log(journal::Priority::warning, message_id::state_made_anew, state_warning_);
    co_await save_memories(scheduler_, scheduler_.jobs());
    co_await checks_.save_all();
}

// Makes the configuration count: plans, limits, missing secrets. generation_ is replaced only when all is well.
Awaitable<Result<void>> Daemon::adopt(config::Config config) {
    Result<std::vector<scheduler::JobPlan>> plans = plans_of(config, settings_.host);
    if (!plans) co_return plans.error();
    Result<std::vector<scheduler::JobPlan>> checks = check_plans(config, settings_.host);
    if (!checks) co_return checks.error();
    const Result<Checks::Remembered> remembered_checks = co_await checks_.look_up(*checks);
    if (!remembered_checks) co_return remembered_checks.error();
    std::vector<std::string> unknown;
    for (const auto& [name, job] : config.jobs) {
        if (!facts_.contains(name)) unknown.push_back(name);
    }
    auto look = [store = store_, unknown] { return recall(*store, unknown); };
    Result<Remembered> remembered = co_await workers_.run(std::move(look));
    if (!remembered) co_return remembered.error();
    auto check = [this, &config] { return settings_.missing_secrets(config); };
    const std::vector<std::string> missing = co_await workers_.run(std::move(check));
    for (const std::string& warning : remembered->warnings) log(journal::Priority::warning, message_id::state_made_anew, warning);
    for (const std::string& warning : config.warnings) spdlog::warn("{}", warning);
    for (const std::string& line : missing) log(journal::Priority::error, message_id::secret_missing, line);
    facts_.merge(remembered->facts);
    scheduler_.set_runs(config.limits.runs);
    scheduler_.configure(std::move(*plans), remembered->memories, wall_clock());
    auto generation = std::make_shared<Generation>();
    generation->config = std::move(config);
    generation->loaded_at = now();
    generation_ = std::move(generation);
    checks_.adopt(std::move(*checks), *remembered_checks);
    telling_->configure(generation_->config, facts_);
    co_return Result<void>();
}

Awaitable<Result<void>> Daemon::open() {
    const Result<void> opened = co_await open_state();
    if (!opened) co_return opened;
    const Result<void> telling = begin_telling();
    if (!telling) co_return telling;
    config::Config config = generation_->config;
    co_return co_await adopt(std::move(config));
}

// What a process which died has left: files that nobody goes on with, and runs that were begun, which the store knows; each job goes on with one.
Awaitable<void> Daemon::resume_interrupted() {
    auto clean = [this] { runner::clean_spools(generation_->config.storage, *store_); };
    co_await workers_.run(std::move(clean));
    for (const auto& [name, job] : generation_->config.jobs) {
        auto mark = [this, job_name = name]() -> Result<std::vector<std::string>> {
            const Result<state::JobLock> lock = state::JobLock::acquire(generation_->config.storage, job_name);
            if (!lock) return lock.error();  // somebody runs it in the foreground just now
            return store_->mark_interrupted(job_name);
        };
        const Result<std::vector<std::string>> runs = co_await workers_.run(std::move(mark));
        if (!runs || runs->empty()) continue;
        log(journal::Priority::notice, message_id::run_resumed,
            "job " + name + ": run " + runs->back() + " was interrupted by a crash, kill or power cut; it goes on now",
            {{"AUTOBACKUP_JOB", name}, {"AUTOBACKUP_RUN_ID", runs->back()}});
        scheduler_.interrupted(name, wall_clock());
    }
}

Awaitable<control::Answer> Daemon::reload() {
    if (reloading_) co_return control::refuse("busy", "a reload goes on already", 4);
    reloading_ = true;
    systemd::Manager::reloading();
    auto load = [this] { return settings_.load(); };
    config::Loaded loaded = co_await workers_.run(std::move(load));
    boost::json::object errors = config::problems_json(loaded.problems);
    std::string refused;
    if (!loaded.config) {
        refused = loaded.problems.empty() ? "it could not be read" : config::describe(loaded.problems.front());
        if (loaded.problems.size() > 1) refused += " (and " + std::to_string(loaded.problems.size() - 1) + " more)";
    } else if (loaded.config->storage != generation_->config.storage) {
        refused = "storage: another directory needs a restart of the service (" + generation_->config.storage.string() + " is in use)";
    } else {
        const Result<void> adopted = co_await adopt(std::move(*loaded.config));
        if (!adopted) refused = describe(adopted.error());
    }
    reloading_ = false;
    reload_error_ = refused;
    if (refused.empty()) {
        log(journal::Priority::info, message_id::config_loaded,
            "configuration " + settings_.config_path + " loaded again: " + std::to_string(generation_->config.jobs.size()) + " jobs");
    } else {
        log(journal::Priority::error, message_id::config_rejected, "configuration " + settings_.config_path + " refused, the old one stays: " + refused);
    }
    systemd::Manager::ready(status_line());
    kick();
    if (!refused.empty()) {
        co_return control::refuse("config_invalid", refused, 2, std::move(errors));
    }
    boost::json::object data;
    data["jobs"] = generation_->config.jobs.size();
    boost::json::array warnings;
    for (const std::string& warning : generation_->config.warnings) warnings.emplace_back(warning);
    data["warnings"] = std::move(warnings);
    co_return control::good(std::move(data));
}

}  // namespace autobackup::serve
