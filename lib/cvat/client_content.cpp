// SPDX-License-Identifier: MIT
// The calls for what belongs to one object: labels, guide, assets, frames; touching it; the server's health.
#include "lib/core/text.hpp"
#include "lib/cvat/client.hpp"
#include "lib/cvat/client_impl.hpp"
#include "lib/cvat/family.hpp"
#include "lib/cvat/wire.hpp"

namespace autobackup::cvat {

namespace json = boost::json;

Awaitable<Result<json::array>> Client::labels_of_project(std::int64_t project) {
    std::string object = impl_->session.object_text("labels of project " + std::to_string(project));
    std::string path = "/api/labels?project_id=" + std::to_string(project);
    const Result<json::array> labels =
        co_await impl_->session.get_all_pages(std::move(path), std::move(object));
    if (!labels) co_return labels.error();
    co_return top_level_labels(*labels);
}

Awaitable<Result<Guide>> Client::guide(std::int64_t id) {
    const Source source{"GET", impl_->session.object_text("guide " + std::to_string(id))};
    const Result<json::value> value =
        co_await impl_->session.get_json("/api/guides/" + std::to_string(id), source.object);
    if (!value) co_return value.error();
    co_return decode_guide(*value, source);
}

Awaitable<Result<std::optional<Asset>>> Client::asset(std::string uuid) {
    Call get;
    get.path = "/api/assets/" + percent_encode(uuid);
    get.object = impl_->session.object_text("asset " + uuid);
    get.accept = accept_any;
    const std::string object = get.object;
    Result<http::Response> answer = co_await impl_->session.call(std::move(get));
    if (!answer) co_return answer.error();
    const int status = answer->head.status;
    if (status == 403 || status == 404) co_return std::optional<Asset>();
    if (status != 200) co_return answer_failure(*answer, "GET", object);
    Asset asset;
    asset.uuid = std::move(uuid);
    asset.file_name =
        disposition_file_name(answer->head.headers.value_or("Content-Disposition", std::string()));
    if (asset.file_name.empty()) {
        // A login page with status 200 has no file name either.
        co_return bad_answer("GET", object, "the answer does not tell a file name (Content-Disposition)",
                             answer->body.substr(0, 4096));
    }
    if (answer->head.content_length && *answer->head.content_length != answer->body.size()) {
        co_return fail(Errc::connection_closed, "GET", object,
                       "the answer is shorter than its Content-Length");
    }
    asset.body = std::move(answer->body);
    co_return std::optional<Asset>(std::move(asset));
}

Awaitable<Result<std::vector<std::int64_t>>> Client::deleted_frames(std::int64_t task) {
    const Source source{"GET", impl_->session.object_text("data of task " + std::to_string(task))};
    const Result<json::value> value =
        co_await impl_->session.get_json("/api/tasks/" + std::to_string(task) + "/data/meta", source.object);
    if (!value) co_return value.error();
    co_return decode_deleted_frames(*value, source);
}

Awaitable<Result<void>> Client::Impl::patch(std::string path, std::string body, std::string object) {
    Call call;
    call.method = http::Method::patch;
    call.path = std::move(path);
    call.body = std::move(body);
    call.object = object;
    const Result<http::Response> answer = co_await session.call(std::move(call));
    if (!answer) co_return answer.error();
    if (answer->head.status / 100 != 2) co_return answer_failure(*answer, "PATCH", object);
    co_return Result<void>();
}

Awaitable<Result<void>> Client::touch(Object object, std::int64_t any_task) {
    const std::string text = impl_->session.object_text(object);
    if (object.kind == Kind::project) {
        // An empty PATCH of a task moves the project's date in every family that was run; one of the project
        // itself only in A.
        std::string path = any_task > 0 ? "/api/tasks/" + std::to_string(any_task)
                                        : "/api/projects/" + std::to_string(object.id);
        co_return co_await impl_->patch(std::move(path), "{}", text);
    }
    std::string path = "/api/tasks/" + std::to_string(object.id);
    // Up to 2.15 the empty PATCH moves the task's date; from 2.51 on setting the same deleted_frames does;
    // between them which of the two does was not seen, so that both are sent.
    const auto version = parse_version(about().version);
    const bool by_frames = about().family != Family::a;
    const bool by_patch = !by_frames || (version && *version < Version{2, 51, 0});
    if (by_patch) {
        const Result<void> done = co_await impl_->patch(path, "{}", text);
        if (!done || !by_frames) co_return done;
    }
    const Result<std::vector<std::int64_t>> frames = co_await deleted_frames(object.id);
    if (!frames) co_return frames.error();
    json::object body;
    body["deleted_frames"] = json::array(frames->begin(), frames->end());
    path += "/data/meta";
    co_return co_await impl_->patch(std::move(path), json::serialize(body), text);
}

Awaitable<Result<std::optional<std::string>>> Client::health() {
    Call get;
    get.path = "/api/server/health/?format=json";
    get.object = impl_->session.object_text("server health");
    get.anonymous = true;
    get.accept = "application/json";  // the one route that takes it; vnd.cvat+json gives HTML here
    get.json_500_is_answer = true;    // 500 with the same JSON: something does not work
    const Source source{"GET", get.object};
    const Result<http::Response> answer = co_await impl_->session.call(std::move(get));
    if (!answer) co_return answer.error();
    const int status = answer->head.status;
    if (status == 404) co_return std::optional<std::string>();  // an old server without this route
    if (status != 200 && status != 500) co_return answer_failure(*answer, "GET", source.object);
    const Result<json::value> body = parse_json(answer->body, "GET", source.object);
    if (!body) co_return body.error();
    co_return decode_health(*body, source);
}

}  // namespace autobackup::cvat
