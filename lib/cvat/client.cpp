// SPDX-License-Identifier: MIT
#include "lib/cvat/client.hpp"

#include "lib/async/run.hpp"
#include "lib/core/text.hpp"
#include "lib/cvat/client_impl.hpp"
#include "lib/cvat/family.hpp"
#include "lib/cvat/wire.hpp"

namespace autobackup::cvat {

namespace json = boost::json;

namespace {

template <class T>
Result<T> decoded_one(const Result<json::value>& value, std::string object,
                      Result<T> (*decode)(const json::value&, const Source&)) {
    if (!value) return value.error();
    return decode(*value, Source{"GET", std::move(object)});
}

}  // namespace

Client::Client(http::Client& http, Settings settings)
    : impl_(std::make_unique<Impl>(http, std::move(settings))) {}
Client::~Client() = default;

const Settings& Client::settings() const noexcept {
    return impl_->session.settings();
}
const About& Client::about() const noexcept {
    return impl_->session.about();
}
void Client::assume(About about) {
    impl_->session.about() = std::move(about);
}

Awaitable<Result<Family>> Client::Impl::probe_family(std::string version) {
    FamilyProbe probe;
    Call requests;
    requests.path = "/api/requests?page_size=1";
    requests.object = session.object_text("the background requests");
    const std::string object = requests.object;
    const Result<http::Response> answer = co_await session.call(std::move(requests));
    if (!answer) co_return answer.error();
    const int status = answer->head.status;
    if (status != 404 && status / 100 != 2) co_return answer_failure(*answer, "GET", object);
    probe.has_requests = status != 404;
    if (probe.has_requests && form_of(answer->body) == BodyForm::html) {
        co_return bad_answer("GET", object, "an HTML page came where JSON was expected", answer->body);
    }
    if (const auto family = family_of(parse_version(version), probe)) co_return *family;
    // A task with id 0 does not exist, so that this starts nothing even where the old route works.
    Call old_route;
    old_route.path = "/api/tasks/0/backup";
    old_route.object = session.object_text("the old backup route");
    const Result<http::Response> old_answer = co_await session.call(std::move(old_route));
    if (!old_answer) co_return old_answer.error();
    probe.old_backup_gone = old_answer->head.status == 410 || form_of(old_answer->body) == BodyForm::html;
    co_return family_of(parse_version(version), probe).value_or(Family::d);
}

Awaitable<Result<About>> Client::connect() {
    Session& session = impl_->session;
    About about;
    const Source server{"GET", session.object_text("server/about")};
    const Result<json::value> told = co_await session.get_json("/api/server/about", server.object);
    if (!told) co_return told.error();
    const Result<std::string> version = decode_version(*told, server);
    if (!version) co_return version.error();
    about.version = *version;

    const Source account{"GET", session.object_text("the account")};
    const Result<json::value> self = co_await session.get_json("/api/users/self", account.object);
    if (!self) co_return self.error();
    const Result<void> known = decode_self(*self, account, about);
    if (!known) co_return known.error();

    const Result<Family> family = co_await impl_->probe_family(about.version);
    if (!family) co_return family.error();
    about.family = *family;
    session.about() = about;
    co_return about;
}

Awaitable<void> Client::Impl::newest_of(std::string kind, Context context, Result<Newest::One>& out) {
    const std::string object = session.object_text("newest " + kind);
    std::string path = in_context("/api/" + kind + "?page_size=1&sort=-updated_date", context);
    const Result<json::value> value = co_await session.get_json(std::move(path), object);
    out = decoded_one(value, object, decode_newest);
}

Awaitable<Result<Newest>> Client::newest(Context context) {
    Result<Newest::One> projects = Newest::One();
    Result<Newest::One> tasks = Newest::One();
    Result<Newest::One> jobs = Newest::One();
    std::vector<Awaitable<void>> questions;
    questions.push_back(impl_->newest_of("projects", context, projects));
    questions.push_back(impl_->newest_of("tasks", context, tasks));
    questions.push_back(impl_->newest_of("jobs", context, jobs));
    co_await async::all_of(std::move(questions));
    for (const auto* one : {&projects, &tasks, &jobs}) {
        if (!*one) co_return one->error();
    }
    Newest out;
    out.projects = *projects;
    out.tasks = *tasks;
    out.jobs = *jobs;
    co_return out;
}

Awaitable<Result<Project>> Client::project(std::int64_t id) {
    const std::string object = impl_->session.object_text(Object{Kind::project, id});
    const Result<json::value> value =
        co_await impl_->session.get_json("/api/projects/" + std::to_string(id), object);
    co_return decoded_one(value, object, decode_project);
}

Awaitable<Result<Task>> Client::task(std::int64_t id) {
    const std::string object = impl_->session.object_text(Object{Kind::task, id});
    const Result<json::value> value =
        co_await impl_->session.get_json("/api/tasks/" + std::to_string(id), object);
    co_return decoded_one(value, object, decode_task);
}

Awaitable<Result<json::value>> Client::get_json(std::string path_and_query, std::string object) {
    return impl_->session.get_json(std::move(path_and_query), std::move(object));
}

Awaitable<Result<json::array>> Client::get_all_pages(std::string path_and_query, std::string object) {
    return impl_->session.get_all_pages(std::move(path_and_query), std::move(object));
}

}  // namespace autobackup::cvat
