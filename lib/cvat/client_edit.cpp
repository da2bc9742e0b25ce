// SPDX-License-Identifier: MIT
// The calls that change something on the server: what a restore needs after its import. And counting
// annotations to compare.
#include "lib/core/json_fields.hpp"
#include "lib/core/text.hpp"
#include "lib/cvat/backup_format.hpp"
#include "lib/cvat/client.hpp"
#include "lib/cvat/client_impl.hpp"
#include "lib/cvat/wire.hpp"

namespace autobackup::cvat {

namespace json = boost::json;

namespace {

std::string path_of(Object object) {
    return std::string("/api/") + name(object.kind) + "s/" + std::to_string(object.id);
}

// An answer of annotations is what annotations.json holds of one job.
class CountingSink final : public http::BodySink {
public:
    bool accept(const http::ResponseHead& head) override {
        counter_ = AnnotationCounter();
        return head.status == 200;
    }
    Awaitable<Result<void>> write(std::span<const std::byte> bytes) override {
        co_return feed(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    }
    Result<AnnotationCounts> counts() {
        Result<void> whole = begun_ ? counter_.feed("]") : feed("]");
        if (whole) whole = counter_.finish();
        if (!whole) return whole.error();
        AnnotationCounts counts;
        counts.shapes = counter_.shapes();
        counts.tags = counter_.tags();
        counts.tracks = counter_.tracks();
        return counts;
    }

private:
    Result<void> feed(std::string_view piece) {
        if (!begun_) {
            begun_ = true;
            const Result<void> opened = counter_.feed("[");
            if (!opened) return opened;
        }
        return counter_.feed(piece);
    }

    AnnotationCounter counter_;
    bool begun_ = false;
};

}  // namespace

Awaitable<Result<void>> Client::change(Object object, json::object change) {
    std::string body = json::serialize(change);
    co_return co_await impl_->patch(path_of(object), std::move(body), impl_->session.object_text(object));
}

Awaitable<Result<void>> Client::change_job(std::int64_t job, json::object change) {
    std::string path = "/api/jobs/" + std::to_string(job);
    std::string body = json::serialize(change);
    std::string object = impl_->session.object_text("job " + std::to_string(job));
    co_return co_await impl_->patch(std::move(path), std::move(body), std::move(object));
}

Awaitable<Result<void>> Client::change_issue(std::int64_t issue, json::object change) {
    std::string path = "/api/issues/" + std::to_string(issue);
    std::string body = json::serialize(change);
    std::string object = impl_->session.object_text("issue " + std::to_string(issue));
    co_return co_await impl_->patch(std::move(path), std::move(body), std::move(object));
}

Awaitable<Result<void>> Client::remove(Object object) {
    Call call;
    call.method = http::Method::delete_;
    call.path = path_of(object);
    call.object = impl_->session.object_text(object);
    const std::string text = call.object;
    const Result<http::Response> answer = co_await impl_->session.call(std::move(call));
    if (!answer) co_return answer.error();
    const int status = answer->head.status;
    // A page of HTML is no answer of the API: the route itself is not there.
    const bool gone = status == 404 && form_of(answer->body) != BodyForm::html;
    if (status / 100 != 2 && !gone) co_return answer_failure(*answer, "DELETE", text);
    co_return Result<void>();
}

Awaitable<Result<json::value>> Client::create(std::string kind, json::object body) {
    Call call;
    call.method = http::Method::post;
    call.path = "/api/" + kind;
    call.body = json::serialize(body);
    call.object = impl_->session.object_text("new " + kind);
    const std::string text = call.object;
    // Once, and on a connection of its own, where the client repeats nothing by itself: a second one after a
    // lost answer would be a second object.
    impl_->session.http().close_idle();
    const Result<http::Response> answer = co_await impl_->session.once(call);
    if (!answer) co_return answer.error();
    if (answer->head.status / 100 != 2) co_return answer_failure(*answer, "POST", text);
    co_return parse_json(answer->body, "POST", text);
}

Awaitable<Result<AnnotationCounts>> Client::annotation_counts(std::int64_t job) {
    Session& session = impl_->session;
    const std::string object = session.object_text("annotations of job " + std::to_string(job));
    for (int tries = 1;; ++tries) {
        Call get;
        get.path = "/api/jobs/" + std::to_string(job) + "/annotations";
        get.object = object;
        Result<http::Request> request = co_await session.request(std::move(get));
        if (!request) co_return request.error();
        CountingSink sink;
        const Result<http::Response> answer =
            co_await session.http().stream(std::move(*request), sink, session.settings().limits);
        if (answer && answer->head.status == 200) co_return sink.counts();
        Failure failure = fail(Errc::internal, "GET", object, "no answer");
        if (answer) failure = answer_failure(*answer, "GET", object);
        if (!answer) failure = answer.error();
        const Result<void> again = co_await session.wait_before_retry(failure, tries);
        if (!again) co_return again.error();
    }
}

Awaitable<Result<std::optional<User>>> Client::user_of_name(std::string username) {
    const std::string object = impl_->session.object_text("the user " + one_line(username));
    const json::object filter{{"==", json::array{json::object{{"var", "username"}}, username}}};
    // `search` looks into parts of names, and servers ignore filters that they do not know: the answer is
    // looked through.
    std::string path = "/api/users?search=" + percent_encode(username) +
                       "&filter=" + percent_encode(json::serialize(filter));
    const Result<json::array> users = co_await impl_->session.get_all_pages(std::move(path), object);
    if (!users) co_return users.error();
    for (const json::value& one : *users) {
        JsonFields fields(one, "the user");
        User user;
        user.id = fields.integer("id");
        user.username = fields.text("username");
        if (fields.problem().empty() && user.username == username)
            co_return std::optional<User>(std::move(user));
    }
    co_return std::optional<User>();
}

}  // namespace autobackup::cvat
