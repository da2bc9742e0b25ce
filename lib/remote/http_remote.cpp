// SPDX-License-Identifier: MIT
#include "lib/remote/http_remote.hpp"

#include <algorithm>

#include "lib/core/text.hpp"
#include "lib/remote/answers.hpp"
#include "lib/remote/http_parts.hpp"

namespace autobackup::remote {

http::Limits HttpRemote::limits() const {
    http::Limits limits;
    limits.connect = settings_.connect;
    limits.no_progress = settings_.no_progress;
    limits.body_in_memory = std::size_t{256} << 20;  // some millions of refs
    return limits;
}

http::Request HttpRemote::request(http::Method method, const http::Url& url, Service service) const {
    http::Request request;
    request.method = method;
    request.url = url;
    request.object = settings_.object;
    // Forges tell git from a browser by the first four characters: without them some answer with a web page.
    request.headers.set("User-Agent", "git/2.0 (" + agent() + ")");
    if (service == Service::upload_pack) request.headers.set("Git-Protocol", "version=2");
    // Sent before it is asked for: saves a request each time. It stays with the origin that it was configured
    // for.
    if (!settings_.password.empty() && same_origin(url, base_)) {
        request.authorization = basic_authorization(settings_.username, settings_.password);
    }
    return request;
}

http::Request HttpRemote::post(const Discovery& server, Service service) const {
    http::Request request_to_send =
        request(http::Method::post, server.base.with_appended("/" + std::string(name(service))), service);
    request_to_send.headers.set("Content-Type", "application/x-" + std::string(name(service)) + "-request");
    request_to_send.headers.set("Accept", "application/x-" + std::string(name(service)) + "-result");
    return request_to_send;
}

// A failure of an answer that is not what was asked for; a 401 is remembered.
Failure HttpRemote::refused(const http::Response& response, const char* operation) {
    const bool asked_elsewhere = !same_origin(response.head.url, base_);
    Failure failure = failure_of_answer(response, operation, settings_.object, !settings_.password.empty(),
                                        asked_elsewhere);
    if (failure.code == Errc::unauthorized) unauthorized_ = failure;
    return failure;
}

std::optional<Failure> HttpRemote::problem_of(const http::Response& response, const std::string& type,
                                              const char* operation) {
    if (is_answer_of_type(response.head, type)) return std::nullopt;
    return refused(response, operation);
}

Awaitable<Result<Discovery>> HttpRemote::discover(Service service, const char* operation) {
    if (unauthorized_) co_return told_as(*unauthorized_, operation, settings_.object);
    const std::string path = "/info/refs?service=" + std::string(name(service));
    http::Request request_to_send = request(http::Method::get, base_.with_appended(path), service);
    request_to_send.headers.set("Pragma", "no-cache");
    const Result<http::Response> response = co_await client_.exchange(std::move(request_to_send), limits());
    if (!response) co_return told_as(response.error(), operation, settings_.object);
    const std::string type = "application/x-" + std::string(name(service)) + "-advertisement";
    const std::optional<Failure> problem = problem_of(*response, type, operation);
    if (problem) co_return *problem;

    AdvertisementParser parser(service, true);
    const Result<void> parsed = parse_all(response->body, parser);
    if (!parsed) co_return told_as(parsed.error(), operation, settings_.object);
    Discovery found;
    found.version = parser.version();
    found.advertisement = std::move(parser.value());
    const std::string& target = response->head.url.target();
    if (!target.ends_with(path)) {
        co_return fail(Errc::redirect_refused, operation, settings_.object,
                       "the server redirected to something that is no git repository",
                       response->head.url.text());
    }
    found.base = response->head.url.with_target(target.substr(0, target.size() - path.size()));
    co_return found;
}

Awaitable<Result<Discovery>> HttpRemote::discover_upload(const char* operation) {
    if (upload_) co_return *upload_;
    Result<Discovery> found = co_await discover(Service::upload_pack, operation);
    if (!found) co_return found;
    if (found->version == 2) upload_ = *found;
    if (settings_.speak_v2) {
        if (found->version == 2) {
            settings_.speak_v2->insert(base_.origin());
        } else {
            settings_.speak_v2->erase(base_.origin());
        }
    }
    co_return found;
}

Awaitable<Result<Advertisement>> HttpRemote::list_for_push() {
    Result<Discovery> found = co_await discover(Service::receive_pack, "list refs of");
    if (!found) co_return found.error();
    receive_ = std::move(*found);
    co_return receive_->advertisement;
}

Awaitable<Result<PushReport>> HttpRemote::push(std::vector<RefUpdate> updates,
                                               std::shared_ptr<http::BodySource> pack) {
    if (!receive_) {
        const Result<Advertisement> listed = co_await list_for_push();
        if (!listed) co_return told_as(listed.error(), "push to", settings_.object);
    }
    const Discovery server = std::move(*receive_);
    receive_.reset();  // the refs are others now
    const Result<PushText> push = push_request(server.advertisement, updates);
    if (!push) co_return told_as(push.error(), "push to", settings_.object);
    http::Request request_to_send = post(server, Service::receive_pack);
    request_to_send.source = commands_and_pack(*push, std::move(pack));
    const Result<http::Response> response = co_await client_.exchange(std::move(request_to_send), limits());
    if (!response) co_return told_as(response.error(), "push to", settings_.object);
    const std::optional<Failure> problem =
        problem_of(*response, "application/x-git-receive-pack-result", "push to");
    if (problem) co_return *problem;

    PushAnswer answer(push->sideband);
    const Result<void> parsed = parse_all(response->body, answer);
    if (!parsed) co_return told_as(parsed.error(), "push to", settings_.object, answer.words());
    co_return answer.report();
}

std::unique_ptr<Remote> make_http_remote(http::Client& client, async::Workers& workers, Settings settings,
                                         http::Url base) {
    return std::make_unique<HttpRemote>(client, workers, std::move(settings), std::move(base));
}

}  // namespace autobackup::remote
