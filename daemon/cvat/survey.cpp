// SPDX-License-Identifier: MIT
#include "daemon/cvat/survey.hpp"

#include <algorithm>
#include <set>

#include "daemon/cvat/listing.hpp"
#include "daemon/model/drill_name.hpp"
#include "daemon/vault/item_id.hpp"
#include "lib/async/run.hpp"
#include "lib/core/text.hpp"
#include "lib/hash/digest.hpp"

namespace autobackup::cvat_job {
namespace {

namespace json = boost::json;

std::string item_kind(cvat::Kind kind) { return std::string("cvat_") + cvat::name(kind); }

void add_unmatched(const Context& context, const std::string& entry, cvat::Kind kind, WorkList& list) {
    model::Item item;
    item.kind = item_kind(kind);
    item.id = id_of(entry).value_or(0);
    item.name = entry;
    item.outcome = model::ItemOutcome::failed;
    model::Stage stage;
    stage.stage = "inspect";
    stage.outcome = model::StageOutcome::failed;
    Failure failure = fail(Errc::selection_unmatched, "select", std::string(cvat::name(kind)) + " " + entry,
                           context.client.settings().name + " lists no " + cvat::name(kind) + " with this id or name");
    failure.hint = "check the job's selection, and whether the account may see it";
    stage.error = std::move(failure);
    item.stages.push_back(std::move(stage));
    list.settled.push_back(std::move(item));
}

bool asked_for(const Context& context, const Candidate& candidate, cvat::Kind kind) {
    const std::vector<std::string>& only = context.options.only;
    return only.empty() || std::any_of(only.begin(), only.end(),
                                       [&](const std::string& entry) { return entry_matches(entry, candidate, cvat::name(kind)); });
}

void add_chosen(const Context& context, const Listing& listing, const config::Selection& selection,
                const std::map<std::string, state::ItemState>& known, WorkList& list) {
    const Chosen chosen = choose(selection, listing.candidates);
    for (const std::size_t i : chosen.indices) {
        const Candidate& candidate = listing.candidates[i];
        if (!asked_for(context, candidate, listing.kind)) continue;
        const std::string key = key_of(listing.kind, candidate.id);
        Work work{listing.kind, candidate.id, candidate.name, listing.workspace[i], std::string(), std::nullopt};
        if (const auto created = listing.created.find(key); created != listing.created.end()) work.created = created->second;
        const auto last = known.find(key);
        if (last != known.end()) work.last = last->second;
        list.work.push_back(std::move(work));
    }
    if (!context.options.only.empty()) return;
    for (const std::string& entry : chosen.unmatched) add_unmatched(context, entry, listing.kind, list);
    for (const std::string& entry : chosen.unmatched_globs) {
        list.warnings.push_back("no " + std::string(cvat::name(listing.kind)) + " matches " + one_line(entry));
    }
}

// What lies there for a while, or was left there, is no loss; but people should know.
void tell_drills(const Context& context, const Listing& listing, WorkList& list) {
    for (const Candidate& one : listing.candidates) {
        if (!one.of_drill || !model::is_drill_name(one.name)) continue;
        list.warnings.push_back(std::string(cvat::name(listing.kind)) + " " + std::to_string(one.id) + " \"" + one_line(one.name) + "\" of " +
                                context.client.settings().name + " was restored there by a drill, for a while: `all` and globs leave it out");
    }
}

// Items that are known and no longer listed where everything was asked for: told once. All of them at once is not believed.
void add_gone(const Context& context, const Listing& listing, const config::Selection& selection,
              const std::map<std::string, state::ItemState>& known, const Doubted& doubted, WorkList& list) {
    if (!open_ended(selection) || !context.options.only.empty()) return;
    const Missing missing = find_missing(listing.kind, listing.candidates, selection, known, doubted, context.options.accept_shrink);
    if (missing.at_once || !missing.doubted.empty()) {
        const std::string count = std::to_string(missing.doubted.size());
        const std::string words = listing.candidates.empty() ? std::string("the server lists none")
                                  : missing.at_once          ? "all " + count + " known ones are missing at once"
                                                             : count + " that went missing all at once are missing still";
        Failure failure = fail(Errc::source_empty, "list", std::string(cvat::name(listing.kind)) + "s of " + context.client.settings().name, words);
        failure.hint = "nothing is taken for deleted; check the account's rights, the organisation and the server (another one under this URL?)";
        if (!listing.candidates.empty()) failure.hint += "; if that is meant, run the job once with --accept-shrink";
        list.errors.push_back(std::move(failure));
    }
    list.doubted.insert(missing.doubted.begin(), missing.doubted.end());
    for (const state::ItemState* state : missing.gone) {
        model::Item item;
        item.kind = item_kind(listing.kind);
        item.id = vault::item_of_key(state->item).value_or(vault::ItemId()).id;
        item.name = state->name;
        item.outcome = model::ItemOutcome::gone;
        item.reason = "no longer on the server; its copy is kept";
        list.settled.push_back(std::move(item));
    }
}

void add_only_unmatched(const Context& context, WorkList& list) {
    for (const std::string& entry : context.options.only) {
        const bool found = std::any_of(list.work.begin(), list.work.end(), [&](const Work& work) {
            return entry_matches(entry, Candidate{work.id, work.name, false}, cvat::name(work.kind));
        });
        const cvat::Kind kind = entry.starts_with("task:") ? cvat::Kind::task : cvat::Kind::project;
        const bool prefixed = entry.starts_with("task:") || entry.starts_with("project:");
        const std::string name = prefixed ? entry.substr(entry.find(':') + 1) : entry;
        if (found) continue;
        if (is_glob(name)) list.warnings.push_back("no " + std::string(prefixed ? cvat::name(kind) : "project or task") + " of the job matches " + one_line(name));
        else add_unmatched(context, name, kind, list);
    }
}

Awaitable<void> glance_at_one(Context& context, std::string workspace, Result<Glance>& answer) {
    cvat::Context where;
    where.everywhere = workspace == everywhere;
    if (!where.everywhere) where.organization = std::move(workspace);
    Result<cvat::Newest> newest = cvat::Newest();
    std::string issues;
    std::vector<Awaitable<void>> questions;
    questions.push_back(async::into(context.client.newest(where), newest));
    if (context.source.details) questions.push_back(async::into(ask_open_issues(context.client, where), issues));
    co_await async::all_of(std::move(questions));
    if (newest) {
        answer->newest = *newest;
        answer->issues = std::move(issues);
    } else {
        answer = newest.error();
    }
}

// Another server under the same URL would put its projects in the place of those that are held.
std::optional<Failure> another_server(const Context& context, const Listing& listing, const Identities& held) {
    const std::optional<std::string> other = replaced(held, listing.created);
    if (!other || context.options.accept_shrink) return std::nullopt;
    std::string words = *other;
    words[words.find('-')] = ' ';
    Failure failure = fail(Errc::source_replaced, "list", std::string(cvat::name(listing.kind)) + "s of " + context.client.settings().name,
                           "another server seems to answer under this URL: " + words + " was made at " + listing.created.at(*other) +
                               ", the one that is held at " + held.at(*other) + ", and none of the others that are held is there either");
    failure.hint = "check the server's address; if it was set up anew on purpose, run the job once with --accept-shrink: what it has "
                   "follows what is held as newer versions";
    return failure;
}

}  // namespace

Awaitable<Result<std::vector<std::string>>> workspaces(Context& context) {
    std::vector<std::string> slugs;
    if (context.source.organization) {
        slugs.push_back(*context.source.organization);
        co_return slugs;
    }
    const Result<std::vector<cvat::Organization>> organizations = co_await context.client.organizations();
    if (!organizations) co_return organizations.error();
    for (const cvat::Organization& one : *organizations) slugs.push_back(one.slug);
    slugs.emplace_back();
    co_return slugs;
}

Awaitable<Result<std::vector<std::string>>> glance_spaces(Context& context) {
    if (context.source.organization || !context.client.about().is_admin) co_return co_await workspaces(context);
    co_return std::vector<std::string>(1, everywhere);
}

Awaitable<Result<Glances>> glance_at(Context& context, std::vector<std::string> workspaces) {
    std::vector<Result<Glance>> answers(workspaces.size(), Result<Glance>(Glance()));
    std::function<Awaitable<void>(std::size_t)> ask = [&](std::size_t i) { return glance_at_one(context, workspaces[i], answers[i]); };
    co_await async::for_each_index(workspaces.size(), 4, ask);
    Glances glances;
    for (std::size_t i = 0; i < workspaces.size(); ++i) {
        if (!answers[i]) co_return answers[i].error();
        glances[workspaces[i]] = *answers[i];
    }
    co_return glances;
}

std::string watermark_text(const Context& context, const Glances& glances, const std::string& vault_tip,
                           std::optional<Instant> valid_until) {
    const config::CvatSource& source = context.source;
    json::array wanted{context.client.settings().base.text(), static_cast<int>(source.projects.base), static_cast<int>(source.tasks.base),
                       source.details, source.touch, static_cast<int>(source.export_mode)};
    for (const config::Selection* selection : {&source.projects, &source.tasks}) {
        wanted.push_back(json::value_from(selection->include));
        wanted.push_back(json::value_from(selection->exclude));
    }
    json::object spaces;
    for (const auto& [slug, glance] : glances) {
        json::array facts;
        for (const cvat::Newest::One* one : {&glance.newest.projects, &glance.newest.tasks, &glance.newest.jobs}) {
            facts.emplace_back(one->count);
            facts.emplace_back(one->updated_date);
        }
        facts.emplace_back(glance.issues);
        spaces[slug] = std::move(facts);
    }
    json::object all{{"wanted", hash::sha256_hex(json::serialize(wanted))}, {"newest", std::move(spaces)}, {"tip", vault_tip}};
    if (valid_until) all["until"] = rfc3339(*valid_until);
    return json::serialize(all);
}

bool watermark_holds(const std::string& held, const std::string& now_text) {
    boost::system::error_code error;
    json::value value = json::parse(held, error);
    if (error || !value.is_object()) return false;
    json::object& object = value.get_object();
    if (const json::value* until = object.if_contains("until"); until != nullptr && until->is_string()) {
        const std::optional<Instant> end = parse_rfc3339(until->get_string());
        if (!end || now() >= *end) return false;
        object.erase("until");
    }
    return json::serialize(value) == now_text;
}

Awaitable<Result<WorkList>> survey(Context& context, std::vector<std::string> workspaces, std::map<std::string, state::ItemState> known,
                                   Identities held, Doubted doubted) {
    WorkList list;
    if (!context.options.only.empty()) list.doubted = doubted;
    KnownProjects projects;
    for (const cvat::Kind kind : {cvat::Kind::project, cvat::Kind::task}) {
        const config::Selection& selection = kind == cvat::Kind::project ? context.source.projects : context.source.tasks;
        if (selection.base == config::Selection::Base::none) continue;
        const Result<Listing> listing = co_await list_all(context, kind, workspaces, projects);
        if (!listing) co_return listing.error();
        if (const std::optional<Failure> other = another_server(context, *listing, held)) co_return *other;
        tell_drills(context, *listing, list);
        add_chosen(context, *listing, selection, known, list);
        add_gone(context, *listing, selection, known, doubted, list);
    }
    add_only_unmatched(context, list);
    co_return list;
}

Awaitable<void> learn_side_lists(Context& context, WorkList& list) {
    if (!context.source.details) co_return;
    std::set<std::string> names;
    for (const Work& one : list.work) names.insert(one.workspace);
    const std::vector<std::string> spaces(names.begin(), names.end());
    std::function<Awaitable<void>(std::size_t)> ask = [&](std::size_t i) {
        return async::into(ask_side_lists(context.client, spaces[i]), context.side[spaces[i]]);
    };
    co_await async::for_each_index(spaces.size(), 2, ask);
    std::string hidden;
    for (const auto& [workspace, lists] : context.side) {
        const std::string where = workspace.empty() ? std::string("the personal space") : one_line(workspace);
        for (const std::string& one : lists.hidden) hidden += (hidden.empty() ? "" : ", ") + one + " of " + where;
    }
    if (hidden.empty()) co_return;
    list.warnings.push_back("the side files lack what " + context.client.settings().name + " does not show to this account: " + hidden);
}

}  // namespace autobackup::cvat_job
