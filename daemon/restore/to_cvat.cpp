// SPDX-License-Identifier: MIT
#include "daemon/restore/to_cvat.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "daemon/restore/content_parts.hpp"
#include "daemon/restore/import_plan.hpp"
#include "daemon/restore/server_compare.hpp"
#include "daemon/restore/server_details.hpp"
#include "lib/core/text.hpp"

namespace autobackup::restore {
namespace {

namespace json = boost::json;

// One restore into one server: from the plan to the comparison.
class ServerRestore {
public:
    ServerRestore(cvat::Client& client, async::Workers& workers, const ToServer& wish, cvat::ImportObserver& observer, bool* source_failed)
        : client_(client), workers_(workers), wish_(wish), observer_(observer), source_failed_(source_failed),
          importer_(client, workers, wish.policy) {}

    Awaitable<Result<OnServer>> run(Content content);

private:
    Awaitable<Result<cvat::Imported>> import_one(Content content, std::string name, std::string words);
    Awaitable<Result<cvat::Imported>> import_file(Content content, std::string name, std::string words);
    Awaitable<Result<void>> import_first();
    Awaitable<void> import_apart();
    Awaitable<void> import_task(const TaskPart& part, std::string words);
    Awaitable<void> name_it();
    Awaitable<void> compare_and_complete();
    void leave_out(std::size_t index, std::string why, const std::string& peer = std::string());
    [[nodiscard]] std::set<std::size_t> not_in_zip() const;
    [[nodiscard]] bool is_project() const { return parts_.content.item.kind == vault::ItemId::Kind::project; }
    [[nodiscard]] std::string words() const { return parts_.content.item.words(); }

    cvat::Client& client_;
    async::Workers& workers_;
    const ToServer& wish_;
    cvat::ImportObserver& observer_;
    bool* source_failed_;
    cvat::Importer importer_;
    Parts parts_;
    ImportPlan plan_;
    OnServer out_;
    std::map<std::size_t, std::int64_t> ids_;  ///< index of a part → its task on the server
    std::map<std::size_t, std::string> peers_; ///< index of a part that was left out → the server's words on it
    bool stopped_ = false;                     ///< a failure of the way there: what follows is not tried
};

std::set<std::size_t> ServerRestore::not_in_zip() const {
    std::set<std::size_t> out = plan_.apart;
    for (const auto& [index, why] : plan_.never) out.insert(index);
    return out;
}

void ServerRestore::leave_out(std::size_t index, std::string why, const std::string& peer) {
    plan_.apart.erase(index);
    peers_[index] = peer;
    plan_.never[index] = std::move(why);
}

// With what the ledger wants to know before and after.
Awaitable<Result<cvat::Imported>> ServerRestore::import_one(Content content, std::string name, std::string words) {
    Ledger* const ledger = wish_.ledger;
    if (ledger == nullptr) co_return co_await import_file(std::move(content), std::move(name), std::move(words));
    cvat::Object object;
    object.kind = content.item.kind == vault::ItemId::Kind::task ? cvat::Kind::task : cvat::Kind::project;
    name = ledger->name_of(content.item);
    auto rename = [&content, &name] { return renamed(std::move(content), name); };
    Result<Content> called = co_await workers_.run(std::move(rename));
    if (!called && source_failed_ != nullptr) *source_failed_ = true;
    if (!called) co_return called.error();
    const Result<void> noted = co_await ledger->expects(object.kind, name);
    if (!noted) co_return noted.error();
    const Result<cvat::Imported> done = co_await import_file(std::move(*called), name, std::move(words));
    if (!done) co_return done.error();
    object.id = done->id;
    Result<void> told;
    if (done->refused) told = co_await ledger->refused(object.kind, name);
    else told = co_await ledger->made(object, name);
    if (!told) co_return told.error();
    co_return *done;
}

Awaitable<Result<cvat::Imported>> ServerRestore::import_file(Content content, std::string name, std::string words) {
    cvat::ImportFile file;
    const bool task = content.item.kind == vault::ItemId::Kind::task;
    file.kind = task ? cvat::Kind::task : cvat::Kind::project;
    file.name = std::move(name);
    file.words = std::move(words);
    file.bytes = content.bytes;
    const auto shared = std::make_shared<const Content>(std::move(content));
    file.produce = [shared, stop = workers_.stop_token()](const cvat::TakePiece& take) { return write(*shared, take, stop); };
    Result<cvat::Imported> done = co_await importer_.run(std::move(file), wish_.organization, observer_, source_failed_);
    if (done && done->id != 0) out_.bytes += shared->bytes;
    co_return done;
}

// The project with all tasks that go up in its ZIP, or the task. What the server refuses is taken out, until it takes the rest.
Awaitable<Result<void>> ServerRestore::import_first() {
    for (;;) {
        Content content = without_tasks(parts_.content, not_in_zip());
        const Result<cvat::Imported> done = co_await import_one(std::move(content), parts_.name, words());
        if (!done) co_return done.error();
        if (!done->refused) {
            out_.object.id = done->id;
            co_return Result<void>();
        }
        const std::string reason = done->refused->peer;
        std::vector<TaskPart> inside;
        for (const TaskPart& part : parts_.tasks) {
            if (!not_in_zip().contains(part.index)) inside.push_back(part);
        }
        if (!is_project() || inside.empty()) co_return *done->refused;
        const std::optional<std::size_t> named = named_task(reason, inside);
        out_.warnings.push_back("the server refuses the project as a whole: " + one_line(reason));
        if (named) {
            leave_out(*named, "the server could not import it: " + one_line(reason), reason);
            continue;
        }
        // Which task it is the server does not say: each is tried on its own, with an empty project to move them into.
        for (const TaskPart& part : inside) plan_.apart.insert(part.index);
    }
}

Awaitable<void> ServerRestore::import_task(const TaskPart& part, std::string words) {
    Result<Content> alone = task_alone(parts_.content, part.index);
    if (!alone) {
        leave_out(part.index, describe(alone.error()));
        co_return;
    }
    alone->item = vault::ItemId{vault::ItemId::Kind::task, part.backup_id};
    const Result<cvat::Imported> done = co_await import_one(std::move(*alone), part.name, std::move(words));
    if (!done) {
        stopped_ = true;
        leave_out(part.index, describe(done.error()), done.error().peer);
        co_return;
    }
    if (done->refused) {
        leave_out(part.index, "the server could not import it: " + one_line(done->refused->peer), done->refused->peer);
        co_return;
    }
    json::object change;
    change["project_id"] = out_.object.id;
    cvat::Object task;
    task.kind = cvat::Kind::task;
    task.id = done->id;
    const Result<void> moved = co_await client_.change(task, std::move(change));
    if (moved) {
        ids_[part.index] = done->id;
        co_return;
    }
    leave_out(part.index, "it is task " + std::to_string(done->id) + " of the server, but could not be moved into the project: " + describe(moved.error()));
}

Awaitable<void> ServerRestore::import_apart() {
    const std::set<std::size_t> apart = plan_.apart;
    std::size_t number = 0;
    for (const TaskPart& part : parts_.tasks) {
        if (!apart.contains(part.index)) continue;
        ++number;
        if (stopped_) {
            leave_out(part.index, "it was not tried, because of the failure before");
            continue;
        }
        std::string label = "task \"" + one_line(part.name) + "\" (" + std::to_string(number) + " of " + std::to_string(apart.size()) + ")";
        co_await import_task(part, std::move(label));
    }
}

Awaitable<void> ServerRestore::name_it() {
    out_.name = parts_.name;
    if (wish_.ledger != nullptr) {
        // They have their names already; those of the others are compared.
        out_.name = wish_.ledger->name_of(parts_.content.item);
        for (TaskPart& part : parts_.tasks) {
            const vault::ItemId task{vault::ItemId::Kind::task, part.backup_id};
            if (!is_project()) part.name = out_.name;
            else if (plan_.apart.contains(part.index)) part.name = wish_.ledger->name_of(task);
        }
        co_return;
    }
    if (wish_.name.empty() || wish_.name == parts_.name) co_return;
    json::object change;
    change["name"] = wish_.name;
    const Result<void> named = co_await client_.change(out_.object, std::move(change));
    if (named) {
        out_.name = wish_.name;
        if (!is_project()) parts_.tasks.front().name = wish_.name;
    } else {
        out_.not_applied.push_back("the name \"" + one_line(wish_.name) + "\": " + describe(named.error()));
    }
}

Awaitable<void> ServerRestore::compare_and_complete() {
    cvat::Context where;
    where.organization = wish_.organization;
    const Result<ServerView> view = co_await look_at_server(client_, out_.object, where);
    if (!view) {
        out_.differences.push_back("what the server has now could not be compared: " + describe(view.error()));
        co_return;
    }
    // Those that came in the ZIP: what is in the project but was not moved there.
    std::vector<TaskPart> inside;
    std::vector<cvat::Task> made;
    const std::set<std::size_t> others = not_in_zip();
    for (const TaskPart& part : parts_.tasks) {
        if (!others.contains(part.index)) inside.push_back(part);
    }
    for (const cvat::Task& task : view->tasks) {
        const bool moved = std::any_of(ids_.begin(), ids_.end(), [&](const auto& one) { return one.second == task.id; });
        if (!moved) made.push_back(task);
    }
    const std::map<std::size_t, std::int64_t> pairs = paired(inside, made);
    if (pairs.size() != inside.size())
        out_.differences.push_back("the server has " + std::to_string(made.size()) + " tasks of the " + std::to_string(inside.size()) + " of the ZIP, or under other names");
    ids_.insert(pairs.begin(), pairs.end());
    const std::vector<std::string> found = co_await differences(client_, *view, parts_.tasks, ids_);
    out_.differences.insert(out_.differences.end(), found.begin(), found.end());
    if (wish_.details.empty() || wish_.ledger != nullptr) co_return;
    const Restored restored{out_.object, *view, parts_.tasks, ids_};
    const std::vector<std::string> left = co_await apply_details(client_, wish_.details, restored);
    out_.not_applied.insert(out_.not_applied.end(), left.begin(), left.end());
}

Awaitable<Result<OnServer>> ServerRestore::run(Content content) {
    if (content.manifest) {
        const Result<void> fits = check_versions(content.manifest->server_version, client_.about().version, content.item.words());
        if (!fits) co_return fits.error();
    }
    auto look = [&content, stop = workers_.stop_token()] { return look_into(std::move(content), stop); };
    Result<Parts> parts = co_await workers_.run(std::move(look));
    if (!parts && source_failed_ != nullptr) *source_failed_ = true;
    if (!parts) co_return parts.error();
    parts_ = std::move(*parts);
    out_.warnings = parts_.content.warnings;
    out_.object.kind = is_project() ? cvat::Kind::project : cvat::Kind::task;
    const Result<std::uint64_t> limit = co_await importer_.limit(out_.object.kind);
    if (!limit) co_return limit.error();
    if (is_project()) plan_ = plan_import(parts_, *limit);
    const Result<void> first = co_await import_first();
    if (!first) co_return first.error();
    co_await import_apart();
    co_await name_it();
    co_await compare_and_complete();
    for (const TaskPart& part : parts_.tasks) {
        ServerTask task;
        task.backup_id = part.backup_id;
        task.name = part.name;
        const auto id = ids_.find(part.index);
        const auto never = plan_.never.find(part.index);
        if (id != ids_.end()) task.id = id->second;
        if (never != plan_.never.end()) task.problem = never->second;
        if (const auto peer = peers_.find(part.index); peer != peers_.end() && !task.problem.empty()) task.peer = peer->second;
        out_.tasks.push_back(std::move(task));
    }
    co_return std::move(out_);
}

}  // namespace

bool OnServer::whole() const {
    const bool all = std::all_of(tasks.begin(), tasks.end(), [](const ServerTask& task) { return task.problem.empty(); });
    return all && differences.empty();
}

Awaitable<Result<OnServer>> to_cvat(cvat::Client& client, async::Workers& workers, Content content, ToServer wish, cvat::ImportObserver& observer,
                                    bool* source_failed) {
    ServerRestore restore(client, workers, wish, observer, source_failed);
    co_return co_await restore.run(std::move(content));
}

}  // namespace autobackup::restore
