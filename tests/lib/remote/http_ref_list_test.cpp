// SPDX-License-Identifier: MIT
// A list of refs over HTTP is read while it arrives, however it arrives.
#include <gtest/gtest.h>

#include "lib/remote/pkt_line.hpp"
#include "lib/remote/ref_list_sink.hpp"
#include "tests/lib/remote/remote_kit.hpp"
#include "tests/support/scripted_server.hpp"

namespace autobackup::remote::http_ref_list_test {
namespace {

using namespace std::chrono_literals;
using test::Peer;
using test::ScriptedServer;

const std::string a(40, 'a'), b(40, 'b');
const std::string fields = "Content-Type: application/x-git-upload-pack-result\r\n";
const std::string capabilities =
    packet("# service=git-upload-pack\n") + "0000" + packet("version 2\n") + packet("ls-refs\n") + packet("fetch\n") + "0000";
const std::string listed = packet(a + " HEAD symref-target:refs/heads/main\n") + packet(a + " refs/heads/main\n") +
                           packet(b + " refs/heads/\xc3\xa4\n") + packet(b + " refs/tags/v1 peeled:" + a + "\n") + "0000";

std::string chunked(std::string_view text, std::size_t piece) {
    std::string out;
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
        char size[20];
        std::snprintf(size, sizeof size, "%zx\r\n", std::min(piece, text.size()));
        out += size + std::string(text.substr(0, piece)) + "\r\n";
    }
    return out + "0\r\n\r\n";
}

// What the server answers to the question for the refs: raw, head and all; the connection is closed behind it.
Result<Advertisement> ask(const std::string& answer, int* asked = nullptr) {
    auto count = std::make_shared<std::atomic<int>>(0);
    ScriptedServer server([answer, count](Peer& peer) {
        for (;;) {
            const std::string head = peer.read_request();
            if (head.empty()) return;
            if (head.starts_with("GET")) {
                peer.answer("200 OK", capabilities, "Content-Type: application/x-git-upload-pack-advertisement\r\n");
                continue;
            }
            ++*count;
            peer.send(answer);
            return;
        }
    });
    Settings settings = at(server.url("/a.git"));
    settings.no_progress = 10s;
    Kit kit(settings);
    Result<Advertisement> refs = kit.ls_refs();
    if (asked != nullptr) *asked = *count;
    return refs;
}

void expect_whole(const Result<Advertisement>& refs) {
    ASSERT_TRUE(refs) << describe(refs.error());
    ASSERT_EQ(refs->refs.size(), 4U);
    EXPECT_EQ(refs->find("HEAD")->symref_target, "refs/heads/main");
    EXPECT_EQ(refs->find("refs/heads/\xc3\xa4")->oid, test::oid_of(b));
    EXPECT_EQ(refs->find("refs/tags/v1")->peeled, test::oid_of(a));
}

TEST(HttpRefList, InPiecesOfAnySize) {
    for (const std::size_t piece : {1U, 3U, 50U, 10'000U}) {
        SCOPED_TRACE(piece);
        expect_whole(ask("HTTP/1.1 200 OK\r\n" + fields + "Transfer-Encoding: chunked\r\n\r\n" + chunked(listed, piece)));
    }
}

TEST(HttpRefList, AnAnswerWithoutALengthIsWholeWhenTheListIs) {
    int asked = 0;
    expect_whole(ask("HTTP/1.1 200 OK\r\n" + fields + "Connection: close\r\n\r\n" + listed, &asked));
    EXPECT_EQ(asked, 2);  // such a server is old and rare
    const Result<Advertisement> cut = ask("HTTP/1.1 200 OK\r\n" + fields + "Connection: close\r\n\r\n" + listed.substr(0, listed.size() - 4));
    ASSERT_FALSE(cut);
    EXPECT_EQ(code_of(cut.error()), "connection_closed");
}

TEST(HttpRefList, OneThatIsCutIsNoList) {
    const std::string part = listed.substr(0, 130);
    for (const std::string& head : {"Content-Length: " + std::to_string(listed.size()) + "\r\n\r\n" + part,  // the line broke
                                    "Content-Length: " + std::to_string(part.size()) + "\r\n\r\n" + part,   // the server stopped
                                    "Transfer-Encoding: chunked\r\n\r\n" + chunked(part, 20)}) {
        const Result<Advertisement> refs = ask("HTTP/1.1 200 OK\r\n" + fields + head);
        ASSERT_FALSE(refs) << head;
        EXPECT_EQ(code_of(refs.error()), "connection_closed");
        EXPECT_EQ(refs.error().operation, "list refs of");
        EXPECT_TRUE(refs.error().transient);
    }
}

TEST(HttpRefList, WhatTheServerSaysInsteadIsTold) {
    const auto answer = [](const std::string& body) {
        const Result<Advertisement> refs = ask("HTTP/1.1 200 OK\r\n" + fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
        EXPECT_FALSE(refs);
        return code_of(refs.error()) + ": " + refs.error().peer;
    };
    EXPECT_EQ(answer(packet("ERR access denied\n")), "forbidden: access denied");
    EXPECT_EQ(answer(packet(a + " refs/heads/main\n") + packet("ERR out of memory\n")), "server_error: out of memory");
    EXPECT_EQ(answer("<html>"), "bad_response: <html>");
    EXPECT_EQ(answer(packet(a + " refs/heads/../x\n") + "0000").substr(0, 12), "bad_response");
}

TEST(HttpRefList, IsBounded) {
    RefListParser parser;
    RefListSink sink(parser, 200);
    http::ResponseHead head;
    head.status = 200;
    head.headers.set("Content-Type", "application/x-git-upload-pack-result");
    EXPECT_FALSE(sink.accept(head));
    EXPECT_TRUE(sink.without_length());
    head.headers.set("Transfer-Encoding", "chunked");
    EXPECT_TRUE(sink.accept(head));
    const std::string line = packet(a + " refs/heads/main\n");
    const auto give = [&] { return test::run_coroutine([&] { return sink.write(std::as_bytes(std::span(line))); }, Milliseconds(5'000)); };
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(give());
    const Result<void> more = give();
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().code, Errc::response_too_large);
    EXPECT_EQ(sink.unreadable()->code, Errc::response_too_large);
}

}  // namespace
}  // namespace autobackup::remote::http_ref_list_test
