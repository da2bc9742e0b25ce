// SPDX-License-Identifier: MIT
#include "daemon/cvat/task_backup.hpp"

#include "daemon/cvat/build_time.hpp"
#include "daemon/cvat/details.hpp"
#include "daemon/cvat/parts.hpp"
#include "daemon/cvat/shrink.hpp"
#include "daemon/cvat/stale.hpp"
#include "daemon/cvat/view.hpp"

namespace autobackup::cvat_job {
namespace {

struct Fetched {
    TaskView view;   ///< what the API said when the copy was asked for
    FetchedZip zip;
    std::string old_words;  ///< "" or why it is an old copy
    bool edited = false;    ///< it moved again during the last round
};

vault::ItemId item_id(std::int64_t id) {
    vault::ItemId item;
    item.kind = vault::ItemId::Kind::task;
    item.id = id;
    return item;
}

Awaitable<Result<std::optional<vault::Held>>> read_held(Context& context, vault::ItemId item) {
    auto read = [item, branch = context.vault.branch()](git::Repository& repository) {
        return vault::read_held(repository, branch, item);
    };
    co_return co_await context.vault.with(std::move(read));
}

// Fetches until the task did not move meanwhile, a bounded number of times.
Awaitable<Result<Fetched>> fetch_settled(Context& context, TaskView view, std::string workspace, const HeldMedia& media, FetchLog& log) {
    const std::int64_t id = view.task.id;
    const cvat::Object object = task_object(id);
    bool touched = false;
    std::string earlier;  // sha256 of the file before
    for (int round = 1;; ++round) {
        Result<FetchedZip> zip = co_await fetch_object(context, object, media, log);
        if (!zip) co_return zip.error();
        const cvat::TaskContent& content = zip->zip.tasks.begin()->second.content;
        Result<std::string> words = co_await stale_words(context, content, id, view.jobs);
        if (!words) words = "it could not be compared with the server: " + describe(words.error());
        if (words->empty() && content.name != view.task.name) words = "it still has the name \"" + content.name + "\"";
        const bool kept_by_date = context.client.about().family == cvat::Family::a;
        if (words->empty() && kept_by_date) words = old_build_words(*zip, earlier);
        earlier = zip->sha256;
        if (!words->empty() && context.source.touch && !touched) {
            const Result<void> moved = co_await context.client.touch(object, id);
            touched = true;
            Result<TaskView> again = view;
            if (moved) again = co_await view_task(context, id, workspace);
            if (again) view = std::move(*again);
            if (moved) continue;
        }
        Result<TaskView> after = co_await view_task(context, id, workspace);
        if (!after) co_return after.error();
        Fetched fetched;
        fetched.edited = after->print.own != view.print.own;
        fetched.view = view;
        fetched.zip = std::move(*zip);
        fetched.old_words = *words;
        if (!fetched.edited || round >= most_rounds) co_return fetched;
        view = std::move(*after);
    }
}

vault::Version version_of(const Context& context, const TaskView& view, TaskCopy copy, const std::string& workspace) {
    const cvat::Task& task = view.task;
    vault::Version version;
    version.time = now();
    version.manifest.item = item_id(task.id);
    version.manifest.name = task.name;
    version.manifest.created_at = rfc3339_seconds(version.time);
    version.manifest.server = context.client.settings().name;
    version.manifest.server_version = context.client.about().version;
    version.manifest.updated_date = rfc3339(task.updated_date);
    version.manifest.print = copy.print;
    version.manifest.tasks.push_back(manifest_task(0, copy));
    version.manifest.verified_level = "checksum";
    version.manifest.verified_at = version.manifest.created_at;
    version.members = std::move(copy.members);
    version.details = side_file(context, view, workspace);
    version.drop_details = !context.source.details;
    sign(context, version);
    return version;
}

TaskCopy fetched_copy(const Fetched& fetched) {
    const cvat::Task& task = fetched.view.task;
    TaskCopy copy = copy_of(fetched.zip, fetched.zip.zip.tasks.begin()->second, task.id);
    copy.name = task.name;
    copy.print = fetched.view.print.own;
    copy.updated_date = rfc3339(task.updated_date);
    return copy;
}

// The held version with another side file; nullopt: it is the same, or must stay, or what is held cannot be taken over.
std::optional<vault::Version> with_new_side_file(const Context& context, const TaskView& view, const vault::Held& held,
                                                 const std::string& workspace) {
    const std::optional<std::string> text = side_file(context, view, workspace);
    if (!text || context.options.dry_run || held.details == git::hash_object(git::ObjectType::blob, *text)) return std::nullopt;
    std::optional<TaskCopy> kept = kept_copy(held, view.task.id);
    if (!kept) return std::nullopt;
    return version_of(context, view, std::move(*kept), workspace);
}

// `next` is what the listing promises, or what came.
std::optional<Failure> shrunken_task(const Context& context, const std::optional<vault::Held>& held, const Extent& next, std::int64_t id) {
    if (!held || !held->manifest || context.options.accept_shrink) return std::nullopt;
    return shrunken(extent_of(*held->manifest), next, context.job.shrink_limit, object_name(context, task_object(id)));
}

bool waits_for_the_cache(const Context& context, const std::optional<state::ItemState>& last, const std::string& known,
                         const std::string& print) {
    const std::optional<Instant> retry_at = last ? parse_rfc3339(last->retry_after) : std::nullopt;
    return known == stale_mark(print) && retry_at && now() < *retry_at && !context.source.touch;
}

std::string waiting_words(const std::string& retry_after) { return "the server's copy was old; it is fetched again after " + retry_after; }

Awaitable<ItemEnd> remember(Context& context, const TaskView& view, std::string print, state::ItemState state, model::Item& item,
                            bool edited) {
    ItemPrint known;
    known.own = std::move(print);
    state.item = item_id(view.task.id).key();
    state.name = view.task.name;
    state.fingerprint = to_text(known);
    if (!item.commit.empty()) state.commit = item.commit;
    state.checked_at = rfc3339(now());
    if (item.outcome == model::ItemOutcome::saved) state.saved_at = state.checked_at;
    if (item.bytes > 0) state.bytes = item.bytes;
    state.gone = false;
    state.failed = edited;
    ItemEnd end;
    end.clean = !edited;
    if (!state.retry_after.empty()) {
        end.retry_at = parse_rfc3339(state.retry_after);
        end.standing.push_back(waiting_words(state.retry_after));
    }
    co_await remember_item(context, std::move(state), item);
    co_return end;
}

Awaitable<ItemEnd> save(Context& context, Fetched fetched, const std::optional<vault::Held>& held, std::string workspace,
                        std::optional<state::ItemState> last, model::Item& item) {
    const FetchedZip* whole = nullptr;
    if (fetched.zip.whole()) whole = &fetched.zip;
    vault::Version version = version_of(context, fetched.view, fetched_copy(fetched), workspace);
    ItemEnd end;
    if (const std::optional<Failure> less = shrunken_task(context, held, extent_of(version.manifest), fetched.view.task.id)) {
        fail_item(item, "verify", *less);
        co_return end;
    }
    const Result<bool> committed = co_await commit_version(context, std::move(version), item, whole);
    if (!committed) co_return end;
    item.outcome = *committed ? model::ItemOutcome::saved : model::ItemOutcome::unchanged;
    state::ItemState state = last.value_or(state::ItemState());
    std::string print = fetched.view.print.own;
    state.retry_after.clear();
    if (!fetched.old_words.empty()) {
        item.warnings.push_back("it is an old copy from the server's cache: " + fetched.old_words);
        print = stale_mark(print);
        state.retry_after = rfc3339(now() + stale_for);
    }
    if (fetched.edited) item.warnings.push_back("it was edited again while it was backed up; the next run fetches it once more");
    co_return co_await remember(context, fetched.view, std::move(print), std::move(state), item, fetched.edited);
}

}  // namespace

Awaitable<ItemEnd> back_up_task(Context& context, std::int64_t id, std::string workspace, std::optional<state::ItemState> last,
                                model::Item& item) {
    ItemEnd end;
    const auto begin = std::chrono::steady_clock::now();
    Result<TaskView> view = co_await view_task(context, id, workspace);
    Result<std::optional<vault::Held>> held = co_await read_held(context, item_id(id));
    if (!view || !held) {
        const Failure& failure = view ? held.error() : view.error();
        fail_item(item, "inspect", failure);
        co_return end;
    }
    item.name = view->task.name;
    model::Stage inspected;
    inspected.stage = "inspect";
    inspected.duration_s = seconds_since(begin);
    item.stages.push_back(std::move(inspected));
    if (view->task.data != cvat::DataState::ready) {
        item.outcome = model::ItemOutcome::skipped;
        item.reason = view->task.data == cvat::DataState::none ? "the task has no data"
                                                               : "its data is still being processed or failed on the server";
        end.clean = true;
        co_return end;
    }
    std::string known = *held && (*held)->manifest ? (*held)->manifest->print : std::string();
    if (last) known = parse_print(last->fingerprint).own;
    const bool waits = waits_for_the_cache(context, last, known, view->print.own);
    if (*held && (known == view->print.own || waits) && !context.options.force) {
        std::optional<vault::Version> renewed = with_new_side_file(context, *view, **held, workspace);
        Result<bool> committed = false;
        if (renewed) committed = co_await commit_version(context, std::move(*renewed), item, nullptr);
        if (!committed) co_return end;
        item.outcome = *committed ? model::ItemOutcome::saved : model::ItemOutcome::unchanged;
        if (waits) item.warnings.push_back(waiting_words(last->retry_after));
        co_return co_await remember(context, *view, known, last.value_or(state::ItemState()), item, false);
    }
    Extent promised;
    promised.tasks = 1;
    promised.frames = view->task.size;
    if (const std::optional<Failure> less = shrunken_task(context, *held, promised, id)) {
        fail_item(item, "inspect", *less);
        co_return end;
    }
    if (context.options.dry_run) {
        item.outcome = model::ItemOutcome::skipped;
        item.reason = "dry run: would export it";
        co_return end;
    }
    FetchLog log;
    log.in_work = &item.in_work;
    const HeldMedia media = co_await held_media(context, *held, id);
    Result<Fetched> fetched = co_await fetch_settled(context, std::move(*view), workspace, media, log);
    item.in_work.assign(1, "commit");
    log.add_stages(item.stages);
    item.bytes = log.bytes;
    if (!fetched) {
        item.outcome = model::ItemOutcome::failed;
        const bool told = !log.failed.empty();
        if (!told) fail_item(item, "inspect", fetched.error());
        co_return end;
    }
    item.warnings.insert(item.warnings.end(), fetched->zip.zip.warnings.begin(), fetched->zip.zip.warnings.end());
    co_return co_await save(context, std::move(*fetched), *held, std::move(workspace), std::move(last), item);
}

}  // namespace autobackup::cvat_job
