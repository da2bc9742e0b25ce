// SPDX-License-Identifier: MIT
#include "daemon/checks/books.hpp"

#include <algorithm>
#include <utility>

#include "daemon/model/drill_name.hpp"
#include "lib/core/text.hpp"

namespace autobackup::checks {

std::string Books::name_of(const vault::ItemId& item) const { return model::drill_name(whose_.run_id, whose_.job, item.words()); }

bool Books::is_mine(const Remnant& remnant) const { return remnant.name.find(whose_.run_id) != std::string::npos; }

Remnant Books::open_one(cvat::Kind kind, const std::string& name) const {
    const auto is_it = [&](const Remnant& one) { return one.url == place_.access.url && one.kind == kind && one.name == name && one.id == 0; };
    const auto found = std::find_if(remnants_.all().begin(), remnants_.all().end(), is_it);
    return found == remnants_.all().end() ? Remnant() : *found;
}

Awaitable<Result<void>> Books::expects(cvat::Kind kind, std::string name) {
    Remnant remnant;
    remnant.url = place_.access.url;
    remnant.server = place_.access.name;
    remnant.organization = place_.organization;
    remnant.kind = kind;
    remnant.name = name;
    remnant.noted = now();
    auto write = [this, &remnant] { return remnants_.add(remnant); };
    const Result<void> written = co_await workers_.run(std::move(write));
    if (!written) co_return written.error();
    open_ = std::move(name);
    all_sent_ = false;
    co_return Result<void>();
}

Awaitable<Result<void>> Books::made(cvat::Object object, std::string name) {
    std::string called = name;
    Instant created{};
    if (object.kind == cvat::Kind::project) {
        const Result<cvat::Project> project = co_await client_.project(object.id);
        if (project) called = project->name;
        if (project) created = project->created_date;
    } else {
        const Result<cvat::Task> task = co_await client_.task(object.id);
        if (task) called = task->name;
        if (task) created = task->created_date;
    }
    if (called != name) {
        const std::string what = std::string(cvat::name(object.kind)) + " " + std::to_string(object.id) + " of " + place_.access.name;
        co_return fail(Errc::bad_response, "restore", what, "the server says that this was imported, but it is called \"" + one_line(called) + "\"");
    }
    auto write = [this, &name, object, created] { return remnants_.know(place_.access.url, name, object.id, created); };
    open_.clear();
    co_return co_await workers_.run(std::move(write));
}

Awaitable<Result<void>> Books::refused(cvat::Kind kind, std::string name) {
    const Remnant remnant = open_one(kind, name);
    auto write = [this, &remnant] { return remnants_.forget(remnant); };
    open_.clear();
    co_return co_await workers_.run(std::move(write));
}

Awaitable<Result<void>> Books::close() {
    if (open_.empty() || all_sent_) co_return Result<void>();
    Remnant remnant = open_one(cvat::Kind::project, open_);
    if (remnant.name.empty()) remnant = open_one(cvat::Kind::task, open_);
    auto write = [this, &remnant] { return remnants_.forget(remnant); };
    open_.clear();
    co_return co_await workers_.run(std::move(write));
}

void Books::begins(const std::string&) { progress_.phase("uploading"); }

void Books::sent(std::uint64_t bytes, std::uint64_t total) {
    all_sent_ = bytes >= total;
    progress_.phase("uploading");
    progress_.bytes(bytes, total);
}

void Books::waiting(const std::string& status, Milliseconds since) { progress_.phase("importing: " + status + " " + human_duration(since)); }

}  // namespace autobackup::checks
