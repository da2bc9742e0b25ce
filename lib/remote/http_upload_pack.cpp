// SPDX-License-Identifier: MIT
#include <array>

#include "lib/remote/answers.hpp"
#include "lib/remote/fetch_sink.hpp"
#include "lib/remote/http_parts.hpp"
#include "lib/remote/http_remote.hpp"
#include "lib/remote/ref_list_sink.hpp"
#include "lib/remote/requests.hpp"

namespace autobackup::remote {
namespace {

// Tens of thousands of haves cost the server more than the pack: it is told more only when it says that the first are not enough.
constexpr std::array<std::size_t, 2> first_haves{64, 512};

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
        co_return co_await list_by_v2(*server, prefixes);
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
    RefListParser parser;
    const RefsAnswer answer = co_await ask_for_refs(server, prefixes, parser);
    std::optional<Result<Advertisement>> told;
    if (answer.failure) {
        if (answer.final) told = *answer.failure;
        co_return told;
    }
    Advertisement refs = refs_of(parser, server, prefixes);
    if (refs.refs.empty()) co_return told;
    at_once_ = true;
    told = std::move(refs);
    co_return told;
}

Awaitable<Result<Advertisement>> HttpRemote::list_by_v2(const Discovery& server,
                                                        const std::vector<std::string>& prefixes) {
    RefListParser parser;
    const RefsAnswer answer = co_await ask_for_refs(server, prefixes, parser);
    if (answer.failure) co_return *answer.failure;
    co_return refs_of(parser, server, prefixes);
}

// The refs go to `parser`, unless the answer says why not.
Awaitable<HttpRemote::RefsAnswer> HttpRemote::ask_for_refs(const Discovery& server, const std::vector<std::string>& prefixes,
                                                           RefListParser& parser) {
    const auto question = [this, &server, &prefixes] {
        http::Request request_to_send = post(server, Service::upload_pack);
        request_to_send.body = ls_refs_request(server.advertisement, prefixes);
        return request_to_send;
    };
    const auto told = [this](const Failure& failure) { return told_as(failure, "list refs of", settings_.object); };
    RefsAnswer answer;
    RefListSink sink(parser, limits().body_in_memory);
    http::Request request_to_send = question();
    Result<http::Response> response = co_await client_.stream(std::move(request_to_send), sink, limits());
    Result<void> read;
    if (sink.without_length()) {  // a plain server of old: the end of the list tells that it is whole
        request_to_send = question();
        response = co_await client_.exchange(std::move(request_to_send), limits());
        if (response && is_answer_of_type(response->head, "application/x-git-upload-pack-result")) read = parse_all(response->body, parser);
    } else if (sink.unreadable()) {
        read = *sink.unreadable();
    } else if (response && sink.is_answer() && !parser.complete()) {
        read = fail(Errc::connection_closed, "read", "the git protocol", "the answer is cut off");
    }
    if (!read) {
        answer.failure = told(read.error());
    } else if (!response) {
        answer.failure = told(response.error());
        answer.final = true;
    } else {
        answer.failure = problem_of(*response, "application/x-git-upload-pack-result", "list refs of");
        const Errc code = answer.failure ? answer.failure->code : Errc::internal;
        answer.final = code == Errc::unauthorized || code == Errc::not_found || code == Errc::rate_limited;
    }
    co_return answer;
}

Advertisement HttpRemote::refs_of(RefListParser& parser, const Discovery& server, const std::vector<std::string>& prefixes) {
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
    for (const std::size_t first : first_haves) {
        if (server->version != 2 || wanted.haves.size() <= first) break;
        FetchRequest begun = wanted;
        begun.haves.resize(first);
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
