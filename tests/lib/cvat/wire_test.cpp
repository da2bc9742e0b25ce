// SPDX-License-Identifier: MIT
#include "lib/cvat/wire.hpp"

#include <gtest/gtest.h>

namespace autobackup::cvat::wire_test {
namespace {

TEST(Wire, TellsABodyByItsFirstByte) {
    EXPECT_EQ(form_of(""), BodyForm::empty);
    EXPECT_EQ(form_of("\n<!doctype html>"), BodyForm::html);
    EXPECT_EQ(form_of("{\"a\":1}"), BodyForm::object);
    EXPECT_EQ(form_of(" [1]"), BodyForm::array);
    EXPECT_EQ(form_of("\"Backup has not finished\""), BodyForm::string);
    EXPECT_EQ(form_of("There is no request with specified id"), BodyForm::text);
}

struct WordsCase {
    const char* body;
    const char* words;
};
class PeerWords : public testing::TestWithParam<WordsCase> {};
TEST_P(PeerWords, AreTheServersOwn) {
    EXPECT_EQ(peer_words(GetParam().body), GetParam().words);
}
INSTANTIATE_TEST_SUITE_P(
    Forms, PeerWords,
    testing::Values(WordsCase{"{\"detail\":\"Invalid token.\"}", "Invalid token."},
                    WordsCase{"[\"Backup of a task without data is not allowed\"]",
                              "Backup of a task without data is not allowed"},
                    WordsCase{"\"Redis service is not available\"", "Redis service is not available"},
                    WordsCase{"{\"non_field_errors\":[\"no\"]}", "{\"non_field_errors\":[\"no\"]}"},
                    WordsCase{"\n<!doctype html>\n<html><head>\n  <title>Server Error (500)</title>",
                              "Server Error (500)"},
                    WordsCase{"<html>no title</html>", "an HTML page"},
                    WordsCase{"The export process is not finished\n", "The export process is not finished"},
                    WordsCase{"{broken", "{broken"}, WordsCase{"", ""}));

struct RebaseCase {
    const char* url;
    const char* base;
    const char* path;  ///< nullptr: refused
};
class Rebased : public testing::TestWithParam<RebaseCase> {};
TEST_P(Rebased, KeepsPathAndQueryOnly) {
    const auto path = rebased(GetParam().url, GetParam().base);
    if (!GetParam().path) {
        EXPECT_FALSE(path.has_value()) << *path;
    } else {
        ASSERT_TRUE(path.has_value());
        EXPECT_EQ(*path, GetParam().path);
    }
}
INSTANTIATE_TEST_SUITE_P(
    Urls, Rebased,
    testing::Values(RebaseCase{"http://a.example:8443/api/projects/2/backup/download?rq_id=a%3Db", "/",
                               "/api/projects/2/backup/download?rq_id=a%3Db"},
                    RebaseCase{"http://under_score/api/tasks?page=2", "/", "/api/tasks?page=2"},
                    RebaseCase{"https://h/cvat/api/tasks?page=2", "/cvat", "/api/tasks?page=2"},
                    RebaseCase{"https://h/api/tasks?page=2", "/cvat/", "/api/tasks?page=2"},
                    RebaseCase{"https://h/cvatapi/x", "/cvat", "/cvatapi/x"},
                    RebaseCase{"/api/tasks", "/", "/api/tasks"},
                    RebaseCase{"/api/x?u=http://other/", "/", "/api/x?u=http://other/"},
                    RebaseCase{"https://h", "/", nullptr}, RebaseCase{"//evil/api", "/", nullptr},
                    RebaseCase{"http://h//evil", "/", nullptr}, RebaseCase{"api/x", "/", nullptr},
                    RebaseCase{"http://h/a b", "/", nullptr}, RebaseCase{"http://h/a\r\nX: y", "/", nullptr},
                    RebaseCase{"", "/", nullptr}));

TEST(Wire, NamesAssetsAsTheServersBackupDoes) {
    EXPECT_EQ(disposition_file_name("inline; filename=\"a.png\""), "a.png");
    EXPECT_EQ(disposition_file_name("inline; filename=plain.png; x=y"), "plain.png");
    EXPECT_EQ(disposition_file_name("inline; filename=\"q\\\"uo\\\\te.png\""), "q\"uo\\te.png");
    EXPECT_EQ(disposition_file_name("inline; filename=\"n.png\"; filename*=UTF-8''%C3%BCn%20%5C%22x.png"),
              "\xC3\xBCn \"x.png");
    EXPECT_EQ(disposition_file_name("inline"), "");
    EXPECT_EQ(disposition_file_name("inline; filename=\"open"), "open");
}

TEST(Wire, AnHtmlPageIsNoJson) {
    const auto value = parse_json("<html><title>Sign in</title>", "GET", "projects of lab");
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().code, Errc::bad_response);
    EXPECT_EQ(value.error().peer, "Sign in");
    EXPECT_FALSE(value.error().transient);
    EXPECT_FALSE(value.error().hint.empty());
    EXPECT_EQ(parse_json("{\"a\":", "GET", "x").error().code, Errc::bad_response);
    EXPECT_EQ(parse_json("", "GET", "x").error().code, Errc::bad_response);
    EXPECT_TRUE(parse_json("{\"a\":[1]}", "GET", "x"));
}

TEST(Wire, FailuresCarryTheServersWordsAndAHint) {
    http::Response response;
    response.head.status = 400;
    response.body = "<!doctype html><title>Bad Request (400)</title>";
    const Failure host = answer_failure(response, "GET", "server/about of lab");
    EXPECT_EQ(host.code, Errc::bad_request);
    EXPECT_NE(host.hint.find('_'), std::string::npos);
    response.head.status = 503;
    response.body = "\"Redis service is not available\"";
    const Failure redis = answer_failure(response, "GET", "x");
    EXPECT_EQ(redis.code, Errc::server_error);
    EXPECT_TRUE(redis.transient);
    EXPECT_EQ(redis.peer, "Redis service is not available");
}

}  // namespace
}  // namespace autobackup::cvat::wire_test
