// SPDX-License-Identifier: MIT
#include "daemon/checks/sweep.hpp"

#include <algorithm>
#include <utility>

#include "lib/core/text.hpp"

namespace autobackup::checks {
namespace {

// What the server says of an object.
struct Looks {
    std::string name;
    Instant created{};
    std::optional<cvat::User> owner;
};

template <class Listed>
Looks looks_of(const Listed& one) {
    return Looks{one.name, one.created_date, one.owner};
}

cvat::Object object_of(const Remnant& remnant, std::int64_t id) {
    cvat::Object object;
    object.kind = remnant.kind;
    object.id = id;
    return object;
}

Awaitable<Result<Looks>> look_at(cvat::Client& client, cvat::Object object) {
    if (object.kind == cvat::Kind::project) {
        const Result<cvat::Project> project = co_await client.project(object.id);
        if (!project) co_return project.error();
        co_return looks_of(*project);
    }
    const Result<cvat::Task> task = co_await client.task(object.id);
    if (!task) co_return task.error();
    co_return looks_of(*task);
}

bool ours(const Looks& looks, const Remnant& remnant, const cvat::About& about) {
    const bool same_time = remnant.created == Instant() || looks.created == Instant() || rfc3339(looks.created) == rfc3339(remnant.created);
    const bool same_owner = !looks.owner || about.user_id == 0 || looks.owner->id == about.user_id;
    return looks.name == remnant.name && same_time && same_owner;
}

template <class Listed>
std::vector<std::int64_t> called_so(const std::vector<Listed>& listed, const Remnant& remnant, const cvat::About& about) {
    std::vector<std::int64_t> ids;
    for (const Listed& one : listed) {
        if (ours(looks_of(one), remnant, about)) ids.push_back(one.id);
    }
    return ids;
}

// Those with its name, which holds the id of a run of ours.
Awaitable<Result<std::vector<std::int64_t>>> find(cvat::Client& client, const Remnant& remnant) {
    cvat::Context where;
    where.organization = remnant.organization;
    if (remnant.kind == cvat::Kind::project) {
        const Result<std::vector<cvat::Project>> projects = co_await client.projects(where);
        if (!projects) co_return projects.error();
        co_return called_so(*projects, remnant, client.about());
    }
    const Result<std::vector<cvat::Task>> tasks = co_await client.tasks(where);
    if (!tasks) co_return tasks.error();
    co_return called_so(*tasks, remnant, client.about());
}

enum class Fate { removed, gone, changed };

Awaitable<Result<Fate>> take_away(cvat::Client& client, const Remnant& remnant, std::int64_t id) {
    const cvat::Object object = object_of(remnant, id);
    const Result<Looks> looks = co_await look_at(client, object);
    const bool missing = !looks && looks.error().http_status == 404;
    if (!looks && !missing) co_return looks.error();
    if (looks && !ours(*looks, remnant, client.about())) co_return Fate::changed;
    // Also of what is missing: there a page of HTML, which is no answer of the API, is told from an answer.
    const Result<void> removed = co_await client.remove(object);
    if (!removed) co_return removed.error();
    co_return missing ? Fate::gone : Fate::removed;
}

// One sweep of one server.
class Sweep {
public:
    Sweep(cvat::Client& client, async::Workers& workers, Remnants& remnants) : client_(client), workers_(workers), remnants_(remnants) {}

    Awaitable<Swept> run(std::string url);

private:
    Awaitable<void> look_for(Remnant remnant);
    Awaitable<bool> remove(const Remnant& remnant, std::int64_t id);
    Awaitable<void> forget(const Remnant& remnant);
    Awaitable<void> leave(Remnant remnant, std::int64_t id, Failure failure);

    cvat::Client& client_;
    async::Workers& workers_;
    Remnants& remnants_;
    Swept swept_;
};

// `id`: under which it is there.
Awaitable<void> Sweep::leave(Remnant remnant, std::int64_t id, Failure failure) {
    Remnant told = remnant;
    told.id = id;
    failure.object = words_of(told);
    const bool old = now() - remnant.noted >= given_up;
    if (old) {
        swept_.let_go.push_back("a drill has left something that could not be removed for 30 days and is given up: " + describe(failure) + ": delete it there");
        co_await forget(remnant);
        co_return;
    }
    failure.hint = "it was made by a drill and could not be removed; the next drill tries again";
    swept_.left.push_back(Left{std::move(remnant), std::move(failure)});
}

Awaitable<void> Sweep::forget(const Remnant& remnant) {
    auto write = [this, &remnant] { return remnants_.forget(remnant); };
    const Result<void> written = co_await workers_.run(std::move(write));
    if (written) co_return;
    Failure failure = written.error();
    failure.object = words_of(remnant);
    swept_.left.push_back(Left{remnant, std::move(failure)});
}

// False: it is still there.
Awaitable<bool> Sweep::remove(const Remnant& remnant, std::int64_t id) {
    const Result<Fate> fate = co_await take_away(client_, remnant, id);
    Remnant told = remnant;
    told.id = id;
    if (!fate) {
        co_await leave(remnant, id, fate.error());
        co_return false;
    }
    if (*fate == Fate::removed) swept_.removed.push_back(words_of(told));
    if (*fate == Fate::changed) swept_.let_go.push_back(words_of(told) + " is not as the drill has made it (name, owner, or when it was made): it stays");
    co_return true;
}

Awaitable<void> Sweep::look_for(Remnant remnant) {
    const Result<std::vector<std::int64_t>> ids = co_await find(client_, remnant);
    if (!ids) {
        co_await leave(remnant, remnant.id, ids.error());
        co_return;
    }
    bool all = true;
    for (const std::int64_t id : *ids) {
        const bool gone = co_await remove(remnant, id);
        all = all && gone;
    }
    const bool may_come = ids->empty() && now() - remnant.noted < import_may_come;
    if (may_come) swept_.awaited.push_back(remnant);
    if (all && !may_come) co_await forget(remnant);
}

Awaitable<Swept> Sweep::run(std::string url) {
    std::vector<Remnant> here;
    for (const Remnant& one : remnants_.all()) {
        if (one.url == url) here.push_back(one);
    }
    const auto is_project = [](const Remnant& one) { return one.kind == cvat::Kind::project; };
    std::stable_partition(here.begin(), here.end(), is_project);  // with all that was moved into it
    for (const Remnant& one : here) {
        if (one.id == 0) {
            co_await look_for(one);
            continue;
        }
        const bool gone = co_await remove(one, one.id);
        if (gone) co_await forget(one);
    }
    co_return std::move(swept_);
}

}  // namespace

Awaitable<Swept> sweep(cvat::Client& client, async::Workers& workers, Remnants& remnants, std::string url) {
    Sweep one(client, workers, remnants);
    co_return co_await one.run(std::move(url));
}

}  // namespace autobackup::checks
