// SPDX-License-Identifier: MIT
// snapshots and restore.
#include <unistd.h>

#include <utility>

#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/copies.hpp"
#include "daemon/ctl/cvat_restore.hpp"
#include "daemon/ctl/mirror_commands.hpp"
#include "daemon/ctl/snapshot_views.hpp"
#include "daemon/restore/catalogue.hpp"
#include "daemon/restore/give_back.hpp"
#include "daemon/restore/history_out.hpp"
#include "daemon/restore/out_file.hpp"
#include "daemon/restore/pick.hpp"
#include "daemon/vault/large_files.hpp"
#include "lib/core/text.hpp"
#include "lib/core/url_text.hpp"

namespace autobackup::ctl {
namespace {

namespace json = boost::json;

Awaitable<Result<Listed>> listed(const Sources& sources, async::Workers& workers) {
    auto work = [&sources] { return list(sources); };
    Result<Listed> all = co_await workers.run(std::move(work));
    for (const std::string& warning : all ? all->warnings : std::vector<std::string>()) tell("warning: " + warning);
    co_return all;
}

// The versions of the items that --item names.
void keep_item(const std::string& item, std::vector<restore::Snapshot>& snapshots) {
    std::erase_if(snapshots, [&](const restore::Snapshot& one) {
        return one.name != item && std::string(one.item.kind_word()) + ":" + std::to_string(one.item.id) != item;
    });
}

Awaitable<int> show_snapshots(const Context& context, async::Workers& workers) {
    int exit_code = 0;
    const Mirrors mirrors = co_await find_mirrors(context, workers);
    std::vector<restore::Snapshot> snapshots;
    if (!mirrors.alone) {
        const std::optional<Sources> sources = co_await find_sources(context, false, workers, exit_code);
        if (!sources) co_return exit_code;
        Result<Listed> all = co_await listed(*sources, workers);
        if (!all) co_return failed(all.error());
        snapshots = std::move(all->snapshots);
    }
    if (!context.line.item.empty()) keep_item(context.line.item, snapshots);
    const std::vector<restore::MirrorFacts> repositories = co_await look_at_mirrors(context, mirrors, workers);
    if (context.line.json) {
        json::object document = restore::snapshots_json(snapshots);
        document["repositories"] = restore::mirrors_json(repositories);
        co_return print_json(document);
    }
    std::string text;
    if (!mirrors.alone) text = snapshots_text(snapshots, context.screen);
    if (mirrors.alone || !repositories.empty()) {
        text += (text.empty() ? "" : "\n") + mirrors_text(repositories, !context.line.item.empty(), context.screen);
    }
    co_return print(text);
}

struct Chosen {
    restore::Picked picked;
    const restore::Snapshot* snapshot = nullptr;
    const restore::Place* place = nullptr;
};

Result<Chosen> choose(const Context& context, const Sources& sources, const Listed& all) {
    restore::Wish wish;
    wish.item = context.line.item;
    wish.snapshot = context.line.snapshot;
    if (!context.line.at.empty()) {
        const Result<Instant> at = parse_at(context.line.at, context.screen.clock);
        if (!at) return at.error();
        wish.at = *at;
    }
    const Result<restore::Picked> picked = restore::pick(all.snapshots, wish);
    if (!picked) return picked.error();
    return Chosen{*picked, &all.snapshots[picked->index], &sources.places[all.places[picked->index]]};
}

int tell_given(const Context& context, const restore::Snapshot& snapshot, const std::string& to, const restore::Given& given) {
    for (const std::string& warning : given.warnings) tell("warning: " + warning);
    if (context.line.json && to != "-") {
        json::array warnings;
        for (const std::string& warning : given.warnings) warnings.emplace_back(json::string(warning));
        return print_json(json::object{{"format", 1},
                                       {"snapshot", snapshot.id},
                                       {"from", given.from},
                                       {"to", to},
                                       {"bytes", given.bytes},
                                       {"sha256", given.sha256.empty() ? json::value(nullptr) : json::value(json::string(given.sha256))},
                                       {"warnings", std::move(warnings)}});
    }
    tell(snapshot.id + (snapshot.name.empty() ? "" : " \"" + one_line(snapshot.name) + "\"") + " restored from " + given.from + " to " +
         (to == "-" ? "standard output" : to) + ": " + human_bytes(given.bytes));
    return 0;
}

int tell_plan(const Context& context, const restore::Request& request, const std::string& to) {
    const restore::Snapshot& snapshot = request.snapshot;
    std::string from;
    for (const restore::Prefer copy : restore::order_of(request)) from += (from.empty() ? "" : ", else ") + std::string(copy == restore::Prefer::vault ? "the vault" : "the archive");
    if (context.line.json) {
        return print_json(json::object{{"format", 1}, {"dry_run", true}, {"snapshot", snapshot.id}, {"from", from}, {"to", to}, {"bytes", snapshot.bytes}});
    }
    std::string what = snapshot.id;
    if (request.task) what = "task " + std::to_string(*request.task) + " out of " + what;
    return print("would restore " + what + " (" + human_bytes(snapshot.bytes) + ", of " + exact(snapshot.time, context.screen.clock) + ") from " + from +
                 " to " + to + "\n");
}

// A dry run refuses what the real one would.
int plan_files(const Context& context, const restore::Request& request, const std::string& to) {
    const CommandLine& line = context.line;
    Result<void> writable;
    if (line.to_zip.empty()) {
        writable = restore::free_directory(to);
    } else if (to != "-") {
        const Result<restore::OutFile> out = restore::out_file(to, line.force);
        if (!out) writable = out.error();
    }
    return writable ? tell_plan(context, request, to) : failed(writable.error());
}

restore::Prefer preferred(const std::string& from) {
    if (from == "vault") return restore::Prefer::vault;
    if (from == "archive") return restore::Prefer::archive;
    return restore::Prefer::any;
}

Awaitable<int> give_files(const Context& context, const Sources& sources, const Chosen& chosen, async::Workers& workers) {
    const CommandLine& line = context.line;
    const std::string to = line.to_zip.empty() ? line.to_directory : line.to_zip;
    const restore::Request request{*chosen.place, *chosen.snapshot, chosen.picked.task, preferred(line.from), workers.stop_token()};
    const bool to_server = !line.to_cvat.empty();
    if (line.dry_run && !to_server) co_return plan_files(context, request, to);
    if (sources.fetched) {
        const Result<void> here = co_await sources.fetched->need(*chosen.snapshot);
        if (!here) co_return failed(here.error());
    }
    if (sources.fetched && to_server) {
        const Result<void> here = co_await sources.fetched->need_side_file(*chosen.snapshot);
        if (!here) co_return failed(here.error());
    }
    if (to_server) co_return co_await restore_to_cvat(context, sources, request, workers);
    auto work = [&]() -> Result<restore::Given> {
        if (line.to_zip == "-") return restore::to_stream(request, STDOUT_FILENO);
        if (!line.to_zip.empty()) return restore::to_zip(request, line.to_zip, line.force);
        return restore::to_directory(request, line.to_directory);
    };
    const Result<restore::Given> given = co_await workers.run(std::move(work));
    if (!given) co_return failed(given.error());
    co_return tell_given(context, *chosen.snapshot, to, *given);
}

int tell_history(const Context& context, const restore::HistoryGiven& given, const std::string& to) {
    const bool bundle = !context.line.to_bundle.empty();
    const bool lacks = bundle && given.large_files > 0;
    if (!given.warning.empty()) tell("warning: " + given.warning);
    if (lacks) {
        tell("warning: " + std::to_string(given.large_files) +
             " large files are not in the bundle, which has no place for them: copy lfs/objects of the repository, or use --to-git");
    }
    if (context.line.json) {
        const int printed = print_json(json::object{{"format", 1}, {"commit", given.tip.hex()}, {"ref", given.ref}, {"to", to}, {"objects", given.objects},
                                                    {"bytes", given.bytes}, {"large_files", given.large_files}, {"changed", given.changed}});
        if (printed != 0) return printed;
    } else {
        tell(given.changed ? given.ref + " at " + given.tip.short_hex() + " written to " + to + ": " + human_bytes(given.bytes)
                           : given.ref + " of " + to + " stands at " + given.tip.short_hex() + " already");
    }
    return lacks ? 3 : 0;
}

std::string full_ref(const std::string& ref) { return ref.starts_with("refs/") ? ref : git::branch_ref(ref); }

struct Line {
    git::Oid tip;
    std::string ref;
};

// The commit to give out, and the branch that it stands on.
Result<Line> line_of(const Context& context, const restore::Place& place, const restore::Snapshot* snapshot) {
    if (place.vault.empty()) return fail(Errc::bad_request, "restore", context.line.from, "there is no repository there, only dated ZIPs");
    const Result<git::Repository> repository = git::Repository::open_any(place.vault);
    if (!repository) return repository.error();
    const Result<std::optional<git::Oid>> tip = restore::tip_of(*repository, place);
    if (!tip) return tip.error();
    if (!*tip) return fail(Errc::not_found, "restore", place.vault.string(), "the branch is empty");
    Line line;
    line.tip = **tip;
    if (snapshot != nullptr) {
        if (!snapshot->in_vault) return fail(Errc::not_found, "restore", snapshot->id, "it is not in the repository");
        line.tip = snapshot->in_vault->commit;
    }
    const Result<std::optional<std::string>> head = repository->head_branch();
    if (!head) return head.error();
    std::string branch = place.branch.empty() ? head->value_or("main") : place.branch;
    line.ref = full_ref(context.line.ref.empty() ? branch : context.line.ref);
    return line;
}

int plan_history(const Context& context, const Line& line, const std::string& to) {
    if (!context.line.to_bundle.empty()) {
        const Result<std::filesystem::path> file = restore::bundle_file(to, context.line.force);
        if (!file) return failed(file.error());
    }
    return print("would write " + line.ref + " at " + line.tip.hex() + " to " + without_user_info(to) + "\n");
}

Awaitable<int> push_out(const Context& context, const restore::Place& place, Line line, async::Workers& workers) {
    const Result<restore::Access> access = co_await access_to(context, context.line.to_git, secret_places(context, workers), workers);
    if (!access) co_return failed(access.error());
    Result<restore::Reached> reached = restore::reach(*access, vault::large_store(place.vault), line.ref, workers);
    if (!reached) co_return failed(reached.error());
    const Result<restore::HistoryGiven> given =
        co_await restore::push_history(place, line.tip, line.ref, reached->shown, *reached->git, *reached->large, workers);
    if (!given) co_return failed(given.error());
    co_return tell_history(context, *given, reached->shown);
}

Awaitable<int> give_history(const Context& context, const Sources& sources, const restore::Place& place, const restore::Snapshot* snapshot,
                            async::Workers& workers) {
    auto find = [&] { return line_of(context, place, snapshot); };
    const Result<Line> line = co_await workers.run(std::move(find));
    if (!line) co_return failed(line.error());
    const std::string to = context.line.to_git.empty() ? context.line.to_bundle : context.line.to_git;
    if (context.line.dry_run) co_return plan_history(context, *line, to);
    if (sources.fetched) {
        const Result<void> here = co_await sources.fetched->need_all();
        if (!here) co_return failed(here.error());
    }
    if (!context.line.to_git.empty()) co_return co_await push_out(context, place, *line, workers);
    auto work = [&] { return restore::to_bundle(place, line->tip, line->ref, context.line.to_bundle, context.line.force, workers.stop_token()); };
    const Result<restore::HistoryGiven> given = co_await workers.run(std::move(work));
    if (!given) co_return failed(given.error());
    co_return tell_history(context, *given, to);
}

Awaitable<int> give_back(const Context& context, async::Workers& workers) {
    const CommandLine& line = context.line;
    int exit_code = 0;
    const Mirrors mirrors = co_await find_mirrors(context, workers);
    if (mirrors.alone || names_one(mirrors, line.item)) co_return co_await give_mirror_back(context, mirrors, workers);
    const std::optional<Sources> sources = co_await find_sources(context, true, workers, exit_code);
    if (!sources) co_return exit_code;
    const bool history = !line.to_git.empty() || !line.to_bundle.empty();
    if (history && line.snapshot.empty() && line.at.empty() && line.item.empty()) {
        co_return co_await give_history(context, *sources, sources->places.front(), nullptr, workers);
    }
    const Result<Listed> all = co_await listed(*sources, workers);
    if (!all) co_return failed(all.error());
    const Result<Chosen> chosen = choose(context, *sources, *all);
    if (!chosen) co_return failed(chosen.error());
    if (history) co_return co_await give_history(context, *sources, *chosen->place, chosen->snapshot, workers);
    co_return co_await give_files(context, *sources, *chosen, workers);
}

}  // namespace

int snapshots_command(const Context& context) {
    return in_loop([&](async::Workers& workers) { return show_snapshots(context, workers); });
}

int restore_command(const Context& context) {
    return in_loop([&](async::Workers& workers) { return give_back(context, workers); });
}

}  // namespace autobackup::ctl
