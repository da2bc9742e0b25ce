// SPDX-License-Identifier: MIT
// The backup of one project, task by task (contract §6.4), or whole where that is cheaper. Loop thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "daemon/cvat/finish.hpp"
#include "daemon/cvat/gathering.hpp"
#include "daemon/cvat/parts.hpp"
#include "daemon/cvat/shrink.hpp"
#include "daemon/cvat/view.hpp"

namespace autobackup::cvat_job {

/// One project of a run. Used once.
class ProjectBackup {
public:
    /// `last`: what the state knows (nullopt: nothing). `workspace`: organisation slug or "". All borrowed for the life of the object.
    ProjectBackup(Context& context, std::int64_t id, std::string workspace, std::optional<state::ItemState> last, model::Item& item);

    /// Inspects, fetches what changed, puts together, commits, pushes. Fills the item.
    Awaitable<ItemEnd> run();

private:
    Awaitable<bool> inspect();
    Awaitable<bool> unchanged();
    [[nodiscard]] bool same_own_part() const;
    void plan();
    [[nodiscard]] bool up_to_date(const cvat::Task& task, const TaskCopy& copy) const;
    [[nodiscard]] bool whole_is_cheaper() const;
    Result<void> room_for_fetches() const;
    Awaitable<void> fetch_whole();
    Awaitable<bool> take_from_whole(std::size_t index, std::int64_t id);
    Awaitable<void> fetch_tasks();
    Awaitable<void> fetch_task(std::int64_t id);
    Awaitable<std::string> old_copy_words(const cvat::TaskContent& content, std::int64_t id);
    void keep(TaskCopy copy, std::int64_t id);
    Awaitable<bool> touched(std::int64_t id);
    Awaitable<void> follow_edits();
    Awaitable<Result<ProjectPart>> project_part();
    Awaitable<Result<void>> add_guide(ProjectPart& part, std::uint32_t dos_time);
    void note_label_differences(const ProjectPart& part);
    [[nodiscard]] Extent expected_extent() const;
    [[nodiscard]] std::optional<Failure> shrunken_before(const Extent& next) const;
    std::map<std::size_t, TaskCopy> arrange();
    Awaitable<Result<vault::Version>> compose();
    Awaitable<void> begin_gathering();
    Awaitable<void> go_on();
    Awaitable<void> gather(std::int64_t id);
    Awaitable<void> fetch_and_save(ItemEnd& end);
    Awaitable<void> fetch_and_send(ItemEnd& end);
    Awaitable<ItemEnd> save();
    Awaitable<ItemEnd> finish(Result<bool> committed);
    [[nodiscard]] const cvat::Task* task(std::int64_t id) const;

    Context& context_;
    vault::ItemId id_;
    std::string workspace_;
    std::optional<state::ItemState> last_;
    ItemPrint last_print_;
    model::Item& item_;
    ProjectView view_;
    std::optional<vault::Held> held_;
    std::map<std::int64_t, TaskCopy> copies_;  ///< by task id: kept, or fetched in this run
    std::set<std::int64_t> todo_;              ///< tasks that must be fetched
    std::set<std::int64_t> failed_;
    std::set<std::int64_t> fetched_;
    std::set<std::int64_t> stale_;             ///< fetched, but the server gave an old copy
    std::optional<FetchedZip> whole_;
    std::optional<vault::SendAhead> ahead_;    ///< parts of the first version go to the server
    std::optional<Gathering> gathering_;       ///< it is put together while it comes
    std::optional<Failure> gather_failure_;
    std::vector<std::string> standing_;        ///< warnings that hold until something moves
    FetchLog log_;
    std::map<std::int64_t, std::string> sha256_;  ///< by task id: of the file fetched last
    bool edited_meanwhile_ = false;
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace autobackup::cvat_job
