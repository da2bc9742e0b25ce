// SPDX-License-Identifier: MIT
#include "lib/remote/advertisement.hpp"

#include <gtest/gtest.h>

#include "lib/remote/http_parts.hpp"
#include "tests/support/git_work_tree.hpp"

namespace autobackup::remote::advertisement_test {
namespace {

const std::string a(40, 'a'), b(40, 'b'), c(40, 'c'), zero(40, '0');

struct Read {
    Result<void> result;
    int version = 0;
    Advertisement value;
};

Read read(Service service, bool http, const std::string& stream) {
    AdvertisementParser parser(service, http);
    Read read{parse_all(stream, parser), parser.version(), {}};
    if (read.result) read.value = parser.value();
    return read;
}

TEST(Advertisement, V0OverHttpWithTagsAndCapabilities) {
    const std::string stream =
        packet("# service=git-upload-pack\n") + "0000" +
        packet(a + " HEAD" + '\0' +
               "multi_ack side-band-64k symref=HEAD:refs/heads/main agent=git/2.39.5\n") +
        packet(b + " refs/tags/v1\n") + packet(c + " refs/tags/v1^{}\n") + packet(a + " refs/heads/main\n") +
        "0000";
    const Read got = read(Service::upload_pack, true, stream);
    ASSERT_TRUE(got.result) << describe(got.result.error());
    EXPECT_EQ(got.version, 0);
    ASSERT_EQ(got.value.refs.size(), 3U);
    EXPECT_EQ(got.value.refs[0].name, "HEAD");
    EXPECT_EQ(got.value.refs[0].symref_target, "refs/heads/main");
    EXPECT_EQ(got.value.refs[1].name, "refs/heads/main");
    ASSERT_NE(got.value.find("refs/tags/v1"), nullptr);
    EXPECT_EQ(got.value.find("refs/tags/v1")->peeled, test::oid_of(c));
    EXPECT_EQ(got.value.find("refs/heads/mai"), nullptr);
    EXPECT_EQ(got.value.capabilities.at("agent"), "git/2.39.5");
    EXPECT_TRUE(offers(got.value, "side-band-64k"));
    EXPECT_FALSE(offers(got.value, "side-band"));
}

TEST(Advertisement, EmptyRepositoryAndAlternates) {
    const Read got = read(Service::receive_pack, false,
                          packet(zero + " capabilities^{}" + '\0' + "report-status delete-refs") + "0000");
    ASSERT_TRUE(got.result);
    EXPECT_TRUE(got.value.refs.empty());
    EXPECT_TRUE(offers(got.value, "delete-refs"));
    const Read alternates =
        read(Service::receive_pack, false,
             packet(a + " .have" + '\0' + "report-status\n") + packet(a + " refs/heads/x\n") +
                 packet(b + " .have\n") + packet("shallow " + c + "\n") + "0000");
    ASSERT_TRUE(alternates.result);
    ASSERT_EQ(alternates.value.refs.size(), 1U);
    EXPECT_TRUE(read(Service::upload_pack, false, "0000").result);
}

TEST(Advertisement, V1AndV2) {
    const Read v1 = read(Service::receive_pack, false,
                         packet("version 1\n") + packet(a + " refs/heads/x" + '\0' + "atomic\n") + "0000");
    ASSERT_TRUE(v1.result);
    EXPECT_EQ(v1.version, 1);
    EXPECT_TRUE(offers(v1.value, "atomic"));
    EXPECT_EQ(v1.value.refs.size(), 1U);
    const std::string body = packet("version 2\n") + packet("agent=git/github-1\n") +
                             packet("ls-refs=unborn\n") + packet("fetch=shallow wait-for-done filter\n") +
                             packet("object-format=sha1\n") + "0000";
    const std::string named = packet("# service=git-upload-pack\n") + "0000" + body;
    for (const auto& [http, stream] :
         {std::pair(true, named), std::pair(true, body), std::pair(false, body)}) {
        const Read v2 = read(Service::upload_pack, http, stream);
        ASSERT_TRUE(v2.result);
        EXPECT_EQ(v2.version, 2);
        EXPECT_TRUE(offers(v2.value, "fetch", "filter"));
        EXPECT_FALSE(offers(v2.value, "fetch", "filt"));
        EXPECT_FALSE(offers(v2.value, "ls-refs", "filter"));
    }
}

struct Bad {
    const char* name;
    std::string stream;
    Errc code;
};

class BadAdvertisement : public testing::TestWithParam<Bad> {};

TEST_P(BadAdvertisement, IsRefused) {
    const Read got = read(Service::receive_pack, true, GetParam().stream);
    ASSERT_FALSE(got.result);
    EXPECT_EQ(name(got.result.error().code), name(GetParam().code)) << describe(got.result.error());
}

const std::string service = packet("# service=git-receive-pack\n") + "0000";

INSTANTIATE_TEST_SUITE_P(
    All, BadAdvertisement,
    testing::Values(
        Bad{"no_service", packet(a + " refs/heads/x\n") + "0000", Errc::bad_response},
        Bad{"other_service", packet("# service=git-upload-pack\n") + "00000000", Errc::bad_response},
        Bad{"html", "<!DOCTYPE html>", Errc::bad_response}, Bad{"empty", "", Errc::connection_closed},
        Bad{"only_service", service, Errc::connection_closed},
        Bad{"cut", service + packet(a + " refs/heads/x" + '\0' + "atomic\n"), Errc::connection_closed},
        Bad{"cut_in_packet", service + packet(a + " refs/heads/x" + '\0' + "atomic\n").substr(0, 30),
            Errc::connection_closed},
        Bad{"short_oid", service + packet("abc refs/heads/x\n") + "0000", Errc::bad_response},
        Bad{"no_name", service + packet(a + " ") + "0000", Errc::bad_response},
        Bad{"dots_in_name", service + packet(a + " refs/heads/../../x\n") + "0000", Errc::bad_response},
        Bad{"control_in_name", service + packet(a + " refs/heads/x\ty\n") + "0000", Errc::bad_response},
        Bad{"peeled_alone", service + packet(a + " refs/tags/v^{}\n") + "0000", Errc::bad_response},
        Bad{"sha256", service + packet(a + " refs/heads/x" + '\0' + "object-format=sha256\n") + "0000",
            Errc::unsupported},
        Bad{"version_3", service + packet("version 3\n") + "0000", Errc::unsupported},
        Bad{"delimiter", service + "0001", Errc::bad_response},
        Bad{"error", service + packet("ERR access denied or repository not exported: /x"), Errc::forbidden},
        Bad{"missing", packet("ERR Repository not found."), Errc::not_found}),
    [](const auto& which) { return which.param.name; });

TEST(RefList, TellsTheBranchThatIsNotBornYet) {
    RefListParser parser;
    ASSERT_TRUE(parse_all(packet("unborn HEAD symref-target:refs/heads/trunk\n") + "0000", parser));
    EXPECT_TRUE(parser.refs().empty());
    EXPECT_EQ(parser.unborn_head(), "refs/heads/trunk");
}

TEST(RefList, ReadsNamesSymrefsAndPeeledTags) {
    RefListParser parser;
    const std::string stream =
        packet(b + " refs/tags/v1 peeled:" + c + "\n") + packet(a + " HEAD symref-target:refs/heads/main\n") +
        packet(a + " refs/heads/main\n") + packet("unborn X symref-target:refs/heads/y\n") + "0000";
    ASSERT_TRUE(parse_all(stream, parser));
    ASSERT_EQ(parser.refs().size(), 3U);
    EXPECT_EQ(parser.refs()[0].symref_target, "refs/heads/main");
    EXPECT_EQ(parser.refs()[2].peeled, test::oid_of(c));
    std::vector<Ref> refs = parser.refs();
    keep_prefixes(refs, {});
    EXPECT_EQ(refs.size(), 3U);
    keep_prefixes(refs, {"refs/heads/", "refs/tags/v2"});
    ASSERT_EQ(refs.size(), 1U);
    EXPECT_EQ(refs[0].name, "refs/heads/main");
}

TEST(RefList, RefusesNonsense) {
    for (const std::string& stream : {packet("hello\n") + "0000", packet(a + " refs/../x\n") + "0000",
                                      std::string("0001"), packet(a + " x\n")}) {
        RefListParser parser;
        EXPECT_FALSE(parse_all(stream, parser)) << stream;
    }
}

}  // namespace
}  // namespace autobackup::remote::advertisement_test
