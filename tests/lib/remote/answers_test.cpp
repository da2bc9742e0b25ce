// SPDX-License-Identifier: MIT
#include "lib/remote/answers.hpp"

#include <gtest/gtest.h>

#include <random>

#include "lib/remote/http_parts.hpp"
#include "tests/support/git_work_tree.hpp"

namespace autobackup::remote::answers_test {
namespace {

const std::string a(40, 'a'), b(40, 'b');

std::string band(int number, const std::string& content) {
    return packet(static_cast<char>(number) + content);
}

const std::string good_report = packet("unpack ok\n") + packet("ok refs/heads/main\n") +
                                packet("ng refs/heads/x pre-receive hook declined\n") + "0000";

void expect_good(const PushReport& report) {
    EXPECT_EQ(report.unpack, "ok");
    ASSERT_EQ(report.verdicts.size(), 2U);
    EXPECT_EQ(report.verdicts[0].name, "refs/heads/main");
    EXPECT_TRUE(report.verdicts[0].ok);
    EXPECT_EQ(report.verdicts[1].name, "refs/heads/x");
    EXPECT_FALSE(report.verdicts[1].ok);
    EXPECT_EQ(report.verdicts[1].reason, "pre-receive hook declined");
    EXPECT_FALSE(report.accepted());
}

TEST(PushAnswer, PlainReport) {
    PushAnswer answer(false);
    ASSERT_TRUE(parse_all(good_report, answer));
    expect_good(answer.report());
}

TEST(PushAnswer, ReportInSidebandsCutAnywhere) {
    std::mt19937 random(3);
    for (int round = 0; round < 200; ++round) {
        std::string stream = band(2, "hook says no\n") + packet("\x01");  // and a keep-alive
        std::uniform_int_distribution<std::size_t> size(1, 20);
        for (std::size_t at = 0; at < good_report.size();) {
            const std::string piece = good_report.substr(at, size(random));
            at += piece.size();
            stream += band(1, piece);
            if (size(random) == 1) stream += band(2, "and goes on\n");
        }
        PushAnswer answer(true);
        ASSERT_TRUE(parse_all(stream + "0000", answer));
        expect_good(answer.report());
        EXPECT_EQ(answer.report().peer_words.rfind("hook says no", 0), 0U);
    }
}

TEST(PushAnswer, VersionTwoOptionsNameWhereARefLanded) {
    PushAnswer answer(false);
    const std::string stream = packet("unpack ok\n") + packet("ok refs/for/main\n") +
                               packet("option refname refs/pull/1/head\n") +
                               packet("option old-oid " + a + "\n") + packet("option new-oid " + b + "\n") +
                               packet("option forced-update\n") + packet("ok refs/heads/y\n") + "0000";
    ASSERT_TRUE(parse_all(stream, answer));
    const PushReport report = answer.report();
    ASSERT_EQ(report.verdicts.size(), 2U);
    EXPECT_EQ(report.verdicts[0].landed, "refs/pull/1/head");
    EXPECT_EQ(report.verdicts[1].landed, "");
    EXPECT_TRUE(report.accepted());
}

TEST(PushAnswer, CutOffReportIsNoReport) {
    const std::string whole = band(1, good_report) + "0000";
    for (std::size_t bytes = 0; bytes < whole.size() - 4; ++bytes) {
        PushAnswer answer(true);
        const Result<void> read = parse_all(whole.substr(0, bytes), answer);
        ASSERT_FALSE(read) << bytes;
        EXPECT_EQ(read.error().code, Errc::connection_closed);
    }
    PushAnswer inner_cut(true);
    EXPECT_EQ(
        parse_all(band(1, good_report.substr(0, good_report.size() - 4)) + "0000", inner_cut).error().code,
        Errc::connection_closed);
}

TEST(PushAnswer, NonsenseAndFatalWords) {
    const auto code = [](bool sideband, const std::string& stream) {
        PushAnswer answer(sideband);
        const Result<void> read = parse_all(stream, answer);
        return read ? "fine" : std::string(name(read.error().code));
    };
    EXPECT_EQ(code(false, packet("ok refs/heads/x\n") + "0000"), "bad_response");
    EXPECT_EQ(code(false, packet("unpack \n") + "0000"), "bad_response");
    EXPECT_EQ(code(false, "0000"), "bad_response");
    EXPECT_EQ(code(false, packet("unpack ok\n") + packet("what refs/heads/x\n")), "bad_response");
    EXPECT_EQ(code(false, packet("unpack ok\n") + packet("option refname x\n")), "bad_response");
    EXPECT_EQ(code(true, band(4, "x")), "bad_response");
    EXPECT_EQ(code(true, band(3, "fatal: out of memory")), "server_error");
    EXPECT_EQ(code(true, packet("ERR permission denied")), "forbidden");
    PushAnswer answer(true);
    const Result<void> read = parse_all(band(2, "warning: low\n") + band(3, "fatal: died\n"), answer);
    EXPECT_EQ(read.error().peer, "warning: low\nfatal: died");
}

struct Fetched {
    Result<void> result;
    bool complete = false;
    std::string pack;
    FetchReport report;
};

Fetched read_fetch(int version, bool depth, std::string_view stream) {
    FetchAnswer answer(version, depth);
    PacketReader reader;
    Fetched fetched;
    for (;;) {
        const Result<std::optional<Packet>> packet = reader.next(stream);
        if (!packet) return Fetched{packet.error(), false, {}, {}};
        if (!*packet) break;
        const Result<std::string_view> content = answer.take(**packet);
        if (!content) return Fetched{content.error(), false, {}, {}};
        fetched.pack += *content;
    }
    fetched.complete = answer.complete();
    fetched.report = answer.report();
    return fetched;
}

const std::string pack_part =
    band(1, "PACK one ") + band(2, "counting\n") + packet("\x01") + band(1, "two") + "0000";

TEST(FetchAnswer, V2Sections) {
    const Fetched plain = read_fetch(2, false, packet("packfile\n") + pack_part);
    ASSERT_TRUE(plain.result);
    EXPECT_TRUE(plain.complete);
    EXPECT_EQ(plain.pack, "PACK one two");
    EXPECT_EQ(plain.report.peer_words, "counting");
    const Fetched sections =
        read_fetch(2, true,
                   packet("acknowledgments\n") + packet("ACK " + a + "\n") + packet("ready\n") + "0001" +
                       packet("shallow-info\n") + packet("shallow " + a + "\n") +
                       packet("unshallow " + b + "\n") + "0001" + packet("wanted-refs\n") +
                       packet(a + " refs/heads/x\n") + "0001" + packet("packfile\n") + pack_part);
    ASSERT_TRUE(sections.result);
    EXPECT_TRUE(sections.complete);
    EXPECT_EQ(sections.pack, "PACK one two");
    EXPECT_EQ(sections.report.shallow, std::vector<Oid>{test::oid_of(a)});
    EXPECT_EQ(sections.report.unshallow, std::vector<Oid>{test::oid_of(b)});
}

TEST(FetchAnswer, V0) {
    EXPECT_EQ(read_fetch(0, false, packet("NAK\n") + pack_part).pack, "PACK one two");
    EXPECT_EQ(read_fetch(1, false, packet("ACK " + a + "\n") + packet("ACK " + a + "\n") + pack_part).pack,
              "PACK one two");
    const Fetched shallow =
        read_fetch(0, true, packet("shallow " + a) + "0000" + packet("NAK\n") + pack_part);
    EXPECT_TRUE(shallow.complete);
    EXPECT_EQ(shallow.report.shallow.size(), 1U);
}

TEST(FetchAnswer, NonsenseCutsAndErrors) {
    const auto code = [](const std::string& stream) {
        return std::string(name(read_fetch(2, true, stream).result.error().code));
    };
    EXPECT_EQ(code("0000"), "bad_response");
    EXPECT_EQ(code(packet("acknowledgments\n") + packet("NAK\n") + "0000"), "bad_response");
    EXPECT_EQ(code(packet("packfile-uris\n")), "bad_response");
    EXPECT_EQ(code(packet("shallow-info\n") + packet("shallow xyz\n")), "bad_response");
    EXPECT_EQ(code(packet("shallow-info\n") + "0000"), "bad_response");
    EXPECT_EQ(code(packet("packfile\n") + band(3, "fatal: pack-objects died")), "server_error");
    EXPECT_EQ(code(packet("packfile\n") + band(7, "x")), "bad_response");
    EXPECT_EQ(code(packet("packfile\n") + "0001"), "bad_response");
    EXPECT_EQ(code(packet("ERR upload-pack: not our ref " + a)), "remote_moved");
    const Fetched cut = read_fetch(2, false, packet("packfile\n") + band(1, "PACK"));
    EXPECT_TRUE(cut.result);
    EXPECT_FALSE(cut.complete);
    // Bytes of a pack that look like an error are bytes of a pack.
    EXPECT_EQ(read_fetch(2, false, packet("packfile\n") + band(1, "ERR x") + "0000").pack, "ERR x");
}

}  // namespace
}  // namespace autobackup::remote::answers_test
