// SPDX-License-Identifier: MIT
// Typed calls to a CVAT server over http::Client. Loop thread only. Knows every trap of the API: Accept
// header, no HEAD, no cookies, re-based URLs, paging that survives moving pages, error bodies told apart by
// their first byte.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "lib/cvat/types.hpp"
#include "lib/http/client.hpp"

namespace autobackup::cvat {

struct TokenAuth {
    Secret token;
};  ///< Authorization: Token <40 hex>, any version
struct AccessTokenAuth {
    Secret token;
};  ///< Authorization: Bearer (personal access token, 2.48+)
struct PasswordAuth {
    std::string username;
    Secret password;
};  ///< one login a run, then Token; Basic where login is refused

struct Settings {
    std::string name;  ///< of the server in the configuration: "lab"
    http::Url base;
    std::variant<TokenAuth, AccessTokenAuth, PasswordAuth> auth;
    http::Limits limits;
    int attempts = 4;  ///< tries in all of a small call that fails for a passing reason (5xx, reset, 429)
    Milliseconds retry_delay{5'000}, retry_max_delay{300'000};
};

class Client {
public:
    Client(http::Client& http, Settings settings);
    ~Client();

    [[nodiscard]] const Settings& settings() const noexcept;
    /// Version, family (probed, not only by version string) and account. First call of a run.
    Awaitable<Result<About>> connect();
    /// Valid after connect().
    [[nodiscard]] const About& about() const noexcept;
    /// Skips the probing when version, family and account are already known to be these (from an earlier
    /// run).
    void assume(About about);

    Awaitable<Result<std::vector<Organization>>> organizations();
    Awaitable<Result<Newest>> newest(Context context);
    Awaitable<Result<std::vector<Project>>> projects(Context context);
    /// All tasks of a context.
    Awaitable<Result<std::vector<Task>>> tasks(Context context);
    Awaitable<Result<std::vector<Task>>> tasks_of_project(Context context, std::int64_t project);
    Awaitable<Result<std::vector<Job>>> jobs_of_project(Context context, std::int64_t project);
    Awaitable<Result<std::vector<Job>>> jobs_of_task(Context context, std::int64_t task);
    /// Issues of a context; `open`: only those that nobody has resolved. Neither they nor their comments move
    /// a date of project, task or job.
    Awaitable<Result<std::vector<Issue>>> issues(Context context, bool open);
    Awaitable<Result<std::vector<Comment>>> comments(Context context);
    Awaitable<Result<std::vector<Webhook>>> webhooks(Context context);
    /// Of every task and project of a context.
    Awaitable<Result<std::vector<QualitySettings>>> quality_settings(Context context);
    /// Of an organisation.
    Awaitable<Result<std::vector<Membership>>> memberships(Context context);
    Awaitable<Result<Project>> project(std::int64_t id);
    Awaitable<Result<Task>> task(std::int64_t id);
    /// As the API gives them, by id, sublabels nested (has_parent:false only).
    Awaitable<Result<boost::json::array>> labels_of_project(std::int64_t project);
    Awaitable<Result<Guide>> guide(std::int64_t id);
    /// nullopt: 403/404 (its link stays as it is).
    Awaitable<Result<std::optional<Asset>>> asset(std::string uuid);
    /// deleted_frames of GET /api/tasks/{id}/data/meta.
    Awaitable<Result<std::vector<std::int64_t>>> deleted_frames(std::int64_t task);
    /// Moves an updated_date without changing anything (needs write permission; contract §3.3 no. 4, family A
    /// §4).
    Awaitable<Result<void>> touch(Object object, std::int64_t any_task);
    /// PATCH of a project or task: `change` holds what is to be set ("name", "project_id", "assignee_id" …).
    Awaitable<Result<void>> change(Object object, boost::json::object change);
    /// PATCH of a job: stage, state, assignee.
    Awaitable<Result<void>> change_job(std::int64_t job, boost::json::object change);
    /// PATCH of an issue: resolved, assignee.
    Awaitable<Result<void>> change_issue(std::int64_t issue, boost::json::object change);
    /// Deletes it with all that is in it. One that is not there (any more) is no failure.
    Awaitable<Result<void>> remove(Object object);
    /// The body of a new issue or comment ("issues", "comments"): the answer, with its id.
    Awaitable<Result<boost::json::value>> create(std::string kind, boost::json::object body);
    /// How many annotations a job has; read as a stream. Of jobs, since those of a task are merged where its
    /// jobs overlap.
    Awaitable<Result<AnnotationCounts>> annotation_counts(std::int64_t job);
    /// The account of that name; nothing when the server shows none.
    Awaitable<Result<std::optional<User>>> user_of_name(std::string name);
    /// Free-space and service health (no auth): nullopt = healthy, otherwise what is not.
    Awaitable<Result<std::optional<std::string>>> health();

    /// GET of any API path with retries, parsed as JSON; paged lists are followed with re-based URLs.
    Awaitable<Result<boost::json::value>> get_json(std::string path_and_query, std::string object);
    Awaitable<Result<boost::json::array>> get_all_pages(std::string path_and_query, std::string object);

private:
    friend class Exporter;
    friend class Importer;
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace autobackup::cvat
