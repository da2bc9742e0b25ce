// SPDX-License-Identifier: MIT
#include "daemon/checks/drill_run.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "daemon/checks/drill.hpp"
#include "daemon/checks/remnants.hpp"
#include "daemon/checks/scratch.hpp"
#include "daemon/checks/server_drill.hpp"
#include "daemon/checks/sweep.hpp"
#include "lib/core/text.hpp"

namespace autobackup::checks {
namespace {

using Items = Result<std::vector<model::Item>>;

void take_drilled(std::vector<model::Item> items, model::Run& run) {
    for (const model::Item& item : items) {
        for (const model::Stage& stage : item.stages) {
            const bool bad = stage.outcome == model::StageOutcome::failed;
            run.check->copies += bad || stage.stage == "compare" ? 1 : 0;
            run.check->damaged += bad ? 1 : 0;
        }
    }
    run.items = std::move(items);
}

Awaitable<Result<void>> drill_into_directory(const DrillRun& drill, model::Run& run) {
    auto once = [&drill] {
        const DrillOrder order{drill.shared.config, drill.job, drill.shared.progress, drill.shared.workers.stop_token()};
        return checks::drill(order);
    };
    auto first = once;
    Items items = co_await drill.shared.workers.run(std::move(first));
    const auto failed = [](const model::Item& item) { return item.outcome != model::ItemOutcome::unchanged; };
    const bool doubtful = items && std::any_of(items->begin(), items->end(), failed);
    if (doubtful) {
        // A run may have moved what was read: once more while none goes on.
        const Result<state::JobLock> lock = co_await runner::lock_job(drill.shared, drill.job.name, drill.order.planned);
        auto again = once;
        if (lock) items = co_await drill.shared.workers.run(std::move(again));
    }
    if (!items) co_return items.error();
    take_drilled(std::move(*items), run);
    co_return Result<void>();
}

// The server of the configuration; its secret is read on a worker.
Awaitable<Result<ServerPlace>> configured(const DrillRun& drill, std::string name_or_url) {
    const config::CvatServer* const server = find_server(drill.shared.config, name_or_url);
    if (server == nullptr) co_return fail(Errc::config_invalid, "drill", "server " + one_line(name_or_url), "no CVAT server of this name or address is configured");
    ServerPlace place;
    place.access.name = name_or_url;
    place.access.http = drill.shared.environment.http;
    place.access.connect = drill.shared.config.limits.connect;
    auto read = [&drill, server, &place] {
        config::SecretPlaces secrets = drill.shared.environment.secrets;
        secrets.stop_with(drill.shared.workers.stop_token());
        return use_configured(*server, secrets, place);
    };
    const Result<void> used = co_await drill.shared.workers.run(std::move(read));
    if (!used) co_return used.error();
    co_return place;
}

Awaitable<Result<Swept>> sweep_server(const DrillRun& drill, Remnants& remnants, std::string url) {
    Result<ServerPlace> place = co_await configured(drill, url);
    if (!place) co_return place.error();
    const Result<std::unique_ptr<restore::Server>> server = co_await restore::Server::open(std::move(place->access));
    if (!server) co_return server.error();
    Swept swept = co_await sweep((*server)->client(), drill.shared.workers, remnants, std::move(url));
    (*server)->close();
    co_return swept;
}

void name_left(const Remnants& remnants, const std::string& url, const std::string& why, model::Run& run) {
    for (const Remnant& one : remnants.all()) {
        if (one.url == url) run.warnings.push_back(words_of(one) + " was left by a drill and could not be removed: " + why);
    }
}

Awaitable<void> forget_old(const DrillRun& drill, Remnants& remnants, std::string url, model::Run& run) {
    const std::vector<Remnant> all = remnants.all();
    for (const Remnant& one : all) {
        if (one.url != url || now() - one.noted < given_up) continue;
        run.warnings.push_back(words_of(one) + " is given up: look there yourself");
        auto forget = [&remnants, &one] { return remnants.forget(one); };
        co_await drill.shared.workers.run(std::move(forget));
    }
}

// What was left on other servers than `here`, for whatever place this drill is.
Awaitable<void> sweep_elsewhere(const DrillRun& drill, Remnants& remnants, std::string here, model::Run& run) {
    std::set<std::string> urls;
    for (const Remnant& one : remnants.all()) urls.insert(one.url);
    urls.erase(here);
    for (const std::string& url : urls) {
        const Result<Swept> swept = co_await sweep_server(drill, remnants, url);
        if (!swept) {
            name_left(remnants, url, describe(swept.error()), run);
            co_await forget_old(drill, remnants, url, run);
            continue;
        }
        for (const std::string& one : swept->removed) run.warnings.push_back("removed what an earlier drill left: " + one);
        for (const std::string& one : swept->let_go) run.warnings.push_back(one);
        for (const Left& one : swept->left) run.warnings.push_back("a drill has left something: " + describe(one.why));
    }
}

// No other drill of the job goes on while it is held: none changes the list of what was left.
Awaitable<Result<Scratch>> take_turn(const DrillRun& drill) {
    auto take = [&drill] { return Scratch::make(drill.shared.config.storage, "drill", drill.job.name); };
    co_return co_await drill.shared.workers.run(std::move(take));
}

Awaitable<Result<Remnants>> recall(const DrillRun& drill) {
    auto load = [&drill] { return Remnants::load(drill.store, drill.job.name); };
    co_return co_await drill.shared.workers.run(std::move(load));
}

Awaitable<Result<void>> sweep_all(const DrillRun& drill, model::Run& run) {
    const Result<Scratch> turn = co_await take_turn(drill);
    if (!turn) co_return turn.error();
    Result<Remnants> remnants = co_await recall(drill);
    if (!remnants) co_return remnants.error();
    co_await sweep_elsewhere(drill, *remnants, std::string(), run);
    co_return Result<void>();
}

Awaitable<Result<void>> drill_at_server(const DrillRun& drill, std::string name, model::Run& run) {
    if (drill.store == nullptr) co_return fail(Errc::state_invalid, "drill", "job " + drill.job.name, "without the state nobody would remember what it makes on " + name);
    const Result<Scratch> turn = co_await take_turn(drill);
    if (!turn) co_return turn.error();
    Result<Remnants> remnants = co_await recall(drill);
    if (!remnants) co_return remnants.error();
    Result<ServerPlace> place = ServerPlace();
    if (drill.order.server) place = *drill.order.server;
    else place = co_await configured(drill, std::move(name));
    if (!place) co_return place.error();
    cvat::ImportPolicy& policy = place->access.policy;
    policy.attempts = drill.job.retry.attempts;
    policy.retry_delay = drill.job.retry.delay;
    policy.retry_max_delay = drill.job.retry.max_delay;
    const std::string url = place->access.url;
    co_await sweep_elsewhere(drill, *remnants, url, run);
    ServerDrillOrder order{drill.shared, drill.job, std::move(*place), *remnants, drill.order.planned};
    const Result<void> drilled = co_await drill_into_server(std::move(order), run);
    if (!drilled) name_left(*remnants, url, describe(drilled.error()), run);
    co_return drilled;
}

Awaitable<Result<void>> drill_somewhere(const DrillRun& drill, model::Run& run) {
    std::string name = drill_server(drill.job, drill.order);
    if (!name.empty()) co_return co_await drill_at_server(drill, std::move(name), run);
    Result<void> swept;
    if (drill.store != nullptr) swept = co_await sweep_all(drill, run);
    if (!swept) co_return swept.error();
    co_return co_await drill_into_directory(drill, run);
}

}  // namespace

std::string drill_server(const config::Job& job, const Order& order) { return order.server ? order.server->access.name : job.drill_server; }

Awaitable<void> run_drill(DrillRun drill, model::Run& run) {
    const Result<void> drilled = co_await drill_somewhere(drill, run);
    if (!drilled) run.errors.push_back(drilled.error());
    if (drilled && run.items.empty() && run.errors.empty() && drill.held_something) {
        run.errors.push_back(fail(Errc::repository_invalid, "drill", "job " + drill.job.name, "there is no version, though some were saved"));
    }
}

}  // namespace autobackup::checks
