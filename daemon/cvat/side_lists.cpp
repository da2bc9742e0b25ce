// SPDX-License-Identifier: MIT
#include "daemon/cvat/side_lists.hpp"

#include <algorithm>

#include "lib/async/run.hpp"
#include "lib/hash/digest.hpp"

namespace autobackup::cvat_job {
namespace {

namespace json = boost::json;

template <class T>
Result<std::vector<T>> not_asked() {
    return fail(Errc::internal, "GET", "list", "not asked");
}

// The list in order of its ids. Nothing, with the reason noted, when it did not come.
template <class T>
std::optional<std::vector<T>> taken(Result<std::vector<T>> told, const char* name, SideLists& lists) {
    if (!told) {
        if (not_shown(told.error())) {
            lists.hidden.emplace_back(name);
        } else if (!lists.failed) {
            lists.failed = told.error();
        }
        return std::nullopt;
    }
    std::sort(told->begin(), told->end(), [](const T& a, const T& b) { return a.id < b.id; });
    return std::move(*told);
}

template <class T>
std::optional<std::map<std::int64_t, std::vector<T>>> grouped(std::optional<std::vector<T>> list, std::int64_t T::*parent) {
    if (!list) return std::nullopt;
    std::map<std::int64_t, std::vector<T>> groups;
    for (T& one : *list) groups[one.*parent].push_back(std::move(one));
    return groups;
}

}  // namespace

bool not_shown(const Failure& failure) {
    // 400: servers before 2.42 want to be asked for the quality settings of one task only.
    return failure.code == Errc::forbidden || failure.code == Errc::not_found || failure.code == Errc::bad_request;
}

Awaitable<SideLists> ask_side_lists(cvat::Client& client, std::string workspace) {
    cvat::Context where;
    where.organization = workspace;
    Result<std::vector<cvat::Issue>> issues = not_asked<cvat::Issue>();
    Result<std::vector<cvat::Webhook>> webhooks = not_asked<cvat::Webhook>();
    Result<std::vector<cvat::QualitySettings>> quality = not_asked<cvat::QualitySettings>();
    Result<std::vector<cvat::Membership>> members = not_asked<cvat::Membership>();
    std::vector<Awaitable<void>> work;
    work.push_back(async::into(client.issues(where, false), issues));
    work.push_back(async::into(client.webhooks(where), webhooks));
    work.push_back(async::into(client.quality_settings(where), quality));
    if (!workspace.empty()) work.push_back(async::into(client.memberships(where), members));
    co_await async::all_of(std::move(work));
    SideLists lists;
    const bool commented = issues && !issues->empty();
    lists.issues = grouped(taken(std::move(issues), "issues", lists), &cvat::Issue::job_id);
    if (commented) {
        Result<std::vector<cvat::Comment>> comments = co_await client.comments(where);
        lists.comments = grouped(taken(std::move(comments), "comments", lists), &cvat::Comment::issue_id);
    }
    lists.webhooks = taken(std::move(webhooks), "webhooks", lists);
    lists.quality = taken(std::move(quality), "quality settings", lists);
    if (workspace.empty()) co_return lists;
    const std::optional<std::vector<cvat::Membership>> told = taken(std::move(members), "memberships", lists);
    if (told) lists.roles.emplace();
    for (const cvat::Membership& one : told.value_or(std::vector<cvat::Membership>())) lists.roles->emplace(one.user.username, one.role);
    co_return lists;
}

Awaitable<std::string> ask_open_issues(cvat::Client& client, cvat::Context where) {
    const Result<std::vector<cvat::Issue>> open = co_await client.issues(where, true);
    if (!open) co_return not_shown(open.error()) ? std::string("not shown") : "not known at " + rfc3339(now());
    std::map<std::int64_t, json::array> facts;
    for (const cvat::Issue& one : *open) facts[one.id] = json::array{one.id, one.updated_date.time_since_epoch().count(), one.comments};
    std::string text;
    for (const auto& [id, fact] : facts) text += json::serialize(fact);
    co_return hash::sha256_hex(text).substr(0, 20);
}

}  // namespace autobackup::cvat_job
