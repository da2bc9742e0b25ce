// SPDX-License-Identifier: MIT
#include "lib/remote/advertisement.hpp"
#include "lib/remote/answers.hpp"
#include "lib/remote/kinds.hpp"
#include "lib/remote/pack_file.hpp"
#include "lib/remote/requests.hpp"
#include "lib/remote/service_child.hpp"

namespace autobackup::remote {
namespace {

// A child that has said who it is.
struct Opened {
    std::unique_ptr<ServiceChild> child;
    int version = 0;
    Advertisement advertisement;
};

class ChildRemote final : public Remote {
public:
    ChildRemote(async::Workers& workers, Settings settings, std::unique_ptr<Route> route)
        : workers_(workers), settings_(std::move(settings)), route_(std::move(route)) {}

    Awaitable<Result<Advertisement>> list_for_push() override;
    Awaitable<Result<PushReport>> push(std::vector<RefUpdate> updates,
                                       std::shared_ptr<http::BodySource> pack) override;
    Awaitable<Result<Advertisement>> ls_refs(std::vector<std::string> prefixes) override;
    Awaitable<Result<FetchReport>> fetch(FetchRequest request, std::filesystem::path pack_file) override;
    [[nodiscard]] Traffic traffic() const noexcept override {
        Traffic none;
        return route_->over_network() ? traffic_ : none;
    }

private:
    Awaitable<Result<Opened>> open(Service service);
    Awaitable<Result<PushReport>> push_to(ServiceChild& child, const PushText& push, http::BodySource* pack);
    Awaitable<Result<void>> list_from(ServiceChild& child, const Opened& server,
                                      const std::vector<std::string>& prefixes, RefListParser& parser);
    Awaitable<Result<void>> fetch_from(ServiceChild& child, const std::string& request, FetchAnswer& answer,
                                       PackFile& file);
    Failure told(Failure failure, const char* operation) const {
        return told_as(std::move(failure), operation, settings_.object);
    }

    async::Workers& workers_;
    Settings settings_;
    std::unique_ptr<Route> route_;
    Traffic traffic_;
};

Awaitable<Result<Opened>> ChildRemote::open(Service service) {
    Result<process::Command> command = co_await route_->prepare(service);
    if (!command) co_return command.error();
    const auto executor = co_await asio::this_coro::executor;
    Result<std::unique_ptr<ServiceChild>> child =
        ServiceChild::start(executor, std::move(*command), settings_.no_progress, traffic_);
    if (!child) co_return child.error();
    AdvertisementParser parser(service, false);
    const Result<void> read = co_await (*child)->read_all(parser);
    if (!read) {
        Failure failure = co_await (*child)->explain(read.error(), *route_);
        co_return failure;
    }
    Opened opened;
    opened.child = std::move(*child);
    opened.version = parser.version();
    opened.advertisement = std::move(parser.value());
    co_return opened;
}

Awaitable<Result<Advertisement>> ChildRemote::list_for_push() {
    Result<Opened> server = co_await open(Service::receive_pack);
    if (!server) co_return told(server.error(), "list refs of");
    // Nothing is wanted of it: a flush is the polite end. The list is whole whether or not that still reaches
    // it.
    static_cast<void>(co_await server->child->send(flush_packet));
    co_await server->child->finish();
    co_return std::move(server->advertisement);
}

Awaitable<Result<PushReport>> ChildRemote::push(std::vector<RefUpdate> updates,
                                                std::shared_ptr<http::BodySource> pack) {
    Result<Opened> server = co_await open(Service::receive_pack);
    if (!server) co_return told(server.error(), "push to");
    const Result<PushText> push = push_request(server->advertisement, updates);
    if (!push) co_return told(push.error(), "push to");
    Result<PushReport> report = co_await push_to(*server->child, *push, pack.get());
    if (!report) {
        Failure failure = co_await server->child->explain(report.error(), *route_);
        co_return told(std::move(failure), "push to");
    }
    co_await server->child->finish();
    co_return report;
}

Awaitable<Result<PushReport>> ChildRemote::push_to(ServiceChild& child, const PushText& push,
                                                   http::BodySource* pack) {
    Result<void> sent = co_await child.send(push.text);
    if (push.pack && pack == nullptr && sent) sent = co_await child.send(empty_pack());
    if (push.pack && pack != nullptr) {
        std::vector<std::byte> buffer(std::size_t{256} << 10);
        while (sent) {
            const Result<std::size_t> got = co_await pack->read(buffer);
            if (!got) co_return got.error();
            if (*got == 0) break;
            sent = co_await child.send(std::span<const std::byte>(buffer).first(*got));
        }
    }
    child.close_input();
    // A server that takes no more has a reason, and says it in its report or before its end.
    if (!sent && sent.error().code != Errc::connection_closed) co_return sent.error();
    PushAnswer answer(push.sideband);
    const Result<void> read = co_await child.read_all(answer);
    if (!read) {
        Failure failure = read.error();
        if (failure.peer.empty()) failure.peer = answer.words();
        co_return failure;
    }
    co_return answer.report();
}

Awaitable<Result<Advertisement>> ChildRemote::ls_refs(std::vector<std::string> prefixes) {
    Result<Opened> server = co_await open(Service::upload_pack);
    if (!server) co_return told(server.error(), "list refs of");
    if (server->version == 2) {
        RefListParser parser;
        const Result<void> listed = co_await list_from(*server->child, *server, prefixes, parser);
        if (!listed) {
            Failure failure = co_await server->child->explain(listed.error(), *route_);
            co_return told(std::move(failure), "list refs of");
        }
        server->advertisement.refs = std::move(parser.refs());
        server->advertisement.unborn_head = parser.unborn_head();
    } else {
        static_cast<void>(co_await server->child->send(flush_packet));
    }
    co_await server->child->finish();
    keep_prefixes(server->advertisement.refs, prefixes);
    co_return std::move(server->advertisement);
}

Awaitable<Result<void>> ChildRemote::list_from(ServiceChild& child, const Opened& server,
                                               const std::vector<std::string>& prefixes,
                                               RefListParser& parser) {
    const std::string request = ls_refs_request(server.advertisement, prefixes);
    const Result<void> sent = co_await child.send(request);
    if (!sent) co_return sent;
    const Result<void> read = co_await child.read_all(parser);
    co_return read;
}

Awaitable<Result<FetchReport>> ChildRemote::fetch(FetchRequest request, std::filesystem::path pack_file) {
    Result<Opened> server = co_await open(Service::upload_pack);
    if (!server) co_return told(server.error(), "fetch from");
    const Result<FetchText> text = fetch_request(server->advertisement, server->version, request);
    if (!text) co_return told(text.error(), "fetch from");
    PackFile file(workers_, std::move(pack_file));
    const Result<void> opened = co_await file.open();
    if (!opened) co_return opened.error();
    FetchAnswer answer(server->version, request.depth > 0);
    const Result<void> fetched = co_await fetch_from(*server->child, text->text, answer, file);
    if (!fetched) {
        Failure failure = co_await server->child->explain(fetched.error(), *route_);
        co_return told_as(std::move(failure), "fetch from", settings_.object, answer.words());
    }
    co_await server->child->finish();
    const Result<void> kept = co_await file.finish();
    if (!kept) co_return kept.error();
    FetchReport report = answer.report();
    report.filtered = text->filtered;
    report.pack_bytes = file.bytes();
    co_return report;
}

Awaitable<Result<void>> ChildRemote::fetch_from(ServiceChild& child, const std::string& request,
                                                FetchAnswer& answer, PackFile& file) {
    const Result<void> sent = co_await child.send(request);
    if (!sent) co_return sent;
    while (!answer.complete()) {
        const Result<Packet> packet = co_await child.next();
        if (!packet) co_return packet.error();
        const Result<std::string_view> content = answer.take(*packet);
        if (!content) co_return content.error();
        if (!file.add(*content)) continue;
        const Result<void> written = co_await file.write();
        if (!written) co_return written;
    }
    if (file.bytes() == 0)
        co_return fail(Errc::bad_response, "fetch from", settings_.object, "the answer holds no pack");
    co_return Result<void>();
}

}  // namespace

std::unique_ptr<Remote> make_child_remote(async::Workers& workers, Settings settings,
                                          std::unique_ptr<Route> route) {
    return std::make_unique<ChildRemote>(workers, std::move(settings), std::move(route));
}

}  // namespace autobackup::remote
