// SPDX-License-Identifier: MIT
#include "daemon/cvat/cvat_job.hpp"

#include <algorithm>

#include "daemon/cvat/archive.hpp"
#include "daemon/cvat/project_backup.hpp"
#include "daemon/cvat/standing.hpp"
#include "daemon/cvat/survey.hpp"
#include "daemon/cvat/task_backup.hpp"
#include "daemon/vault/history.hpp"
#include "lib/async/run.hpp"
#include "lib/core/text.hpp"

namespace autobackup::cvat_job {
namespace {

namespace json = boost::json;
using Known = std::map<std::string, state::ItemState>;

constexpr const char* watermark_key = "watermark";
constexpr const char* standing_key = "standing";
constexpr const char* server_key = "server";
constexpr const char* identities_key = "identities";
constexpr const char* doubted_key = "doubted";

Awaitable<std::string> value(Context& context, std::string key) {
    auto read = [&context, key] { return context.store.value(context.job.name, key); };
    const Result<std::optional<std::string>> held = co_await context.workers.run(std::move(read));
    if (held && *held) co_return **held;
    co_return std::string();
}

Awaitable<void> set_value(Context& context, std::string key, std::string text) {
    auto write = [&context, key, text] { return context.store.set_value(context.job.name, key, text); };
    co_await context.workers.run(std::move(write));  // losing it costs requests, never a backup
}

// Version, family and account from the last run: the cheap question needs no more.
void assume_server(Context& context, const std::string& text) {
    boost::system::error_code error;
    const json::value held = json::parse(text, error);
    if (error || !held.is_object()) return;
    cvat::About about;
    about.version = json::value_to<std::string>(held.at("version"));
    about.family = static_cast<cvat::Family>(json::value_to<int>(held.at("family")));
    about.user = json::value_to<std::string>(held.at("user"));
    const json::value* const admin = held.get_object().if_contains("admin");
    about.is_admin = admin != nullptr && admin->is_bool() && admin->get_bool();
    context.client.assume(about);
}

Awaitable<void> remember_server(Context& context) {
    const cvat::About& about = context.client.about();
    const json::object text{{"version", about.version}, {"family", static_cast<int>(about.family)}, {"user", about.user}, {"admin", about.is_admin}};
    co_await set_value(context, server_key, json::serialize(text));
}

struct Ground {
    std::string tip;   // of the vault's branch, hex; "" when it has none
    Known known;
};

// What is known of the items: from the state, and from the vault for what the state has lost.
Awaitable<Result<Ground>> read_ground(Context& context) {
    Ground ground;
    auto read_items = [&context] { return context.store.items(context.job.name); };
    Result<Known> known = co_await context.workers.run(std::move(read_items));
    if (!known) co_return known.error();
    ground.known = std::move(*known);
    auto read_vault = [&ground, ref = context.vault.branch_ref(), branch = context.vault.branch()](git::Repository& repository) -> Result<void> {
        const Result<std::optional<git::Oid>> tip = repository.resolve(ref);
        if (!tip) return tip.error();
        if (!*tip) return {};
        ground.tip = (*tip)->hex();
        if (!ground.known.empty()) return {};
        const Result<std::vector<vault::ItemId>> items = vault::held_items(repository, branch);
        if (!items) return items.error();
        for (const vault::ItemId& item : *items) {
            state::ItemState state;
            state.item = item.key();
            const Result<std::optional<vault::Held>> held = vault::read_held(repository, branch, item);
            if (held && *held && (*held)->manifest) state.name = (*held)->manifest->name;
            ground.known[state.item] = state;
        }
        return {};
    };
    const Result<void> read = co_await context.vault.with(std::move(read_vault));
    if (!read) co_return read.error();
    co_return ground;
}

Awaitable<void> back_up_item(Context& context, const Work& work, model::Item& item, ItemEnd& end) {
    const auto begin = std::chrono::steady_clock::now();
    context.progress.item(context.job.name, item.name);
    if (work.kind == cvat::Kind::project) {
        ProjectBackup backup(context, work.id, work.workspace, work.last, item);
        end = co_await backup.run();
    } else {
        end = co_await back_up_task(context, work.id, work.workspace, work.last, item);
    }
    co_await write_owed_zip(context, item);
    model::end_item(item);
    item.duration_s = seconds_since(begin);
    context.item_done(item);
}

Awaitable<std::vector<ItemEnd>> back_up_items(Context& context, const std::vector<Work>& work, model::Run& run) {
    std::vector<ItemEnd> ends(work.size());
    for (const Work& one : work) {
        model::Item item;
        item.kind = std::string("cvat_") + cvat::name(one.kind);
        item.id = one.id;
        item.name = one.name;
        model::begin_item(item);
        run.items.push_back(std::move(item));
    }
    std::function<Awaitable<void>(std::size_t)> each = [&](std::size_t i) { return back_up_item(context, work[i], run.items[i], ends[i]); };
    co_await async::for_each_index(work.size(), static_cast<std::size_t>(context.limits.per_host), each);
    co_return ends;
}

// Items that are gone are told once, and remembered so.
Awaitable<void> settle(Context& context, WorkList& list, const Known& known, model::Run& run) {
    for (model::Item& item : list.settled) {
        if (item.outcome == model::ItemOutcome::gone) {
            const auto state = known.find(item.kind.substr(5) + "-" + std::to_string(item.id));
            if (state != known.end()) {
                state::ItemState gone = state->second;
                gone.gone = true;
                co_await remember_item(context, gone, item);
            }
        }
        context.item_done(item);
        run.items.push_back(item);
    }
    run.warnings.insert(run.warnings.end(), list.warnings.begin(), list.warnings.end());
    run.errors.insert(run.errors.end(), list.errors.begin(), list.errors.end());
}

// What an earlier run could not push is pushed now, and told with the items that it belongs to.
Awaitable<void> push_leftovers(Context& context, model::Run& run) {
    if (context.options.dry_run) co_return;
    const Pending pending = co_await pending_pushes(context);
    if (pending.targets.empty()) co_return;
    model::Item pushed;
    co_await push_targets(context, pending.targets, pushed);
    bool told = false;
    for (model::Item& item : run.items) {
        const bool has_push = std::any_of(item.stages.begin(), item.stages.end(), [](const model::Stage& s) { return s.stage == "push"; });
        const bool belongs = std::any_of(pending.items.begin(), pending.items.end(), [&](const vault::ItemId& id) {
            return item.kind == "cvat_" + std::string(id.kind_word()) && item.id == id.id;
        });
        if (has_push || !belongs) continue;
        item.stages.insert(item.stages.end(), pushed.stages.begin(), pushed.stages.end());
        item.pushed = pushed.pushed;
        told = true;
    }
    if (told) co_return;
    for (const model::Stage& stage : pushed.stages) {
        if (stage.error) run.errors.push_back(*stage.error);
    }
}

Awaitable<std::string> vault_tip(Context& context) {
    auto read = [ref = context.vault.branch_ref()](git::Repository& repository) { return repository.resolve(ref); };
    const Result<std::optional<git::Oid>> tip = co_await context.vault.with(std::move(read));
    if (tip && *tip) co_return (*tip)->hex();
    co_return std::string();
}

// The next run may believe the cheap question only when everything of this one is saved.
Awaitable<void> set_watermark(Context& context, const Glances& glances, const std::vector<ItemEnd>& ends, const model::Run& run,
                              const std::vector<std::string>& warnings) {
    if (!context.options.only.empty() || context.options.dry_run) co_return;  // what was not asked for has not changed its standing
    std::string text;
    std::optional<Instant> until;
    bool clean = run.errors.empty();
    for (const ItemEnd& end : ends) {
        clean = clean && end.clean;
        if (end.retry_at && (!until || *end.retry_at < *until)) until = end.retry_at;
    }
    for (const model::Item& item : run.items) clean = clean && item.outcome != model::ItemOutcome::failed;
    for (const auto& [workspace, lists] : context.side) clean = clean && !lists.failed;
    if (clean) co_await set_value(context, standing_key, standing_text(run.items, ends, warnings));
    if (clean) text = watermark_text(context, glances, co_await vault_tip(context), until);
    co_await set_value(context, watermark_key, text);
}

// Of what is held now, whose it is: a later run knows another server by it. What failed is held as it was before.
Awaitable<void> remember_identities(Context& context, const std::vector<Work>& work, const model::Run& run, Identities identities) {
    if (context.options.dry_run) co_return;
    for (std::size_t i = 0; i < work.size(); ++i) {
        const bool held = run.items[i].outcome != model::ItemOutcome::failed && run.items[i].outcome != model::ItemOutcome::skipped;
        if (held && !work[i].created.empty()) identities[key_of(work[i].kind, work[i].id)] = work[i].created;
    }
    co_await set_value(context, identities_key, to_text(identities));
}

// True: nothing has moved since the last complete run; the items are told as unchanged.
Awaitable<bool> nothing_moved(Context& context, const Ground& ground, const Glances& glances, model::Run& run) {
    if (context.options.force || !context.options.only.empty() || ground.tip.empty()) co_return false;
    const std::string held = co_await value(context, watermark_key);
    if (held.empty() || !watermark_holds(held, watermark_text(context, glances, ground.tip, std::nullopt))) co_return false;
    const double took = std::chrono::duration<double>(now() - context.started_at).count();
    const std::string standing = co_await value(context, standing_key);
    if (!tell_standing(standing, took, run)) co_return false;
    for (model::Item& item : run.items) co_await write_owed_zip(context, item);
    co_await push_leftovers(context, run);
    for (const model::Item& item : run.items) context.item_done(item);
    co_return true;
}

Awaitable<void> note_health(Context& context, model::Run& run) {
    const Result<std::optional<std::string>> health = co_await context.client.health();
    if (health && *health) run.warnings.push_back("the server reports trouble of its own: " + one_line(**health));
}

Awaitable<Result<Glances>> cheap_question(Context& context) {
    Result<std::vector<std::string>> spaces = co_await glance_spaces(context);
    if (!spaces) co_return spaces.error();
    co_return co_await glance_at(context, std::move(*spaces));
}

// The workspaces to list: those that were glanced at, when they were.
Awaitable<Result<std::vector<std::string>>> spaces_to_list(Context& context, const Glances& glances) {
    if (glances.contains(everywhere)) co_return co_await workspaces(context);
    std::vector<std::string> spaces;
    for (const auto& [workspace, glance] : glances) spaces.push_back(workspace);
    co_return spaces;
}

Awaitable<void> learn_ground(Context& context, Result<Ground>& ground) { ground = co_await read_ground(context); }

// The cheap question before anything else, when an earlier run has learned whom it is asked. What it fails with, connect() will say
// better.
Awaitable<void> ask_early(Context& context, Result<Glances>& glances) {
    const std::string server = co_await value(context, server_key);
    if (server.empty()) co_return;
    assume_server(context, server);
    glances = co_await cheap_question(context);
}

}  // namespace

Awaitable<void> back_up(Context& context, model::Run& run) {
    context.progress.item(context.job.name, "looking for changes");
    Result<Ground> ground = Ground();
    Result<Glances> early = fail(Errc::internal, "ask", "server", "not asked");
    std::vector<Awaitable<void>> first;
    first.push_back(learn_ground(context, ground));
    first.push_back(ask_early(context, early));
    co_await async::all_of(std::move(first));
    if (!ground) {
        run.errors.push_back(ground.error());
        co_return;
    }
    if (early && co_await nothing_moved(context, *ground, *early, run)) co_return;
    const Result<cvat::About> about = co_await context.client.connect();
    if (!about) {
        run.errors.push_back(about.error());
        co_return;
    }
    co_await remember_server(context);
    co_await note_health(context, run);
    // Asked before the listings: what moves after this is seen by the next run.
    const Result<Glances> glances = co_await cheap_question(context);
    Result<std::vector<std::string>> spaces = std::vector<std::string>();
    if (glances) spaces = co_await spaces_to_list(context, *glances);
    if (!glances || !spaces) {
        run.errors.push_back(!glances ? glances.error() : spaces.error());
        co_return;
    }
    Identities identities = parse_identities(co_await value(context, identities_key));
    const std::string doubted = co_await value(context, doubted_key);
    Result<WorkList> list = co_await survey(context, *spaces, ground->known, identities, parse_doubted(doubted));
    if (!list) {
        run.errors.push_back(list.error());
        co_return;
    }
    co_await learn_side_lists(context, *list);
    for (const auto& [workspace, lists] : context.side) {
        if (lists.failed) run.warnings.push_back("the side files stay as they are: " + describe(*lists.failed));
    }
    const std::vector<ItemEnd> ends = co_await back_up_items(context, list->work, run);
    co_await settle(context, *list, ground->known, run);
    const bool news = !context.options.dry_run && list->doubted != parse_doubted(doubted);
    if (news) co_await set_value(context, doubted_key, to_text(list->doubted));
    co_await push_leftovers(context, run);
    co_await remember_identities(context, list->work, run, std::move(identities));
    co_await set_watermark(context, *glances, ends, run, list->warnings);
}

}  // namespace autobackup::cvat_job
