// SPDX-License-Identifier: MIT
#include <algorithm>

#include "lib/core/text.hpp"
#include "lib/remote/advertisement.hpp"
#include "lib/remote/answers.hpp"
#include "lib/remote/http_parts.hpp"
#include "lib/remote/kinds.hpp"
#include "lib/remote/pack_file.hpp"
#include "lib/remote/requests.hpp"

namespace autobackup::remote {
namespace {

// What info/refs told, and where the repository really lies (it may have been renamed).
struct Discovery {
    int version = 0;
    Advertisement advertisement;
    http::Url base;
};

class HttpRemote final : public Remote {
public:
    HttpRemote(http::Client& client, async::Workers& workers, Settings settings, http::Url base)
        : client_(client), workers_(workers), settings_(std::move(settings)), base_(std::move(base)) {}

    Awaitable<Result<Advertisement>> list_for_push() override;
    Awaitable<Result<PushReport>> push(std::vector<RefUpdate> updates,
                                       std::shared_ptr<http::BodySource> pack) override;
    Awaitable<Result<Advertisement>> ls_refs(std::vector<std::string> prefixes) override;
    Awaitable<Result<FetchReport>> fetch(FetchRequest request, std::filesystem::path pack_file) override;

private:
    Awaitable<Result<Discovery>> discover(Service service, const char* operation);
    Awaitable<Result<Discovery>> discover_upload(const char* operation);
    Awaitable<Result<Advertisement>> list_by_v2(const Discovery& server,
                                                const std::vector<std::string>& prefixes);
    http::Request request(http::Method method, const http::Url& url, Service service) const;
    http::Request post(const Discovery& server, Service service) const;
    http::Limits limits() const;
    Failure refused(const http::Response& response, const char* operation);
    std::optional<Failure> problem_of(const http::Response& response, const std::string& type,
                                      const char* operation);

    http::Client& client_;
    async::Workers& workers_;
    Settings settings_;
    http::Url base_;
    std::optional<Discovery> receive_;     // of the last list_for_push
    std::optional<Discovery> upload_;      // v2 only: its capabilities do not change with the refs
    std::optional<Failure> unauthorized_;  // a refused password is not tried again
};

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
    if (found && found->version == 2) upload_ = *found;
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

Awaitable<Result<Advertisement>> HttpRemote::ls_refs(std::vector<std::string> prefixes) {
    Result<Discovery> server = co_await discover_upload("list refs of");
    if (!server) co_return server.error();
    if (server->version == 2) {
        const Result<Advertisement> refs = co_await list_by_v2(*server, prefixes);
        co_return refs;
    }
    keep_prefixes(server->advertisement.refs, prefixes);
    co_return std::move(server->advertisement);
}

Awaitable<Result<Advertisement>> HttpRemote::list_by_v2(const Discovery& server,
                                                        const std::vector<std::string>& prefixes) {
    http::Request request_to_send = post(server, Service::upload_pack);
    request_to_send.body = ls_refs_request(server.advertisement, prefixes);
    const Result<http::Response> response = co_await client_.exchange(std::move(request_to_send), limits());
    if (!response) co_return told_as(response.error(), "list refs of", settings_.object);
    const std::optional<Failure> problem =
        problem_of(*response, "application/x-git-upload-pack-result", "list refs of");
    if (problem) co_return *problem;
    RefListParser parser;
    const Result<void> parsed = parse_all(response->body, parser);
    if (!parsed) co_return told_as(parsed.error(), "list refs of", settings_.object);
    Advertisement refs = server.advertisement;
    refs.refs = std::move(parser.refs());
    refs.unborn_head = parser.unborn_head();
    keep_prefixes(refs.refs, prefixes);  // they are a hint: a server may tell more
    co_return refs;
}

// Cuts the answer of a fetch into packets while it arrives, and puts the pack's bytes into the file.
class FetchSink final : public http::BodySink {
public:
    FetchSink(FetchAnswer& answer, PackFile& file) : answer_(answer), file_(file) {}
    bool accept(const http::ResponseHead& head) override {
        accepted_ = is_answer_of_type(head, "application/x-git-upload-pack-result");
        return accepted_;
    }
    Awaitable<Result<void>> write(std::span<const std::byte> bytes) override {
        std::string_view input(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        for (;;) {
            const Result<std::optional<Packet>> packet = reader_.next(input);
            if (!packet) co_return packet.error();
            if (!*packet) co_return Result<void>();
            const Result<std::string_view> content = answer_.take(**packet);
            if (!content) co_return content.error();
            if (!file_.add(*content)) continue;
            const Result<void> written = co_await file_.write();
            if (!written) co_return written;
        }
    }
    [[nodiscard]] bool accepted() const noexcept { return accepted_; }

private:
    FetchAnswer& answer_;
    PackFile& file_;
    PacketReader reader_;
    bool accepted_ = false;
};

Awaitable<Result<FetchReport>> HttpRemote::fetch(FetchRequest wanted, std::filesystem::path pack_file) {
    const Result<Discovery> server = co_await discover_upload("fetch from");
    if (!server) co_return server.error();
    const Result<FetchText> text = fetch_request(server->advertisement, server->version, wanted);
    if (!text) co_return told_as(text.error(), "fetch from", settings_.object);
    PackFile file(workers_, std::move(pack_file));
    const Result<void> opened = co_await file.open();
    if (!opened) co_return opened.error();

    http::Request request_to_send = post(*server, Service::upload_pack);
    if (server->version != 2) request_to_send.headers.set("Git-Protocol", "version=0");
    request_to_send.body = text->text;
    FetchAnswer answer(server->version, wanted.depth > 0);
    FetchSink sink(answer, file);
    const Result<http::Response> response =
        co_await client_.stream(std::move(request_to_send), sink, limits());
    if (!response) co_return told_as(response.error(), "fetch from", settings_.object, answer.words());
    if (!sink.accepted()) co_return refused(*response, "fetch from");
    if (!answer.complete() || file.bytes() == 0) {
        co_return fail(Errc::connection_closed, "fetch from", settings_.object,
                       "the answer ended before the pack did", answer.words());
    }
    const Result<void> kept = co_await file.finish();
    if (!kept) co_return kept.error();
    FetchReport report = answer.report();
    report.filtered = text->filtered;
    report.pack_bytes = file.bytes();
    co_return report;
}

}  // namespace

std::unique_ptr<Remote> make_http_remote(http::Client& client, async::Workers& workers, Settings settings,
                                         http::Url base) {
    return std::make_unique<HttpRemote>(client, workers, std::move(settings), std::move(base));
}

}  // namespace autobackup::remote
