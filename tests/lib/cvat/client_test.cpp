// SPDX-License-Identifier: MIT
#include "lib/cvat/client.hpp"

#include <gtest/gtest.h>

#include "lib/core/text.hpp"
#include "tests/lib/cvat/cvat_fixture.hpp"

namespace autobackup::cvat::client_test {
namespace {

using http::Method;
using test::run_coroutine;

constexpr const char* html_404 = "\n<!doctype html>\n<title>Not Found</title>";
constexpr const char* self = R"({"id":1,"username":"admin","is_superuser":true})";
const std::string project_1 =
    R"({"id":1,"name":"one","updated_date":"2026-11-21T05:11:16Z","tasks":{"count":0}})";

std::string list(int count, const std::string& results, const std::string& next = "null") {
    return R"({"count":)" + std::to_string(count) + R"(,"next":)" + next + R"(,"previous":null,"results":[)" +
           results + "]}";
}

class ClientTest : public testing::Test {
protected:
    test::FakeHttp http_;
    Client client_{http_, test_settings()};
};

TEST_F(ClientTest, ConnectsToEachFamilyWithoutSideEffects) {
    struct Case {
        const char* version;
        int requests_status;
        const char* requests_body;
        int old_route;  ///< 0: not asked
        Family family;
    };
    for (const Case& one :
         {Case{"2.14.4", 404, html_404, 0, Family::a}, Case{"2.20.0", 200, "{}", 0, Family::b},
          Case{"2.36.0", 200, "{}", 0, Family::c}, Case{"2.54.1.dev1", 200, "{}", 0, Family::d},
          Case{"fork-7", 200, "{}", 410, Family::d}, Case{"fork-7", 200, "{}", 404, Family::b}}) {
        test::FakeHttp http;
        Client client(http, test_settings());
        http.get("/api/server/about")
            .with("Accept", "application/vnd.cvat+json")
            .answers(200, R"({"version":")" + std::string(one.version) + "\"}");
        http.get("/api/users/self").answers(200, self);
        http.get("/api/requests?page_size=1").answers(one.requests_status, one.requests_body);
        if (one.old_route)
            http.get("/api/tasks/0/backup")
                .answers(one.old_route, one.old_route == 410 ? "This endpoint is no longer supported."
                                                             : R"({"detail":"Not found."})");
        const auto about = run_coroutine([&] { return client.connect(); });
        ASSERT_TRUE(about) << describe(about.error());
        EXPECT_EQ(about->family, one.family) << one.version;
        EXPECT_TRUE(about->is_admin);
        EXPECT_EQ(client.about().user, "admin");
    }
}

TEST_F(ClientTest, TellsWrongCredentialsAndLoginPagesApart) {
    http_.get("/api/server/about").answers(401, R"({"detail":"Invalid token."})");
    const auto refused = run_coroutine([&] { return client_.connect(); });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unauthorized);
    EXPECT_EQ(refused.error().peer, "Invalid token.");
    http_.get("/api/server/about").answers(200, "<html><title>Sign in</title>");
    const auto page = run_coroutine([&] { return client_.connect(); });
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, Errc::bad_response);
    EXPECT_EQ(http_.log().size(), 2U) << "neither is tried again";
}

TEST_F(ClientTest, TriesAgainWhatPasses) {
    http_.get("/api/projects/1").answers(502, "<html>");
    http_.get("/api/projects/1").fails(Errc::connection_reset);
    http_.get("/api/projects/1")
        .answers(429, R"({"detail":"Request was throttled."})")
        .header("Retry-After", "0");
    http_.get("/api/projects/1").answers(200, project_1);
    const auto project = run_coroutine([&] { return client_.project(1); });
    ASSERT_TRUE(project) << describe(project.error());
    EXPECT_EQ(project->name, "one");
    for (int i = 0; i < 4; ++i) http_.get("/api/projects/2").answers(500, html_404);
    const auto broken = run_coroutine([&] { return client_.project(2); });
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, Errc::server_error);
    http_.get("/api/projects/3")
        .answers(403, R"({"detail":"You do not have permission to perform this action."})");
    EXPECT_EQ(run_coroutine([&] { return client_.project(3); }).error().code, Errc::forbidden);
}

TEST_F(ClientTest, ReadsAListPageByPageInAContext) {
    http_.get("/api/projects?org=ac%2Fme&page_size=500&sort=id")
        .answers(200,
                 list(2, project_1, "\"http://inner:8080/api/projects?org=ac%2Fme&page=2&page_size=500\""));
    http_.get("/api/projects?org=ac%2Fme&page=2&page_size=500")
        .answers(200, list(2, R"({"id":2,"name":"two","updated_date":"2026-11-21T05:11:16Z"})"));
    const auto projects = run_coroutine([&] { return client_.projects(Context{"ac/me"}); });
    ASSERT_TRUE(projects) << describe(projects.error());
    ASSERT_EQ(projects->size(), 2U);
    EXPECT_EQ((*projects)[1].id, 2);
    http_.get("/api/projects?org=&page_size=500&sort=id").answers(200, list(0, ""));
    EXPECT_TRUE(run_coroutine([&] { return client_.projects(Context()); })->empty());
}

TEST_F(ClientTest, ReadsAMovingListAnewAndAtLastInOnePiece) {
    const std::string start = "/api/projects?org=&page_size=500&sort=id";
    const std::string next = "\"http://x/api/projects?page=2\"";
    for (int round = 0; round < 3; ++round) {
        http_.get(start).answers(200, list(501, project_1, next));
        http_.get("/api/projects?page=2").answers(404, R"({"detail":"Invalid page."})");
    }
    http_.get("/api/projects?org=&page_size=all&sort=id").answers(200, list(1, project_1));
    const auto projects = run_coroutine([&] { return client_.projects(Context()); });
    ASSERT_TRUE(projects) << describe(projects.error());
    EXPECT_EQ(projects->size(), 1U);
    http_.get(start).answers(404, R"({"detail":"nosuch organization does not exist."})");
    EXPECT_EQ(run_coroutine([&] { return client_.projects(Context()); }).error().code, Errc::not_found)
        << "the first page is no moved one";
}

TEST_F(ClientTest, AsksTheThreeNewestAtOnce) {
    http_.any_order();
    const std::string one = list(3, R"({"id":1,"updated_date":"2026-11-21T05:11:16.5Z"})");
    for (const char* kind : {"projects", "tasks", "jobs"}) {
        http_.get("/api/" + std::string(kind) + "?page_size=1&sort=-updated_date&org=acme").answers(200, one);
    }
    const auto newest = run_coroutine([&] { return client_.newest(Context{"acme"}); });
    ASSERT_TRUE(newest) << describe(newest.error());
    EXPECT_EQ(newest->jobs.count, 3);
    EXPECT_EQ(newest->projects.updated_date, "2026-11-21T05:11:16.5Z");
}

TEST_F(ClientTest, FetchesGuideAssetsAndFrames) {
    http_.get("/api/assets/aaa")
        .with("Accept", "*/*")
        .answers(200, "PNG")
        .header("content-disposition", "inline; filename=\"a.png\"");
    http_.get("/api/assets/bbb").answers(404, R"({"detail":"Not found."})");
    http_.get("/api/assets/ccc").answers(200, "<html>login</html>").header("Content-Type", "text/html");
    http_.get("/api/guides/3").answers(200, R"({"id":3,"markdown":"# hi"})");
    http_.get("/api/tasks/7/data/meta").answers(200, R"({"deleted_frames":[4]})");
    const auto asset = run_coroutine([&] { return client_.asset("aaa"); });
    ASSERT_TRUE(asset);
    EXPECT_EQ((*asset)->file_name, "a.png");
    EXPECT_EQ((*asset)->body, "PNG");
    EXPECT_FALSE(run_coroutine([&] { return client_.asset("bbb"); })->has_value());
    EXPECT_EQ(run_coroutine([&] { return client_.asset("ccc"); }).error().code, Errc::bad_response);
    EXPECT_EQ(run_coroutine([&] { return client_.guide(3); })->markdown, "# hi");
    EXPECT_EQ(run_coroutine([&] { return client_.deleted_frames(7); })->size(), 1U);
}

TEST_F(ClientTest, TouchesByWhatMovesTheDate) {
    client_.assume(about_of(Family::d));
    http_.expect(Method::patch, "/api/tasks/9").with_body("{}").answers(200, "{}");
    EXPECT_TRUE(run_coroutine([&] { return client_.touch(Object{Kind::project, 1}, 9); }));
    http_.get("/api/tasks/7/data/meta").answers(200, R"({"deleted_frames":[4,5]})");
    http_.expect(Method::patch, "/api/tasks/7/data/meta")
        .with_body(R"({"deleted_frames":[4,5]})")
        .answers(200, "{}");
    EXPECT_TRUE(run_coroutine([&] { return client_.touch(Object{Kind::task, 7}, 7); }));
    client_.assume(about_of(Family::a, "2.14.4"));
    http_.expect(Method::patch, "/api/tasks/7")
        .with_body("{}")
        .answers(403, R"({"detail":"You do not have permission to perform this action."})");
    EXPECT_EQ(run_coroutine([&] {
                  return client_.touch(Object{Kind::task, 7}, 7);
              })
                  .error()
                  .code,
              Errc::forbidden);
}

TEST_F(ClientTest, ReportsWhatIsIll) {
    http_.get("/api/server/health/?format=json")
        .with("Accept", "application/json")
        .answers(500, R"({"DiskUsage":"critical"})");
    EXPECT_EQ(**run_coroutine([&] { return client_.health(); }), "DiskUsage: critical");
    EXPECT_EQ(http_.authorizations().back(), "");
    http_.get("/api/server/health/?format=json").answers(200, R"({"DiskUsage":"working"})");
    EXPECT_FALSE(run_coroutine([&] { return client_.health(); })->has_value());
}

class PasswordTest : public testing::Test {
protected:
    static Settings settings() {
        Settings out = test_settings();
        out.auth = PasswordAuth{"bot", Secret("s3cret")};
        return out;
    }
    test::FakeHttp http_;
    Client client_{http_, settings()};
};

TEST_F(PasswordTest, LogsInOnceForConcurrentCalls) {
    http_.any_order();
    http_.post("/api/auth/login")
        .with_body(R"({"username":"bot","password":"s3cret"})")
        .answers(200, R"({"key":"abc"})");
    for (const char* kind : {"projects", "tasks", "jobs"}) {
        http_.get("/api/" + std::string(kind) + "?page_size=1&sort=-updated_date&org=")
            .answers(200, list(0, ""));
    }
    ASSERT_TRUE(run_coroutine([&] { return client_.newest(Context()); }));
    EXPECT_EQ(http_.authorizations(), (std::vector<std::string>{"", "Token abc", "Token abc", "Token abc"}));
}

TEST_F(PasswordTest, FallsBackToBasicWhereThereIsNoLogin) {
    http_.post("/api/auth/login").answers(404, html_404);
    http_.get("/api/projects/1").answers(200, project_1);
    ASSERT_TRUE(run_coroutine([&] { return client_.project(1); }));
    EXPECT_EQ(http_.authorizations().back(), "Basic " + base64_encode("bot:s3cret"));
}

TEST_F(PasswordTest, AWrongPasswordIsFinal) {
    http_.post("/api/auth/login")
        .answers(400, R"({"non_field_errors":["Unable to log in with provided credentials."]})");
    const auto refused = run_coroutine([&] { return client_.project(1); });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unauthorized);
    EXPECT_FALSE(refused.error().transient);
    EXPECT_EQ(describe(refused.error()).find("s3cret"), std::string::npos);
}

}  // namespace
}  // namespace autobackup::cvat::client_test
