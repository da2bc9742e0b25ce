// SPDX-License-Identifier: MIT
// ready(): asking for an export and waiting for it, families B to D.
#include <gtest/gtest.h>

#include "tests/lib/cvat/cvat_fixture.hpp"

namespace autobackup::cvat::exporter_test {
namespace {

const Object project_7{Kind::project, 7};
constexpr const char* post_7 = "/api/projects/7/backup/export?location=local&lightweight=false";
constexpr const char* poll_r = "/api/requests/r%261";
constexpr const char* accepted = R"({"rq_id":"r&1"})";

std::string record(const char* status, const std::string& more = std::string()) {
    return R"({"id":"r&1","status":")" + std::string(status) + "\"" + more + "}";
}
std::string finished(const char* created = "2026-11-21T05:00:00Z") {
    return record(
        "finished",
        R"(,"result_url":"http://inner:8080/api/projects/7/backup/download?rq_id=r%261","created_date":")" +
            std::string(created) + "\"");
}
std::string project(const char* updated) {
    return R"({"id":7,"name":"p","updated_date":")" + std::string(updated) + "\"}";
}

class ReadyTest : public ExporterTest {};

TEST_F(ReadyTest, PostsPollsAndRebases) {
    http_.post(post_7).answers(202, accepted);
    http_.get(poll_r).answers(200, record("queued"));
    http_.get(poll_r).answers(200, record("started"));
    http_.get(poll_r).answers(200, record("something-new"));
    http_.get(poll_r).answers(200, finished());
    const auto ready = this->ready(project_7);
    ASSERT_TRUE(ready) << describe(ready.error());
    EXPECT_EQ(ready->url_path, "/api/projects/7/backup/download?rq_id=r%261");
    EXPECT_EQ(ready->rq_id, "r&1");
    EXPECT_EQ(ready->attempts, 1);
    EXPECT_EQ(observer_.ids, (std::vector<std::string>{"r&1"}));
    EXPECT_EQ(observer_.statuses, (std::vector<std::string>{"queued", "started", "something-new"}));
}

TEST_F(ReadyTest, AttachesToARunningExport) {
    http_.post(post_7).answers(409, accepted);
    http_.get(poll_r).answers(200, finished("2026-11-21T05:00:00Z"));
    http_.get("/api/projects/7").answers(200, project("2026-11-21T04:00:00Z"));
    EXPECT_TRUE(ready(project_7));
}

TEST_F(ReadyTest, AsksAnewWhenTheObjectWasEditedAfterTheExportItAttachedTo) {
    http_.get(poll_r).answers(200, finished("2026-11-21T05:00:00Z"));
    http_.get("/api/projects/7").answers(200, project("2026-11-21T05:00:00.5Z"));
    http_.post(post_7).answers(202, accepted);
    http_.get(poll_r).answers(200, finished("2026-11-21T06:00:00Z"));
    EXPECT_TRUE(ready(project_7, "r&1"));
}

TEST_F(ReadyTest, FindsTheRunningExportOfServersThatDoNotNameIt) {
    http_.post(post_7).answers(409, "Export process is already running");
    http_
        .get(
            "/api/"
            "requests?action=export&target=project&subresource=backup&project_id=7&page_size=500&sort=id")
        .answers(200, R"({"count":3,"next":null,"results":[
            {"id":"other","status":"started","operation":{"type":"export:backup","target":"project","project_id":8}},
            {"id":"dataset","status":"started","operation":{"type":"export:dataset","target":"project","project_id":7}},
            {"id":"r&1","status":"started","operation":{"type":"export:backup","target":"project","project_id":7}}]})");
    http_.get(poll_r).answers(200, finished());
    http_.get("/api/projects/7").answers(200, project("2026-11-21T04:00:00Z"));
    EXPECT_TRUE(ready(project_7));
}

TEST_F(ReadyTest, AnExpiredKnownRequestIsAskedForAnew) {
    http_.get(poll_r).answers(404, "There is no request with specified id");
    http_.post(post_7).answers(202, accepted);
    http_.get(poll_r).answers(200, finished());
    EXPECT_TRUE(ready(project_7, "r&1"));
}

TEST_F(ReadyTest, AnEarlierRunsFailureIsNotOurs) {
    http_.get(poll_r).answers(200, record("failed", R"(,"message":"ValueError: x")"));
    http_.post(post_7).answers(202, accepted);
    http_.get(poll_r).answers(200, finished());
    EXPECT_TRUE(ready(project_7, "r&1"));
}

TEST_F(ReadyTest, RetriesAPassingFailureAndTellsTheServersWords) {
    for (int i = 0; i < 4; ++i) {
        http_.post(post_7).answers(202, accepted);
        http_.get(poll_r).answers(
            200,
            record("failed",
                   R"(,"message":"Work-horse terminated unexpectedly; waitpid returned 9 (signal 9); ")"));
    }
    const auto failed = ready(project_7);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Errc::export_failed);
    EXPECT_TRUE(failed.error().transient);
    EXPECT_EQ(failed.error().peer, "Work-horse terminated unexpectedly; waitpid returned 9 (signal 9);");
    EXPECT_EQ(observer_.ids.back(), "");
}

TEST_F(ReadyTest, DoesNotRetryAFinalFailure) {
    http_.post(post_7).answers(202, accepted);
    http_.get(poll_r).answers(
        200, record("failed", R"(,"message":"ValueError: ZIP does not support timestamps before 1980\n")"));
    const auto failed = ready(project_7);
    ASSERT_FALSE(failed);
    EXPECT_FALSE(failed.error().transient);
    EXPECT_EQ(failed.error().object, "project 7 of lab");
}

TEST_F(ReadyTest, ATaskWithoutDataIsToldSo) {
    http_.post("/api/tasks/4/backup/export?location=local&lightweight=false")
        .answers(400, R"(["Backup of a task without data is not allowed"])");
    const auto empty = ready(Object{Kind::task, 4});
    ASSERT_FALSE(empty);
    EXPECT_EQ(empty.error().code, Errc::no_data);
}

TEST_F(ReadyTest, NoRightNoObjectNoRoute) {
    http_.post(post_7).answers(403, R"({"detail":"You do not have permission to perform this action."})");
    EXPECT_EQ(ready(project_7).error().code, Errc::forbidden);
    http_.post(post_7).answers(404, R"({"detail":"No Project matches the given query."})");
    EXPECT_EQ(ready(project_7).error().code, Errc::not_found);
    http_.post(post_7).answers(404, "<!doctype html>");
    EXPECT_EQ(ready(project_7).error().code, Errc::unsupported);
    http_.post(post_7).answers(202, "{}");
    EXPECT_EQ(ready(project_7).error().code, Errc::bad_response);
}

TEST_F(ReadyTest, AResultInACloudStorageIsNoUse) {
    http_.post(post_7).answers(202, accepted);
    http_.get(poll_r).answers(200, record("finished", R"(,"result_url":null)"));
    EXPECT_EQ(ready(project_7).error().code, Errc::unsupported);
}

TEST_F(ReadyTest, SurvivesAServerRestartWhilePolling) {
    http_.post(post_7).answers(502, "<html>");
    http_.post(post_7).answers(202, accepted);
    http_.get(poll_r).answers(503, "\"Redis service is not available\"");
    http_.get(poll_r).fails(Errc::connection_refused);
    http_.get(poll_r).answers(200, finished());
    EXPECT_TRUE(ready(project_7));
}

class ListPollTest : public ExporterTest {};

TEST_F(ListPollTest, TheListFreesADeadExport) {
    const std::string list = "/api/requests?action=export&page_size=all&sort=id";
    http_.post(post_7).answers(202, accepted);
    http_.get(list).answers(200, R"({"count":2,"next":null,"results":[{"id":"x"},)" +
                                     record("failed", R"(,"message":"due to AbandonedJobError")") + "]}");
    http_.post(post_7).answers(202, accepted);
    http_.get(list).answers(200, R"({"count":0,"next":null,"results":[]})");
    http_.get(poll_r).answers(200, finished());
    policy_.list_every = Milliseconds(0);  // every poll is the list's turn
    Exporter exporter(client_, workers_, exports_, transfers_, policy_);
    const auto ready = test::run_coroutine([&] { return exporter.ready(project_7, "", observer_); });
    ASSERT_TRUE(ready) << describe(ready.error());
    EXPECT_EQ(ready->attempts, 2);
}

class DeadlineTest : public ExporterTest {};

TEST_F(DeadlineTest, GivesUpAfterTheDeadlineAndKeepsTheId) {
    policy_.export_deadline = Milliseconds(30);
    policy_.poll_first = policy_.poll_max = Milliseconds(1'000);  // cut to the deadline: one look at its end
    Exporter exporter(client_, workers_, exports_, transfers_, policy_);
    http_.post(post_7).answers(202, accepted);
    http_.get(poll_r).answers(200, record("started"));
    const auto late = test::run_coroutine([&] { return exporter.ready(project_7, "", observer_); });
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Errc::export_timeout);
    EXPECT_EQ(observer_.ids, (std::vector<std::string>{"r&1"})) << "a later run may attach";
}

class FamilyBTest : public ExporterTest {
protected:
    FamilyBTest() : ExporterTest(Family::b) {}
};

TEST_F(FamilyBTest, OverridesTheDefaultLocationAndTakesTheOldUrl) {
    http_.post("/api/projects/7/backup/export?use_default_location=false&location=local&lightweight=false")
        .answers(202, accepted);
    http_.get(poll_r).answers(
        200, record("finished",
                    R"(,"result_url":"http://h/api/projects/7/backup?location=local&action=download")"));
    EXPECT_EQ(ready(project_7)->url_path, "/api/projects/7/backup?location=local&action=download");
}

}  // namespace
}  // namespace autobackup::cvat::exporter_test
