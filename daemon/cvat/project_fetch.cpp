// SPDX-License-Identifier: MIT
// Fetching what plan() asks for: the project whole, or its tasks one by one, and the project's own part from the API.
#include <algorithm>

#include "daemon/cvat/build_time.hpp"
#include "daemon/cvat/project_backup.hpp"
#include "lib/async/run.hpp"
#include "lib/cvat/backup_format.hpp"
#include "lib/zip/writer.hpp"

namespace autobackup::cvat_job {
namespace {

std::vector<std::string> sorted(std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

std::uint32_t dos_now() {
    return zip::dos_time(std::chrono::duration_cast<std::chrono::seconds>(now().time_since_epoch()).count());
}

}  // namespace

// "" when the copy is what the API says; asks for the deleted frames, which no date shows on some servers.
Awaitable<std::string> ProjectBackup::old_copy_words(const cvat::TaskContent& content, std::int64_t id) {
    const cvat::Task* one = task(id);
    if (one != nullptr && content.name != one->name) co_return "it still has the name \"" + content.name + "\"";
    const Result<std::string> words = co_await stale_words(context_, content, id, view_.jobs[id]);
    if (!words) co_return "it could not be compared with the server: " + describe(words.error());
    co_return *words;
}

void ProjectBackup::keep(TaskCopy copy, std::int64_t id) {
    copy.id = id;
    copy.print = view_.print.tasks[id];
    if (const cvat::Task* one = task(id)) {
        copy.name = one->name;
        copy.updated_date = rfc3339(one->updated_date);
    }
    copies_[id] = std::move(copy);
    fetched_.insert(id);
    failed_.erase(id);
    stale_.erase(id);
    const std::int64_t all = static_cast<std::int64_t>(todo_.size());
    context_.progress.tasks(static_cast<std::int64_t>(fetched_.size()), all);
}

Awaitable<bool> ProjectBackup::take_from_whole(std::size_t index, std::int64_t id) {
    const auto found = whole_->zip.tasks.find(index);
    if (found == whole_->zip.tasks.end() || !found->second.problem.empty()) co_return false;
    const std::string words = co_await old_copy_words(found->second.content, id);
    const bool as_asked = context_.source.export_mode == config::ExportMode::project;
    if (!words.empty() && !as_asked) co_return false;  // the task's own export may be newer
    keep(copy_of(*whole_, found->second, id), id);
    if (!words.empty()) {
        stale_.insert(id);
        item_.warnings.push_back("task " + std::to_string(id) + " is an old copy from the server's cache: " + words);
    }
    co_return true;
}

Awaitable<void> ProjectBackup::fetch_whole() {
    FetchLog log;
    log.in_work = &item_.in_work;
    const HeldMedia media = co_await held_media(context_, held_, std::nullopt);
    Result<FetchedZip> fetched = co_await fetch_object(context_, project_object(id_.id), media, log);
    if (!fetched) {
        item_.warnings.push_back("the export of the whole project failed (" + describe(fetched.error()) + "); its tasks are exported one by one");
        co_return;
    }
    log_ = log;
    if (context_.client.about().family == cvat::Family::a && build_age(*fetched, "project.json") == BuildAge::older) {
        item_.warnings.push_back("the server's file of the whole project was built before the last edit; its tasks are exported one by one");
        co_return;
    }
    item_.warnings.insert(item_.warnings.end(), fetched->zip.warnings.begin(), fetched->zip.warnings.end());
    whole_ = std::move(*fetched);
    std::vector<std::size_t> wanted;
    for (std::size_t index = 0; index < view_.tasks.size(); ++index) {
        if (view_.tasks[index].data == cvat::DataState::ready) wanted.push_back(index);
    }
    std::function<Awaitable<void>(std::size_t)> take = [this, &wanted](std::size_t i) -> Awaitable<void> {
        co_await take_from_whole(wanted[i], view_.tasks[wanted[i]].id);
    };
    co_await async::for_each_index(wanted.size(), 4, take);
}

Awaitable<bool> ProjectBackup::touched(std::int64_t id) {
    if (!context_.source.touch) co_return false;
    const Result<void> moved = co_await context_.client.touch(task_object(id), id);
    if (!moved) item_.warnings.push_back("task " + std::to_string(id) + " could not be touched: " + describe(moved.error()));
    if (!moved) co_return false;
    // The date that was moved here is no edit of somebody else's.
    const Result<TaskView> view = co_await view_task(context_, id, workspace_);
    if (view) view_.print.tasks[id] = view->print.own;
    co_return true;
}

Awaitable<void> ProjectBackup::fetch_task(std::int64_t id) {
    const std::string name = "task " + std::to_string(id);
    const HeldMedia media = co_await held_media(context_, held_, id);
    for (bool again = true; again;) {
        again = false;
        Result<FetchedZip> fetched = co_await fetch_object(context_, task_object(id), media, log_);
        if (!fetched) {
            failed_.insert(id);
            co_return;
        }
        const TaskMembers& members = fetched->zip.tasks.begin()->second;
        item_.warnings.insert(item_.warnings.end(), fetched->zip.warnings.begin(), fetched->zip.warnings.end());
        const bool second = stale_.contains(id);
        std::string words = co_await old_copy_words(members.content, id);
        if (words.empty() && context_.client.about().family == cvat::Family::a) words = old_build_words(*fetched, sha256_[id]);
        sha256_[id] = fetched->sha256;
        keep(copy_of(*fetched, members, id), id);
        if (!words.empty()) {
            if (!second && co_await touched(id)) again = true;
            stale_.insert(id);
            if (again) continue;
            item_.warnings.push_back(name + " is an old copy from the server's cache: " + words);
        }
        co_await gather(id);
    }
}

Awaitable<void> ProjectBackup::fetch_tasks() {
    std::vector<std::int64_t> ids;
    for (const std::int64_t id : todo_) {
        if (!fetched_.contains(id) && !failed_.contains(id)) ids.push_back(id);
    }
    // One lane more than transfers: the next export is asked for while the last one downloads.
    const std::size_t lanes = static_cast<std::size_t>(context_.limits.per_host) + 1;
    std::function<Awaitable<void>(std::size_t)> one = [this, &ids](std::size_t i) -> Awaitable<void> {
        if (!gather_failure_) co_await fetch_task(ids[i]);
    };
    co_await async::for_each_index(ids.size(), lanes, one);
}

// An edit while the tasks were fetched: look again, and fetch what moved, a bounded number of times.
Awaitable<void> ProjectBackup::follow_edits() {
    for (int round = 1; !fetched_.empty(); ++round) {
        Result<ProjectView> view = co_await view_project(context_, id_.id, workspace_);
        if (!view) {
            item_.warnings.push_back("the project could not be looked at again after its export: " + describe(view.error()));
            edited_meanwhile_ = true;
            co_return;
        }
        if (view->print == view_.print) co_return;
        view_ = std::move(*view);
        std::set<std::int64_t> moved;
        for (const cvat::Task& one : view_.tasks) {
            if (one.data != cvat::DataState::ready || failed_.contains(one.id)) continue;
            const auto copy = copies_.find(one.id);
            const bool was_fetched = fetched_.contains(one.id);
            const bool moved_now = copy == copies_.end() ||
                                   (was_fetched ? copy->second.print != view_.print.tasks[one.id] : !up_to_date(one, copy->second));
            if (moved_now) moved.insert(one.id);
        }
        if (moved.empty()) co_return;
        if (round >= most_rounds) {
            edited_meanwhile_ = true;
            item_.warnings.push_back(std::to_string(moved.size()) + (moved.size() == 1 ? " task was" : " tasks were") +
                                     " edited again during the backup; the next run fetches what moved");
            co_return;
        }
        for (const std::int64_t id : moved) {
            todo_.insert(id);
            fetched_.erase(id);
        }
        co_await fetch_tasks();
    }
}

Awaitable<Result<void>> ProjectBackup::add_guide(ProjectPart& part, std::uint32_t dos_time) {
    if (!view_.project.guide_id) co_return Result<void>();
    const Result<cvat::Guide> guide = co_await context_.client.guide(*view_.project.guide_id);
    if (!guide) co_return guide.error();
    std::map<std::string, std::string> names;
    for (const std::string& uuid : cvat::asset_uuids(guide->markdown)) {
        Result<std::optional<cvat::Asset>> asset = co_await context_.client.asset(uuid);
        if (!asset) co_return asset.error();
        if (!*asset) continue;
        cvat::Asset& found = **asset;
        const std::optional<std::string> unsafe = zip::unsafe_name("assets/" + found.file_name);
        if (unsafe) {
            item_.warnings.push_back("asset " + uuid + " of the guide is left out: " + *unsafe);
            continue;
        }
        names[uuid] = found.file_name;
        part.members.push_back(text_member("assets/" + found.file_name, std::move(found.body), dos_time));
    }
    part.members.push_back(text_member(std::string(guide_name), cvat::guide_member(guide->markdown, names), dos_time));
    co_return Result<void>();
}

Awaitable<Result<ProjectPart>> ProjectBackup::project_part() {
    ProjectPart part;
    Result<std::string> text = std::string();
    if (whole_ && context_.source.export_mode == config::ExportMode::project) {
        part.members = members_of(*whole_, whole_->zip.own_members, "");
        const zip::Archive& archive = *whole_->zip.archive;
        text = archive.read_text(*archive.find("project.json"), std::size_t{16} << 20);
    } else {
        const Result<boost::json::array> labels = co_await context_.client.labels_of_project(id_.id);
        if (!labels) co_return labels.error();
        const std::uint32_t dos_time = dos_now();
        const Result<void> guided = co_await add_guide(part, dos_time);
        if (!guided) co_return guided.error();
        text = cvat::project_json(view_.project, *labels);
        if (text) part.members.push_back(text_member("project.json", *text, dos_time));
    }
    if (!text) co_return text.error();
    const Result<cvat::ProjectContent> content = cvat::read_project_content(*text);
    if (!content) co_return content.error();
    part.label_names = content->label_names;
    co_return part;
}

// A task whose labels are not the project's cannot be restored with it (contract §6.4 step 4).
void ProjectBackup::note_label_differences(const ProjectPart& part) {
    const std::vector<std::string> expected = sorted(part.label_names);
    for (const std::int64_t id : fetched_) {
        const TaskCopy& copy = copies_.at(id);
        if (sorted(copy.label_names) == expected) continue;
        stale_.insert(id);
        item_.warnings.push_back("task " + std::to_string(id) + " is an old copy from the server's cache: its labels are not the project's");
    }
}

}  // namespace autobackup::cvat_job
