// SPDX-License-Identifier: MIT
#include "lib/remote/answers.hpp"
#include "lib/remote/fetch_sink.hpp"
#include "lib/remote/http_parts.hpp"
#include "lib/remote/http_remote.hpp"
#include "lib/remote/requests.hpp"

namespace autobackup::remote {
namespace {

constexpr std::size_t first_haves = 512;

// What every server of v2 offers (gitprotocol-v2(5)), where it lies as far as we know.
Discovery assumed(const http::Url& base) {
    Discovery server;
    server.version = 2;
    server.advertisement.capabilities = {{"ls-refs", ""}, {"fetch", ""}};
    server.base = base;
    return server;
}

}  // namespace

Awaitable<Result<Advertisement>> HttpRemote::ls_refs(std::vector<std::string> prefixes) {
    at_once_ = false;
    if (may_ask_at_once()) {
        std::optional<Result<Advertisement>> told = co_await list_at_once(prefixes);
        if (told) co_return std::move(*told);
    }
    Result<Discovery> server = co_await discover_upload("list refs of");
    if (!server) co_return server.error();
    if (server->version == 2) {
        const Result<Advertisement> refs = co_await list_by_v2(*server, prefixes);
        co_return refs;
    }
    keep_prefixes(server->advertisement.refs, prefixes);
    co_return std::move(server->advertisement);
}

bool HttpRemote::may_ask_at_once() const {
    return !upload_ && !unauthorized_ && settings_.speak_v2 && settings_.speak_v2->contains(base_.origin());
}

// A request of v2 is whole in itself: the refs can be asked for at once, and half of the requests are saved.
// Nothing when the answer leaves something open, which is then looked at in the usual way: it lies elsewhere,
// speaks an older protocol, or has no refs (what HEAD then stands for is told only where it is offered).
Awaitable<std::optional<Result<Advertisement>>> HttpRemote::list_at_once(
    const std::vector<std::string>& prefixes) {
    const Discovery server = assumed(base_);
    http::Request request_to_send = post(server, Service::upload_pack);
    request_to_send.body = ls_refs_request(server.advertisement, prefixes);
    const Result<http::Response> response = co_await client_.exchange(std::move(request_to_send), limits());
    std::optional<Result<Advertisement>> told;
    if (!response) {
        told = told_as(response.error(), "list refs of", settings_.object);
        co_return told;
    }
    const std::optional<Failure> problem =
        problem_of(*response, "application/x-git-upload-pack-result", "list refs of");
    if (problem) {
        const Errc code = problem->code;
        const bool final = code == Errc::unauthorized || code == Errc::not_found || code == Errc::rate_limited;
        if (final) told = *problem;
        co_return told;
    }
    Result<Advertisement> refs = refs_of(*response, server, prefixes);
    if (!refs || refs->refs.empty()) co_return told;
    at_once_ = true;
    told = std::move(refs);
    co_return told;
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
    co_return refs_of(*response, server, prefixes);
}

Result<Advertisement> HttpRemote::refs_of(const http::Response& response, const Discovery& server,
                                          const std::vector<std::string>& prefixes) const {
    RefListParser parser;
    const Result<void> parsed = parse_all(response.body, parser);
    if (!parsed) return told_as(parsed.error(), "list refs of", settings_.object);
    Advertisement refs = server.advertisement;
    refs.refs = std::move(parser.refs());
    refs.unborn_head = parser.unborn_head();
    keep_prefixes(refs.refs, prefixes);  // they are a hint: a server may tell more
    return refs;
}

Awaitable<Result<FetchReport>> HttpRemote::fetch(FetchRequest wanted, std::filesystem::path pack_file) {
    const bool plain = wanted.depth == 0 && wanted.shallow.empty() && wanted.filter.empty();
    Result<Discovery> server = assumed(base_);  // enough for a fetch without anything that a server may not offer
    if (!plain || !at_once_) server = co_await discover_upload("fetch from");
    if (!server) co_return server.error();
    PackFile file(workers_, std::move(pack_file));
    const Result<void> opened = co_await file.open();
    if (!opened) co_return opened.error();
    // Tens of thousands of haves cost the server more than the pack: the first ones are enough as a rule.
    if (server->version == 2 && wanted.haves.size() > first_haves) {
        FetchRequest begun = wanted;
        begun.haves.resize(first_haves);
        Result<FetchReport> report = co_await fetch_once(*server, begun, false, file);
        if (!report || report->pack_bytes > 0) co_return report;
    }
    co_return co_await fetch_once(*server, wanted, true, file);
}

Awaitable<Result<FetchReport>> HttpRemote::fetch_once(const Discovery& server, const FetchRequest& wanted,
                                                      bool all_told, PackFile& file) {
    const Result<FetchText> text = fetch_request(server.advertisement, server.version, wanted, all_told);
    if (!text) co_return told_as(text.error(), "fetch from", settings_.object);
    http::Request request_to_send = post(server, Service::upload_pack);
    if (server.version != 2) request_to_send.headers.set("Git-Protocol", "version=0");
    request_to_send.body = text->text;
    FetchAnswer answer(server.version, wanted.depth > 0, !all_told);
    FetchSink sink(answer, file);
    const Result<http::Response> response =
        co_await client_.stream(std::move(request_to_send), sink, limits());
    if (!response) co_return told_as(response.error(), "fetch from", settings_.object, answer.words());
    if (!sink.accepted()) co_return refused(*response, "fetch from");
    if (answer.wants_more()) co_return FetchReport();
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

}  // namespace autobackup::remote
