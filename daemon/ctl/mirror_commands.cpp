// SPDX-License-Identifier: MIT
#include "daemon/ctl/mirror_commands.hpp"

#include <algorithm>
#include <limits>

#include "daemon/config/load.hpp"
#include "daemon/ctl/copies.hpp"
#include "daemon/ctl/offline.hpp"
#include "daemon/mirror/large.hpp"
#include "daemon/mirror/push_out.hpp"
#include "daemon/restore/give_back.hpp"
#include "daemon/restore/mirror_out.hpp"
#include "daemon/restore/out_file.hpp"
#include "lib/core/text.hpp"
#include "lib/core/url_text.hpp"
#include "lib/remote/local_url.hpp"

namespace autobackup::ctl {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

Mirrors own_mirrors(const Context& context) {
    Mirrors mirrors;
    const config::Loaded loaded = read_config(context);
    if (!loaded.config) return mirrors;
    bool others = false;
    for (const auto& [name, job] : loaded.config->jobs) {
        if (!context.line.job.empty() && name != context.line.job) continue;
        if (has_snapshots(job)) {
            others = true;
            continue;
        }
        std::vector<restore::HeldMirror> more = restore::mirrors_of(*loaded.config, job);
        std::move(more.begin(), more.end(), std::back_inserter(mirrors.all));
        mirrors.alone = true;
    }
    mirrors.alone = mirrors.alone && !others;
    mirrors.job = context.line.job;
    return mirrors;
}

Mirrors brought_mirrors(const std::string& from) {
    Mirrors mirrors;
    mirrors.all = restore::mirrors_at(from);
    mirrors.alone = !mirrors.all.empty() && (restore::is_mirror(from) || !restore::places_at(from));
    return mirrors;
}

// What is given out, and of which.
struct Order {
    restore::HeldMirror held;
    fs::path repository;  ///< its git directory
    restore::ChosenRefs chosen;
};

Result<Order> make_order(const Context& context, const Mirrors& mirrors) {
    const CommandLine& line = context.line;
    if (!line.at.empty() || !line.snapshot.empty()) {
        Failure failure = fail(Errc::bad_request, "restore", "repository", "--at and --snapshot are for projects and tasks");
        failure.hint = "what a force-push or a deletion took away is a ref: `autobackupctl snapshots` lists them, --ref takes one";
        return failure;
    }
    if (!line.to_zip.empty()) return fail(Errc::bad_request, "restore", "repository", "a repository is no ZIP: --to-directory, --to-git or --to-bundle");
    if (!line.to_cvat.empty()) return fail(Errc::bad_request, "restore", "repository", "a repository does not go to CVAT: --to-directory, --to-git or --to-bundle");
    Result<restore::HeldMirror> held = restore::pick_mirror(mirrors.all, line.item);
    if (!held) return held.error();
    const Result<git::Repository> repository = git::Repository::open_any(held->path);
    if (!repository) return repository.error();
    Result<restore::ChosenRefs> chosen = restore::choose_refs(*repository, restore::RefWish{line.ref, line.all_refs});
    if (!chosen) return chosen.error();
    return Order{std::move(*held), repository->path(), std::move(*chosen)};
}

struct Told {
    std::string to;
    std::uint64_t refs = 0, objects = 0, bytes = 0, large_files = 0, large_missing = 0;
    bool changed = true, created = false;
    std::vector<mirror::Refusal> refused{};
    std::string warning{};  ///< what is left there and should not be
    std::string words;  ///< of the person's line
};

int tell_given(const Context& context, const Order& order, const Told& told) {
    const bool bundle_lacks = !context.line.to_bundle.empty() && told.large_files > 0;
    if (bundle_lacks) {
        tell("warning: " + std::to_string(told.large_files) +
             " large files are not in the bundle, which has no place for them: copy lfs/objects of the mirror, or use --to-git or --to-directory");
    }
    if (told.large_missing > 0) tell("warning: " + std::to_string(told.large_missing) + " large files are not in the mirror: its source did not give them");
    if (!told.warning.empty()) tell("warning: " + told.warning);
    for (const mirror::Refusal& one : told.refused) {
        tell("warning: " + describe(one.why));
        if (!one.why.hint.empty()) tell("  " + one.why.hint);
    }
    int exit_code = bundle_lacks || told.large_missing > 0 || !told.refused.empty() ? 3 : 0;
    if (!told.refused.empty() && !told.changed) exit_code = 1;
    if (!context.line.json) {
        tell(order.held.name + " " + told.words);
        return exit_code;
    }
    json::array refused;
    for (const mirror::Refusal& one : told.refused) refused.push_back(json::object{{"ref", one.ref}, {"reason", describe(one.why)}});
    const int printed = print_json(json::object{{"format", 1},
                                                {"item", order.held.name},
                                                {"from", order.held.path.string()},
                                                {"to", told.to},
                                                {"refs", told.refs},
                                                {"head", order.chosen.head.empty() ? json::value(nullptr) : json::value(json::string(order.chosen.head))},
                                                {"objects", told.objects},
                                                {"bytes", told.bytes},
                                                {"large_files", told.large_files},
                                                {"large_files_missing", told.large_missing},
                                                {"changed", told.changed},
                                                {"created", told.created},
                                                {"refused", std::move(refused)}});
    return printed == 0 ? exit_code : printed;
}

std::string count_words(std::uint64_t count, const char* one) { return std::to_string(count) + " " + one + (count == 1 ? "" : "s"); }

Awaitable<int> give_files(const Context& context, const Order& order, async::Workers& workers) {
    const CommandLine& line = context.line;
    auto work = [&]() -> Result<restore::MirrorGiven> {
        const std::stop_token stop = workers.stop_token();
        if (!line.to_bundle.empty()) return restore::mirror_to_bundle(order.repository, order.chosen, line.to_bundle, line.force, stop);
        return restore::mirror_to_directory(order.repository, order.chosen, line.to_directory, line.bare, stop);
    };
    const Result<restore::MirrorGiven> given = co_await workers.run(std::move(work));
    if (!given) co_return failed(given.error());
    Told told;
    told.to = line.to_bundle.empty() ? line.to_directory : line.to_bundle;
    told.refs = given->refs;
    told.objects = given->objects;
    told.bytes = given->bytes;
    told.large_files = given->large_files;
    told.large_missing = given->large_missing;
    told.words = "restored to " + told.to + ": " + count_words(given->refs, "ref") + ", " + human_bytes(given->bytes);
    if (line.to_bundle.empty() && given->large_files > 0) told.words += ", " + count_words(given->large_files, "large file");
    if (given->files > 0) told.words += ", " + count_words(given->files, "file") + " checked out";
    co_return tell_given(context, order, told);
}

// A path that is not there yet becomes a bare repository.
std::function<Awaitable<Result<void>>()> maker_of(const std::string& url, const restore::ChosenRefs& chosen, async::Workers& workers) {
    const std::optional<std::string> path = remote::local_path(url);
    if (!path) return {};
    return [path = *path, head = chosen.head, &workers] { return mirror::make_path_repository(workers, path, head); };
}

Awaitable<int> push(const Context& context, const Order& order, async::Workers& workers) {
    std::string url = context.line.to_git;
    if (!restore::is_url(url)) url = fs::absolute(url).string();
    const Result<restore::Access> access = co_await access_to(context, url, secret_places(context, workers), workers);
    if (!access) co_return failed(access.error());
    Result<restore::Reached> reached = restore::reach(*access, mirror::large_store(order.repository), order.chosen.head, workers);
    if (!reached) co_return failed(reached.error());
    mirror::PushOrder wanted;
    wanted.repository = order.repository;
    wanted.url = reached->shown;
    wanted.refs = order.chosen.refs;
    wanted.first = order.chosen.head;
    wanted.all_large = context.line.ref.empty();  // else only what goes with this one
    if (remote::local_path(url)) wanted.largest_push = std::numeric_limits<std::uint64_t>::max();
    mirror::PushPlace place{*reached->git, reached->large.get(), maker_of(url, order.chosen, workers)};
    const Result<mirror::PushedOut> pushed = co_await mirror::push_out(std::move(wanted), std::move(place), workers, config::Retry());
    if (!pushed) co_return failed(pushed.error());
    Told told;
    told.to = reached->shown;
    told.refs = pushed->there.size();
    told.objects = pushed->objects;
    told.bytes = pushed->bytes;
    told.large_files = pushed->large_files;
    told.large_missing = pushed->large_missing;
    told.changed = pushed->changed > 0 || pushed->large_files > 0;
    told.created = pushed->created;
    told.refused = pushed->refused;
    told.warning = pushed->warning;
    for (mirror::Refusal& one : told.refused) {
        if (one.why.code == Errc::remote_moved) one.why.hint = "give it another name: --ref " + one.ref + ":NAME";
    }
    told.words = told.changed ? "pushed to " + told.to + ": " + count_words(told.refs, "ref") + ", " + human_bytes(told.bytes)
                              : told.to + " has " + count_words(told.refs, "ref") + " of it already";
    co_return tell_given(context, order, told);
}

}  // namespace

Awaitable<Mirrors> find_mirrors(const Context& context, async::Workers& workers) {
    const std::string& from = context.line.from;
    auto own = [&context] { return own_mirrors(context); };
    auto brought = [&from] { return brought_mirrors(from); };
    if (from.empty()) co_return co_await workers.run(std::move(own));
    if (from == "archive" || from == "vault" || restore::is_url(from)) co_return Mirrors();
    co_return co_await workers.run(std::move(brought));
}

Awaitable<std::vector<restore::MirrorFacts>> look_at_mirrors(const Context& context, const Mirrors& mirrors, async::Workers& workers) {
    auto look = [&] {
        std::vector<restore::MirrorFacts> all;
        for (const restore::HeldMirror& one : mirrors.all) {
            if (context.line.item.empty() || to_lower(one.name) == to_lower(context.line.item)) all.push_back(restore::look_at(one));
        }
        return all;
    };
    co_return co_await workers.run(std::move(look));
}

bool names_one(const Mirrors& mirrors, const std::string& item) {
    return std::any_of(mirrors.all.begin(), mirrors.all.end(), [&](const restore::HeldMirror& one) { return one.name == item; });
}

Awaitable<int> give_mirror_back(const Context& context, const Mirrors& mirrors, async::Workers& workers) {
    auto choose = [&] { return make_order(context, mirrors); };
    const Result<Order> order = co_await workers.run(std::move(choose));
    if (!order) co_return failed(order.error());
    const CommandLine& line = context.line;
    if (line.dry_run) {
        const std::string to = !line.to_git.empty() ? without_user_info(line.to_git) : !line.to_bundle.empty() ? line.to_bundle : line.to_directory;
        const Result<fs::path> file = line.to_bundle.empty() ? Result<fs::path>(fs::path()) : restore::bundle_file(line.to_bundle, line.force);
        if (!file) co_return failed(file.error());
        const Result<void> free = line.to_directory.empty() ? Result<void>() : restore::free_directory(line.to_directory);
        if (!free) co_return failed(free.error());
        co_return print("would restore " + order->held.name + " (" + count_words(order->chosen.refs.size(), "ref") + ") to " + to + "\n");
    }
    if (!line.to_git.empty()) co_return co_await push(context, *order, workers);
    co_return co_await give_files(context, *order, workers);
}

}  // namespace autobackup::ctl
