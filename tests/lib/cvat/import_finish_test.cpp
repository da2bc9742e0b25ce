// SPDX-License-Identifier: MIT
// The end of a restore: answers that are lost never make a second object, and an import that fails says why.
#include "tests/lib/cvat/import_fixture.hpp"

namespace autobackup::cvat::import_finish_test {
namespace {

using Finish = ImportTest;

TEST_F(Finish, ALostAnswerIsLookedForInTheServersOwnList) {
    expect_upload();
    expect_remembered();
    http_.post(finish).fails(Errc::connection_closed);
    expect_requests(record("started"));
    expect_done();
    const Result<Imported> done = run(demo());
    ASSERT_TRUE(done) << describe(done.error());
    EXPECT_EQ(done->id, 41);
    EXPECT_EQ(done->uploads, 1);
}

TEST_F(Finish, AskedAgainWhereNothingBegan) {
    expect_upload();
    expect_remembered();
    http_.post(finish).answers(504, "<html>");
    expect_requests();
    expect_accepted();
    expect_done();
    EXPECT_EQ(run(demo()).value().id, 41);
}

TEST_F(Finish, RefusedTheSecondTimeBecauseTheFirstCounted) {
    expect_upload();
    expect_remembered();
    http_.post(finish).answers(502, "<html>");
    expect_requests();
    http_.post(finish).answers(400, R"(["No such file were uploaded"])");
    expect_requests(record("queued"));
    expect_done();
    const Result<Imported> done = run(demo());
    ASSERT_TRUE(done) << describe(done.error());
    EXPECT_EQ(done->uploads, 1);
}

TEST_F(Finish, ImportsThatWereThereBeforeAreNotOurs) {
    const std::string other =
        R"({"id":"other","status":"started","operation":{"type":"import:backup","target":"project"}})";
    expect_upload();
    expect_remembered(other);
    http_.post(finish).fails(Errc::connection_closed);
    expect_requests(other);
    expect_accepted();
    expect_done();
    EXPECT_EQ(run(demo()).value().id, 41);
}

TEST_F(Finish, TwoNewImportsCannotBeTold) {
    expect_upload();
    expect_remembered();
    http_.post(finish).fails(Errc::connection_closed);
    const std::string other =
        R"({"id":"other","status":"started","operation":{"type":"import:backup","target":"project"}})";
    http_.get(requests).answers(
        200, R"({"count":2,"next":null,"previous":null,"results":[)" + other + "," + record("queued") + "]}");
    const Result<Imported> done = run(demo());
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().hint.find("look at the server"), std::string::npos);
    EXPECT_FALSE(done.error().transient);
}

TEST_F(Finish, AnUploadThatIsGoneIsMadeAnew) {
    expect_upload();
    expect_remembered();
    http_.post(finish).answers(400, R"(["No such file were uploaded"])");
    expect_upload();
    expect_remembered();
    expect_accepted();
    expect_done();
    EXPECT_EQ(run(demo()).value().uploads, 2);
}

TEST_F(Finish, WithoutTheRight) {
    expect_upload();
    expect_remembered();
    http_.post(finish).answers(403, R"({"detail":"You do not have permission to perform this action."})");
    const Result<Imported> done = run(demo());
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::forbidden);
}

TEST_F(Finish, AContentThatTheServerRefusesIsNoFailureOfTheWay) {
    expect_upload();
    expect_remembered();
    expect_accepted();
    http_.get(rq_path).answers(
        200,
        record(
            "failed",
            R"(,"message":"KeyError: \"There is no item named 'task_0/annotations.json' in the archive\"\n")"));
    const Result<Imported> done = run(demo());
    ASSERT_TRUE(done) << describe(done.error());
    EXPECT_EQ(done->id, 0);
    ASSERT_TRUE(done->refused);
    EXPECT_EQ(done->refused->peer,
              "KeyError: \"There is no item named 'task_0/annotations.json' in the archive\"");
}

TEST_F(Finish, AWorkerThatDiedIsNoReasonToGiveUp) {
    expect_upload();
    expect_remembered();
    expect_accepted();
    http_.get(rq_path).answers(
        200,
        record("failed", R"(,"message":"rq.exceptions.AbandonedJobError: Moved to FailedJobRegistry\n")"));
    expect_new(R"({"id":40,"name":"Demo","owner":{"id":1,"username":"admin"}})");
    expect_upload();
    expect_remembered();
    expect_accepted();
    expect_done();
    const Result<Imported> done = run(demo());
    ASSERT_TRUE(done) << describe(done.error());
    EXPECT_EQ(done->uploads, 2);
}

TEST_F(Finish, WhatAWorkerMadeBeforeItWasGivenUpIsTaken) {
    expect_upload();
    expect_remembered();
    expect_accepted();
    http_.get(rq_path).answers(200, record("failed", R"(,"message":"Work-horse terminated unexpectedly")"));
    expect_new(
        R"({"id":43,"name":"Demo","owner":{"id":2,"username":"bob"}},{"id":42,"name":"Demo","owner":{"id":1,"username":"admin"}})");
    const Result<Imported> done = run(demo());
    ASSERT_TRUE(done) << describe(done.error());
    EXPECT_EQ(done->id, 42) << "another user's project of the same name is not ours";
}

TEST_F(Finish, AFullDiskOfTheServerIsNotTheFaultOfTheContent) {
    expect_upload();
    expect_remembered();
    expect_accepted();
    http_.get(rq_path).answers(
        200, record("failed", R"(,"message":"OSError: [Errno 28] No space left on device: '/x'\n")"));
    const Result<Imported> done = run(demo());
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message, "the server's disk is full");
}

TEST_F(Finish, AnImportThatNeverEndsHasALimit) {
    policy_.import_deadline = Milliseconds(5);
    http_.any_order();
    expect_upload();
    expect_remembered();
    expect_accepted();
    policy_.poll_first = policy_.poll_max = Milliseconds(50);
    http_.get(rq_path).answers(200, record("queued"));
    const Result<Imported> done = run(demo());
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::timeout);
    EXPECT_FALSE(done.error().transient);
}

/// Up to 2.15: no list of requests, and the end is told once.
class FinishOfOld : public ImportTest {
protected:
    FinishOfOld() : ImportTest(Family::a, "2.14.4") {}
    void expect_old_upload() {
        http_.post(route)
            .answers(201)
            .header("Location", "http://x/api/projects/backup/5af5bb96-8b55-481e-8ce6-dfa120e95835")
            .header("Upload-Filename", "b.zip");
        for (const auto& [offset, body] : {std::pair("0", "0123456789"), std::pair("10", "ABCDE")}) {
            http_.expect(http::Method::patch, "/api/projects/backup/5af5bb96-8b55-481e-8ce6-dfa120e95835")
                .with("Upload-Offset", offset)
                .with_body(body)
                .answers(204);
        }
        http_.get(newest).answers(200, R"({"count":1,"next":null,"previous":null,"results":[{"id":40}]})");
    }
    static constexpr const char* old_finish = "/api/projects/backup/?filename=b.zip";
    void expect_poll(int status, std::string body) {
        http_.post(route).with_body(R"({"rq_id":"import:1"})").answers(status, std::move(body));
    }
};

TEST_F(FinishOfOld, AsksTheRouteUntilItNamesTheObject) {
    expect_old_upload();
    http_.post(old_finish).answers(202, R"({"rq_id":"import:1"})");
    expect_poll(202, R"({"rq_id":"import:1"})");
    expect_poll(201, R"({"id":41})");
    EXPECT_EQ(run(demo()).value().id, 41);
}

TEST_F(FinishOfOld, AnEndThatWasToldAndLostIsFoundInTheList) {
    expect_old_upload();
    http_.post(old_finish).answers(202, R"({"rq_id":"import:1"})");
    http_.post(route).fails(Errc::connection_closed);
    expect_poll(400, R"({"project_file":["No file was submitted."]})");
    expect_new(R"({"id":41,"name":"Demo","owner":{"id":1,"username":"admin"}})");
    EXPECT_EQ(run(demo()).value().id, 41);
}

TEST_F(FinishOfOld, ALostFinishIsNeverRepeatedByAnUpload) {
    expect_old_upload();
    http_.post(old_finish).fails(Errc::connection_closed);
    http_.post(old_finish).answers(400, R"("No such file were uploaded")");
    expect_new(R"({"id":39,"name":"Demo","owner":{"id":1,"username":"admin"}})");
    expect_new(R"({"id":41,"name":"Demo","owner":{"id":1,"username":"admin"}})");
    const Result<Imported> done = run(demo());
    ASSERT_TRUE(done) << describe(done.error());
    EXPECT_EQ(done->id, 41);
    EXPECT_EQ(done->uploads, 1);
}

TEST_F(FinishOfOld, AFailedImportTellsItsLastLine) {
    expect_old_upload();
    http_.post(old_finish).answers(202, R"({"rq_id":"import:1"})");
    expect_poll(
        500,
        R"("Traceback (most recent call last):\n  File \"backup.py\"\nValueError: 2.0 version is not supported\n")");
    const Result<Imported> done = run(demo());
    ASSERT_TRUE(done) << describe(done.error());
    ASSERT_TRUE(done->refused);
    EXPECT_EQ(done->refused->peer, "ValueError: 2.0 version is not supported");
}

}  // namespace
}  // namespace autobackup::cvat::import_finish_test
