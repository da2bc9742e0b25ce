// SPDX-License-Identifier: MIT
// Deciding what of a project must be fetched, and what becomes of it. The fetching itself is in project_fetch.cpp.
#include "daemon/cvat/project_backup.hpp"

#include <algorithm>

#include "daemon/cvat/details.hpp"
#include "daemon/cvat/stale.hpp"
#include "lib/core/file.hpp"
#include "lib/core/text.hpp"

namespace autobackup::cvat_job {
namespace {

constexpr std::size_t whole_from_tasks = 4;           // below that, single exports cost no more
constexpr std::int64_t whole_up_to_frames = 2'000;  // a larger one is put together while it comes (project_gather.cpp)

std::string waiting_words(std::int64_t task, const std::string& retry_after) {
    return "task " + std::to_string(task) + ": the server's copy was old; it is fetched again after " + retry_after;
}

}  // namespace

ProjectBackup::ProjectBackup(Context& context, std::int64_t id, std::string workspace, std::optional<state::ItemState> last,
                             model::Item& item)
    : context_(context), workspace_(std::move(workspace)), last_(std::move(last)), item_(item) {
    id_.kind = vault::ItemId::Kind::project;
    id_.id = id;
    log_.in_work = &item_.in_work;
    if (last_) last_print_ = parse_print(last_->fingerprint);
}

const cvat::Task* ProjectBackup::task(std::int64_t id) const {
    const auto found = std::find_if(view_.tasks.begin(), view_.tasks.end(), [&](const cvat::Task& t) { return t.id == id; });
    return found == view_.tasks.end() ? nullptr : &*found;
}

// Reads what the API says and what the vault holds. False: the item has failed.
Awaitable<bool> ProjectBackup::inspect() {
    context_.progress.phase("looking at " + item_.name);
    Result<ProjectView> view = co_await view_project(context_, id_.id, workspace_);
    // A listing that is short by a task made just now is right a moment later.
    if (!view && view.error().code == Errc::bad_response) view = co_await view_project(context_, id_.id, workspace_);
    if (!view) {
        fail_item(item_, "inspect", view.error());
        co_return false;
    }
    view_ = std::move(*view);
    item_.name = view_.project.name;
    auto read = [id = id_, branch = context_.vault.branch()](git::Repository& repository) {
        return vault::read_held(repository, branch, id);
    };
    Result<std::optional<vault::Held>> held = co_await context_.vault.with(std::move(read));
    if (!held) {
        fail_item(item_, "inspect", held.error());
        co_return false;
    }
    held_ = std::move(*held);
    if (held_ && !held_->problem.empty()) item_.warnings.push_back(held_->problem + "; everything is fetched again");
    model::Stage stage;
    stage.stage = "inspect";
    stage.duration_s = seconds_since(begin_);
    item_.stages.push_back(std::move(stage));
    co_return true;
}

bool ProjectBackup::up_to_date(const cvat::Task& task, const TaskCopy& copy) const {
    const std::string& now_print = view_.print.tasks.at(task.id);
    const auto known = last_print_.tasks.find(task.id);
    if (known == last_print_.tasks.end()) return copy.print == now_print && !copy.kept_from_earlier;
    if (known->second == now_print) return true;
    // An old copy from the server's cache is not asked for again before the cache can have ended.
    const std::optional<Instant> retry_at = last_ ? parse_rfc3339(last_->retry_after) : std::nullopt;
    return known->second == stale_mark(now_print) && retry_at && now() < *retry_at && !context_.source.touch;
}

void ProjectBackup::plan() {
    for (const cvat::Task& one : view_.tasks) {
        std::optional<TaskCopy> kept;
        if (held_) kept = kept_copy(*held_, one.id);
        const bool current = kept && up_to_date(one, *kept);
        if (kept) copies_[one.id] = std::move(*kept);
        if (one.data != cvat::DataState::ready) continue;
        if (!current || context_.options.force) todo_.insert(one.id);
        const auto known = last_print_.tasks.find(one.id);
        if (current && !context_.options.force && known != last_print_.tasks.end() &&
            known->second == stale_mark(view_.print.tasks.at(one.id))) {
            stale_.insert(one.id);
            item_.warnings.push_back(waiting_words(one.id, last_->retry_after));
        }
    }
}

bool ProjectBackup::whole_is_cheaper() const {
    if (context_.source.export_mode == config::ExportMode::tasks) return false;
    const bool dangerous = std::any_of(view_.tasks.begin(), view_.tasks.end(),
                                       [](const cvat::Task& t) { return t.data == cvat::DataState::pending_or_failed; });
    if (dangerous) return false;  // one such task makes the server's project file useless for ever (contract §4.2 no. 2)
    if (context_.source.export_mode == config::ExportMode::project) return !todo_.empty();
    std::int64_t frames = 0;
    for (const cvat::Task& one : view_.tasks) frames += one.size;
    // In family A an edit during the build gives a wrong file that looks fresh; single tasks shrink that window.
    const bool trusted = context_.client.about().family != cvat::Family::a;
    return trusted && !held_ && todo_.size() >= whole_from_tasks && frames <= whole_up_to_frames;
}

Result<void> ProjectBackup::room_for_fetches() const {
    std::uint64_t expected = 0;
    // Media that the vault has does not come again; should it have to, the download looks at the space itself.
    const bool one_shot = context_.client.about().family == cvat::Family::a || context_.client.about().family == cvat::Family::b;
    const bool spares = !one_shot && context_.source.download == config::DownloadMode::changes;
    for (const std::int64_t id : todo_) {
        const auto copy = copies_.find(id);
        if (copy == copies_.end()) continue;
        for (const vault::VersionMember& member : copy->second.members) {
            if (!spares || !is_media(member.entry.name)) expected += member.entry.size;
        }
    }
    const std::uint64_t needed = expected * 2 + context_.limits.reserve;
    const Result<std::uint64_t> free = free_bytes(context_.places.storage);
    if (!free) return free.error();
    if (*free >= needed) return {};
    Failure failure = fail(Errc::reserve, "export", object_name(context_, project_object(id_.id)),
                           "not enough space for what it was last time: " + human_bytes(*free) + " free, " + human_bytes(needed) +
                               " needed (limits.reserve included)");
    failure.hint = "free some space under " + context_.places.storage.string() + " or lower limits.reserve";
    return failure;
}

bool ProjectBackup::same_own_part() const {
    if (last_) return last_print_.own == view_.print.own;
    return held_ && held_->manifest && held_->manifest->print == view_.print.own;
}

// Nothing of the project moved, and its side file says what the API says.
Awaitable<bool> ProjectBackup::unchanged() {
    if (!todo_.empty() || !held_ || !held_->manifest || context_.options.force) co_return false;
    if (!same_own_part()) co_return false;
    for (const auto& [id, copy] : copies_) {
        if (task(id) == nullptr) co_return false;
    }
    for (const vault::ManifestTask& one : held_->manifest->tasks) {
        if (task(one.id) == nullptr) co_return false;
    }
    const std::optional<std::string> text = side_file(context_, view_, workspace_);
    co_return !text || held_->details == git::hash_object(git::ObjectType::blob, *text);
}

Awaitable<ItemEnd> ProjectBackup::save() {
    log_.add_stages(item_.stages);
    // Every task failed: what else moved in a project that is held (name, guide, a task that is gone) is saved all the same.
    if (!todo_.empty() && fetched_.empty() && (!held_ || same_own_part())) {
        arrange();  // the counts and the words of what failed
        item_.outcome = model::ItemOutcome::failed;
        ItemEnd end;
        co_return end;
    }
    Result<vault::Version> version = co_await compose();
    if (!version) {
        fail_item(item_, version.error().code == Errc::shrunken ? "verify" : "inspect", version.error());
        ItemEnd end;
        co_return end;
    }
    item_.bytes = log_.bytes;
    const FetchedZip* whole = nullptr;
    if (whole_ && context_.source.export_mode == config::ExportMode::project && whole_->whole()) whole = &*whole_;
    Result<bool> committed = co_await commit_version(context_, std::move(*version), item_, whole, gathering_ ? &*gathering_ : nullptr);
    co_return co_await finish(std::move(committed));
}

Awaitable<ItemEnd> ProjectBackup::finish(Result<bool> committed) {
    ItemEnd end;
    if (!committed) co_return end;
    item_.outcome = *committed ? model::ItemOutcome::saved : model::ItemOutcome::unchanged;
    const bool something = *committed || !fetched_.empty();
    if (!failed_.empty()) item_.outcome = something ? model::ItemOutcome::partial : model::ItemOutcome::failed;
    state::ItemState state;
    if (last_) state = *last_;
    state.item = id_.key();
    state.name = view_.project.name;
    ItemPrint print = view_.print;
    for (const std::int64_t id : failed_) print.tasks.erase(id);
    for (const auto& [id, copy] : copies_) {
        if (fetched_.contains(id)) print.tasks[id] = copy.print;
        if (stale_.contains(id)) print.tasks[id] = stale_mark(print.tasks[id]);
    }
    state.fingerprint = to_text(print);
    if (!item_.commit.empty()) state.commit = item_.commit;
    if (*committed) state.saved_at = rfc3339(now());
    state.checked_at = rfc3339(now());
    if (log_.bytes > 0) state.bytes = log_.bytes;
    state.gone = false;
    state.failed = !failed_.empty() || edited_meanwhile_;
    const bool still_waiting = !stale_.empty() && fetched_.empty() && last_ && !last_->retry_after.empty();
    if (stale_.empty()) state.retry_after.clear();
    if (!stale_.empty() && !still_waiting) state.retry_after = rfc3339(now() + stale_for);
    co_await remember_item(context_, state, item_);
    end.clean = !state.failed;
    end.standing = std::move(standing_);
    for (const std::int64_t id : stale_) end.standing.push_back(waiting_words(id, state.retry_after));
    if (!state.retry_after.empty()) end.retry_at = parse_rfc3339(state.retry_after);
    co_return end;
}

Awaitable<ItemEnd> ProjectBackup::run() {
    ItemEnd end;
    if (!co_await inspect()) co_return end;
    plan();
    if (co_await unchanged()) {
        arrange();
        Result<bool> nothing = false;
        co_return co_await finish(std::move(nothing));
    }
    if (const std::optional<Failure> less = shrunken_before(expected_extent())) {
        fail_item(item_, "inspect", *less);
        co_return end;
    }
    if (context_.options.dry_run) {
        item_.outcome = model::ItemOutcome::skipped;
        item_.reason = "dry run: would export " + std::to_string(todo_.size()) + " of " + std::to_string(view_.tasks.size()) + " tasks";
        co_return end;
    }
    const Result<void> room = room_for_fetches();
    if (!room) {
        fail_item(item_, "export", room.error());
        co_return end;
    }
    co_await begin_gathering();
    if (ahead_) {
        co_await fetch_and_send(end);
    } else {
        co_await fetch_and_save(end);
    }
    co_return end;
}

}  // namespace autobackup::cvat_job
