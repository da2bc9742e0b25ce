// SPDX-License-Identifier: MIT
// The pure parts: parser, ring, failure_of, request text.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "lib/core/instant.hpp"
#include "lib/http/client.hpp"
#include "lib/http/request_text.hpp"
#include "lib/http/response_parser.hpp"
#include "lib/http/ring.hpp"

namespace autobackup::http::parts_test {
namespace {

struct Parsed {
    ResponseHead head;
    std::string body;
    std::string left;
    bool done = false;
};

// Feeds `wire` in pieces of `piece` bytes, as a socket would.
Parsed parse(std::string_view wire, std::size_t piece, Method method = Method::get) {
    ResponseParser parser(method);
    Parsed parsed;
    std::vector<std::byte> bytes;
    while (!parser.done()) {
        const std::size_t n = std::min(piece, wire.size());
        if (n == 0) break;
        const auto* data = reinterpret_cast<const std::byte*>(wire.data());
        bytes.insert(bytes.end(), data, data + n);
        wire.remove_prefix(n);
        if (!parser.has_head()) {
            const auto eaten = parser.feed_head(bytes);
            bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(eaten.value()));
            if (!parser.has_head()) continue;
        }
        const auto eaten = parser.feed_body(bytes).value();
        parsed.body.append(reinterpret_cast<const char*>(eaten.body.data()), eaten.body.size());
        bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(eaten.consumed));
    }
    parsed.head = parser.head();
    parsed.done = parser.finish();
    parsed.left.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return parsed;
}

class PieceSize : public testing::TestWithParam<std::size_t> {};

TEST_P(PieceSize, DoesNotMatter) {
    const std::string chunked =
        "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nA: 1\r\na: 2\r\nTransfer-Encoding: "
        "chunked\r\n\r\n"
        "3;x=\"y\"\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\nB: c\r\n\r\n";
    Parsed parsed = parse(chunked, GetParam());
    EXPECT_TRUE(parsed.done);
    EXPECT_EQ(parsed.body, "abc0123456789");
    EXPECT_EQ(parsed.head.headers.all().size(), 3u);
    EXPECT_EQ(parsed.left, "");
    parsed = parse("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", GetParam());
    EXPECT_TRUE(parsed.done);
    EXPECT_EQ(parsed.body, "abc");
    parsed = parse("HTTP/1.0 200 OK\r\n\r\nto the end", GetParam());
    EXPECT_TRUE(parsed.done);
    EXPECT_EQ(parsed.body, "to the end");
    EXPECT_TRUE(parse("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", GetParam()).done);
    EXPECT_FALSE(parse(std::string_view(chunked).substr(0, chunked.size() - 1), GetParam()).done);
}
INSTANTIATE_TEST_SUITE_P(Sizes, PieceSize, testing::Values(1, 2, 3, 7, 50, 100'000));

TEST(ResponseParser, LeavesWhatBelongsToTheNextAnswer) {
    EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1", 1000).left, "HTTP/1.1");
    EXPECT_EQ(
        parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nHTTP/1.1", 1000).left,
        "HTTP/1.1");
}

TEST(Ring, CarriesEveryByteInOrder) {
    std::mt19937 random(7);
    Ring ring(1000);
    unsigned char next_in = 0;
    unsigned char next_out = 0;
    std::size_t total = 0;
    std::span<std::byte> room;
    for (int step = 0; step < 200'000; ++step) {
        if (random() % 2 == 0) {
            if (room.empty()) room = ring.reserve(100);
            // Between reserve and commit the other side goes on, as it does while a socket is read.
            if (random() % 2 == 0 || room.empty()) continue;
            const std::size_t n = random() % (std::min<std::size_t>(room.size(), 300) + 1);
            for (std::size_t i = 0; i < n; ++i) room[i] = std::byte{next_in++};
            ring.commit(n);
            room = {};
        } else {
            const auto filled = ring.filled(1 + random() % 400);
            const std::size_t n = filled.empty() ? 0 : 1 + random() % filled.size();
            for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(filled[i], std::byte{next_out++}) << step;
            if (n > 0) ring.release(n);
            total += n;
        }
    }
    EXPECT_GT(total, 1'000'000u);
}

Response answer(int status, std::string body, std::vector<std::pair<std::string, std::string>> fields = {}) {
    Response response;
    response.head.status = status;
    response.head.reason = "Reason";
    for (auto& [name, value] : fields) response.head.headers.add(name, value);
    response.body = std::move(body);
    return response;
}

TEST(FailureOf, CodesByStatus) {
    const std::vector<std::pair<int, Errc>> expected = {
        {302, Errc::bad_response}, {400, Errc::bad_request},  {401, Errc::unauthorized},
        {403, Errc::forbidden},    {404, Errc::not_found},    {410, Errc::not_found},
        {413, Errc::bad_request},  {429, Errc::rate_limited}, {407, Errc::proxy_failed},
        {500, Errc::server_error}, {503, Errc::server_error}};
    for (const auto& [status, code] : expected) {
        const Failure failure = failure_of(answer(status, "words"), "GET", "project 12");
        EXPECT_EQ(failure.code, code) << status;
        EXPECT_EQ(failure.http_status, status);
        EXPECT_EQ(failure.peer, "words");
        EXPECT_EQ(failure.object, "project 12");
    }
    EXPECT_TRUE(failure_of(answer(408, ""), "GET", "x").transient);
    EXPECT_FALSE(failure_of(answer(400, ""), "GET", "x").transient);
}

TEST(FailureOf, TellsWhenToComeBack) {
    EXPECT_EQ(failure_of(answer(503, "", {{"Retry-After", "120"}}), "", "").retry_after->count(), 120);
    EXPECT_EQ(failure_of(answer(429, "", {{"Retry-After", "Fri, 31 Dec 1999 23:59:59 GMT"}}), "", "")
                  .retry_after->count(),
              0);
    const auto far =
        failure_of(answer(429, "", {{"Retry-After", "Fri, 31 Dec 2100 23:59:59 GMT"}}), "", "").retry_after;
    EXPECT_GT(far->count(), 1'000'000);
    EXPECT_FALSE(failure_of(answer(503, "", {{"Retry-After", "soon"}}), "", "").retry_after);
    EXPECT_EQ(failure_of(answer(403, "", {{"Retry-After", "60"}}), "", "").code, Errc::rate_limited);
    const auto in_a_minute = now() + std::chrono::seconds(60);
    const auto reset =
        std::chrono::duration_cast<std::chrono::seconds>(in_a_minute.time_since_epoch()).count();
    const Failure limited = failure_of(
        answer(403, "", {{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", std::to_string(reset)}}), "",
        "");
    EXPECT_EQ(limited.code, Errc::rate_limited);
    EXPECT_NEAR(static_cast<double>(limited.retry_after->count()), 60, 2);
    EXPECT_EQ(failure_of(answer(403, "", {{"X-RateLimit-Remaining", "5"}}), "", "").code, Errc::forbidden);
}

TEST(FailureOf, OfAPageItKeepsTheTitle) {
    EXPECT_EQ(failure_of(answer(502, "<html><head><TITLE> Bad gateway </TITLE></head>…"), "", "").peer,
              "Bad gateway");
    EXPECT_EQ(failure_of(answer(502, "<html>nothing to tell"), "", "").peer, "");
    EXPECT_LE(failure_of(answer(500, std::string(10'000, 'x')), "", "").peer.size(), 2060u);
}

TEST(RequestText, LeavesTheClientsOwnFieldsToTheClient) {
    Request request;
    request.url = Url::parse("http://h/x").value();
    request.method = Method::post;
    for (const char* name : {"Host", "connection", "Content-Length", "Transfer-Encoding", "ACCEPT-ENCODING"})
        request.headers.add(name, "bad");
    request.headers.add("X", "y");
    const std::string text = request_text(request, "me", nullptr).value().reveal();
    EXPECT_EQ(text.find("bad"), std::string::npos);
    EXPECT_NE(text.find("\r\nX: y\r\n"), std::string::npos);
    EXPECT_TRUE(text.ends_with("Content-Length: 0\r\n\r\n"));
    request.headers.add("a b", "c");
    EXPECT_FALSE(request_text(request, "me", nullptr));
}

TEST(Headers, CompareNamesWithoutCase) {
    Headers headers;
    headers.add("A", "1");
    headers.add("a", "2");
    headers.add("B", "3");
    EXPECT_EQ(*headers.find("a"), "1");
    headers.set("A", "4");
    EXPECT_EQ(headers.all().size(), 2u);
    EXPECT_EQ(headers.value_or("a", ""), "4");
    EXPECT_EQ(headers.value_or("c", "none"), "none");
}

}  // namespace
}  // namespace autobackup::http::parts_test
