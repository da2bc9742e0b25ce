// SPDX-License-Identifier: MIT
// What servers, proxies and lines do wrong, at each step.
#include <gtest/gtest.h>

#include "lib/remote/pkt_line.hpp"
#include "tests/lib/remote/remote_kit.hpp"
#include "tests/support/scripted_server.hpp"

namespace autobackup::remote::http_faults_test {
namespace {

using namespace std::chrono_literals;
using test::Peer;
using test::ScriptedServer;
using Clock = std::chrono::steady_clock;

const std::string a(40, 'a'), b(40, 'b');
const std::string advertised =
    packet("# service=git-receive-pack\n") + "0000" +
    packet(a + " refs/heads/main" + '\0' + "report-status side-band-64k delete-refs agent=x\n") + "0000";
const std::string report =
    packet("\x01" + packet("unpack ok\n") + packet("ok refs/heads/main\n") + "0000") + "0000";
const std::string v2 = packet("# service=git-upload-pack\n") + "0000" + packet("version 2\n") +
                       packet("ls-refs\n") + packet("fetch=shallow filter\n") + "0000";
const std::string pack_answer =
    packet("packfile\n") + packet("\x01" + std::string(60'000, 'p')) + packet("\x02words\n") + "0000";

std::string type(const std::string& name) {
    return "Content-Type: application/x-git-" + name + "\r\n";
}

// Answers requests one after another, each with its own step; the connection is closed behind the last.
using Step = std::function<void(Peer&)>;
ScriptedServer::Script steps(std::vector<Step> list) {
    return [list](Peer& peer) {
        for (const Step& step : list) step(peer);
    };
}

void answer_advertised(Peer& peer) {
    peer.read_request();
    peer.answer("200 OK", advertised, type("receive-pack-advertisement"));
}
void answer_v2(Peer& peer) {
    peer.read_request();
    peer.answer("200 OK", v2, type("upload-pack-advertisement"));
}
void stay_silent(Peer& peer) {
    peer.read_request();
    peer.stay_silent();
}
void cut(Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\n" + type("receive-pack-advertisement") + "Content-Length: 5000\r\n\r\n" +
              advertised);
}
void close_without_answer(Peer& peer) {
    peer.read_request();
}
void reset(Peer& peer) {
    peer.read_request();
    peer.reset();
}

// How long a server may stand still: one that answers in the end, and one that does not.
constexpr Milliseconds patient = 10s, impatient = 400ms;

Settings settings_for(const ScriptedServer& server, Milliseconds no_progress = patient) {
    Settings settings = at(server.url("/a.git"));
    settings.password = Secret("the-token");
    settings.no_progress = no_progress;
    settings.connect = 10s;
    return settings;
}

Result<PushReport> push_to(const ScriptedServer& server, std::size_t pack_bytes = 1000, Milliseconds no_progress = patient) {
    Kit kit(settings_for(server, no_progress));
    return kit.push({update("refs/heads/main", test::oid_of(a), test::oid_of(b))},
                    std::string(pack_bytes, 'P'));
}

TEST(HttpFaults, TheGoodCase) {
    std::string body;
    ScriptedServer server(steps({answer_advertised, [&](Peer& peer) {
                                     body = peer.read_body(peer.read_head());
                                     peer.answer("200 OK", report, type("receive-pack-result"));
                                 }}));
    const Result<PushReport> pushed = push_to(server);
    ASSERT_TRUE(pushed) << describe(pushed.error());
    EXPECT_TRUE(pushed->accepted());
    const std::string line =
        a + " " + b + " refs/heads/main" + '\0' + " report-status side-band-64k agent=autobackupd/";
    EXPECT_EQ(body.substr(4, line.size()), line);
    EXPECT_TRUE(body.ends_with("0000" + std::string(1000, 'P')));
    ASSERT_EQ(server.heads().size(), 2U);
    for (const std::string& head : server.heads()) {
        EXPECT_EQ(Peer::field(head, "authorization"), "Basic eC1hY2Nlc3MtdG9rZW46dGhlLXRva2Vu");
        EXPECT_EQ(Peer::field(head, "user-agent").substr(0, 4), "git/");
    }
    EXPECT_EQ(server.heads()[0].substr(0, 46), "GET /a.git/info/refs?service=git-receive-pack ");
    EXPECT_EQ(Peer::field(server.heads()[1], "content-type"), "application/x-git-receive-pack-request");
    EXPECT_EQ(Peer::field(server.heads()[1], "content-length"), std::to_string(body.size()));
}

struct Fault {
    const char* name;
    std::vector<Step> list;
    std::vector<std::string> codes;  // any of them
    std::size_t pack = 1000;
};

class PushFault : public testing::TestWithParam<Fault> {};

TEST_P(PushFault, IsTold) {
    ScriptedServer server(steps(GetParam().list));
    const auto before = Clock::now();
    const std::vector<std::string>& codes = GetParam().codes;
    const bool stands = codes.front() == "no_progress";
    const Result<PushReport> pushed = push_to(server, GetParam().pack, stands ? impatient : patient);
    ASSERT_FALSE(pushed);
    const std::string code = code_of(pushed.error());
    EXPECT_NE(std::find(codes.begin(), codes.end(), code), codes.end())
        << describe(pushed.error());
    EXPECT_EQ(pushed.error().operation, "push to");
    EXPECT_EQ(pushed.error().object, server.url("/a.git"));
    EXPECT_EQ(describe(pushed.error()).find("the-token"), std::string::npos);
    EXPECT_LT(Clock::now() - before, 20s);
}

Step answers(const std::string& status, const std::string& body, const std::string& fields) {
    return [=](Peer& peer) {
        peer.read_request();
        peer.answer(status, body, fields);
    };
}
Step half_report(std::size_t missing) {
    return answers("200 OK", report.substr(0, report.size() - missing), type("receive-pack-result"));
}
void answer_413_unread(Peer& peer) {
    peer.read_head();
    peer.answer("413 Request Entity Too Large", "<html><head><title>413 too large</title></head></html>",
                "Connection: close\r\n");
    peer.half_close();
    peer.stay_silent();
}
void freeze_in_body(Peer& peer) {
    peer.read_head();
    peer.read_exactly(100'000);
    peer.freeze(3s);
}

INSTANTIATE_TEST_SUITE_P(
    All, PushFault,
    testing::Values(
        Fault{"silent_list", {stay_silent}, {"no_progress"}}, Fault{"cut_list", {cut}, {"connection_closed"}},
        Fault{"closed_list", {close_without_answer}, {"connection_closed"}},
        Fault{"reset_list", {reset}, {"connection_reset"}},
        Fault{"silent_report", {answer_advertised, stay_silent}, {"no_progress"}},
        Fault{"closed_report", {answer_advertised, close_without_answer}, {"connection_closed"}},
        Fault{"reset_report", {answer_advertised, reset}, {"connection_reset"}},
        Fault{"empty_report", {answer_advertised, half_report(report.size())}, {"connection_closed"}},
        Fault{"half_report", {answer_advertised, half_report(12)}, {"connection_closed"}},
        Fault{"frozen_in_body", {answer_advertised, freeze_in_body}, {"no_progress"}, 20'000'000},
        Fault{"too_large", {answer_advertised, answer_413_unread}, {"bad_request"}, 20'000'000},
        Fault{"page_for_report",
              {answer_advertised, answers("200 OK", "<html>", "Content-Type: text/html\r\n")},
              {"bad_response"}},
        Fault{"other_service", {answers("200 OK", v2, type("upload-pack-advertisement"))}, {"bad_response"}},
        Fault{"dumb",
              {answers("200 OK", a + "\trefs/heads/main\n", "Content-Type: text/plain\r\n")},
              {"unsupported"}},
        Fault{"busy",
              {answer_advertised, answers("503 Busy", "come back later", "Retry-After: 7\r\n")},
              {"server_error"}},
        Fault{"limited", {answers("429 Too Many", "slow down", "Retry-After: 7\r\n")}, {"rate_limited"}},
        Fault{"no_reports",
              {answers("200 OK",
                       packet("# service=git-receive-pack\n") + "0000" +
                           packet(a + " x" + '\0' + "atomic\n") + "0000",
                       type("receive-pack-advertisement"))},
              {"unsupported"}},
        Fault{"words_in_err",
              {answers("200 OK", packet("ERR access denied"), type("receive-pack-advertisement"))},
              {"forbidden"}}),
    [](const auto& which) { return which.param.name; });

TEST(HttpFaults, PushIsNeverSentTwice) {
    ScriptedServer server(steps({answer_advertised, close_without_answer}));
    EXPECT_EQ(code_of(push_to(server).error()), "connection_closed");
    EXPECT_EQ(server.connections(), 1U);
    EXPECT_EQ(server.heads().size(), 2U);
}

TEST(HttpFaults, RefusedPasswordIsNotSentAgain) {
    ScriptedServer server(
        answers("401 Unauthorized", "bad credentials", "WWW-Authenticate: Basic realm=\"x\"\r\n"));
    Kit kit(settings_for(server));
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(code_of(kit.list_for_push().error()), "unauthorized");
        EXPECT_EQ(code_of(kit.ls_refs().error()), "unauthorized");
    }
    EXPECT_EQ(kit.ls_refs().error().peer, "bad credentials");
    EXPECT_EQ(server.heads().size(), 1U);
}

TEST(HttpFaults, RedirectToAnotherServerLosesThePassword) {
    ScriptedServer second(
        answers("401 Unauthorized", "who are you", "WWW-Authenticate: Basic realm=\"x\"\r\n"));
    const std::string location =
        "Location: " + second.url("/b.git/info/refs?service=git-receive-pack") + "\r\n";
    ScriptedServer first(answers("301 Moved Permanently", "", location));
    Kit kit(settings_for(first));
    const Failure failure = kit.list_for_push().error();
    EXPECT_EQ(code_of(failure), "unauthorized");
    EXPECT_NE(failure.message.find("another server"), std::string::npos) << failure.message;
    ASSERT_EQ(second.heads().size(), 1U);
    EXPECT_EQ(Peer::field(second.heads()[0], "authorization"), "");
}

TEST(HttpFaults, RedirectToAnotherServerIsUsedForThePushToo) {
    ScriptedServer second(steps({answer_advertised, answers("200 OK", report, type("receive-pack-result"))}));
    const std::string location =
        "Location: " + second.url("/new/b.git/info/refs?service=git-receive-pack") + "\r\n";
    ScriptedServer first(answers("302 Found", "", location));
    const Result<PushReport> pushed = push_to(first);
    ASSERT_TRUE(pushed) << describe(pushed.error());
    ASSERT_EQ(second.heads().size(), 2U);
    EXPECT_EQ(second.heads()[1].substr(0, 32), "POST /new/b.git/git-receive-pack");
    EXPECT_EQ(Peer::field(second.heads()[1], "authorization"), "");
}

TEST(HttpFaults, RedirectToSomethingElseIsRefused) {
    ScriptedServer server(steps({answers("302 Found", "", "Location: /welcome\r\n"), answer_advertised}));
    EXPECT_EQ(code_of(push_to(server).error()), "redirect_refused");
}

struct Fetching {
    Result<FetchReport> result;
    bool file_left;
};

Fetching fetch_from(std::vector<Step> list, Milliseconds no_progress = patient) {
    test::TempDir dir;
    const Step last = list.back();  // for a second connection: a read-only request may be repeated
    ScriptedServer server(std::vector<ScriptedServer::Script>{steps(std::move(list)), steps({last})});
    FetchRequest request;
    request.wants = {test::oid_of(a)};
    Kit kit(settings_for(server, no_progress));
    Result<FetchReport> fetched = kit.fetch(request, dir.path() / "x.pack");
    return {fetched, fs::exists(dir.path() / "x.pack")};
}

TEST(HttpFaults, FetchThatEndsEarlyLeavesNoFile) {
    const std::string fields = type("upload-pack-result");
    const auto code = [&](Step last, Milliseconds no_progress = patient) {
        const Fetching fetching = fetch_from({answer_v2, std::move(last)}, no_progress);
        EXPECT_FALSE(fetching.file_left);
        return fetching.result ? "fine" : code_of(fetching.result.error());
    };
    const Fetching good = fetch_from({answer_v2, answers("200 OK", pack_answer, fields)});
    ASSERT_TRUE(good.result) << describe(good.result.error());
    EXPECT_EQ(good.result->pack_bytes, 60'000U);
    EXPECT_EQ(good.result->peer_words, "words");
    EXPECT_TRUE(good.file_left);
    EXPECT_EQ(code(stay_silent, impatient), "no_progress");
    EXPECT_EQ(code(reset), "connection_reset");
    EXPECT_EQ(code(answers("200 OK", pack_answer.substr(0, 30'000), fields)), "connection_closed");
    EXPECT_EQ(code(answers("200 OK", pack_answer.substr(0, pack_answer.size() - 4), fields)),
              "connection_closed");
    EXPECT_EQ(code(answers("200 OK", packet("packfile\n") + packet("\x03killed"), fields)), "server_error");
    EXPECT_EQ(code(answers("200 OK", "<html>", "Content-Type: text/html\r\n")), "bad_response");
    EXPECT_EQ(code(answers("404 Not Found", "gone", "")), "not_found");
    const Step stops = [&](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\n" + fields + "Content-Length: 70000\r\n\r\n" + pack_answer.substr(0, 30'000));
        peer.stay_silent();
    };
    EXPECT_EQ(code(stops, impatient), "no_progress");
}

}  // namespace
}  // namespace autobackup::remote::http_faults_test
