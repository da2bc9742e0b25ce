// SPDX-License-Identifier: MIT
// The upload of a ZIP: what is sent, and what becomes of it when the way there breaks.
#include "tests/lib/cvat/import_fixture.hpp"

namespace autobackup::cvat::import_upload_test {
namespace {

using Upload = ImportTest;

TEST_F(Upload, SendsChunksWithTheirOffsetsAndFinishesOnce) {
    http_.post(route)
        .with("Upload-Length", "15")
        .with("Origin", "http://cvat.example")
        .with("Tus-Resumable", "1.0.0")
        .with("X-Organization", "acme")
        .with_body("")
        .answers(201)
        .header("Location", "http://elsewhere:8080/api/projects/backup/1_uuid")
        .header("Upload-Filename", "1_uuid");
    patch("0", "0123456789")
        .with("Content-Type", "application/offset+octet-stream")
        .with("X-Organization", "acme")
        .answers(204);
    patch("10", "ABCDE").answers(204);
    expect_remembered();
    http_.post(finish)
        .with("Upload-Finish", "true")
        .with("X-Organization", "acme")
        .answers(202, R"({"rq_id":")" + std::string(rq) + "\"}");
    http_.get(rq_path).answers(200, record("started"));
    expect_done();
    const Result<Imported> done = run(demo(), "acme");
    ASSERT_TRUE(done) << describe(done.error());
    EXPECT_EQ(done->id, 41);
    EXPECT_EQ(done->uploads, 1);
    EXPECT_FALSE(done->refused);
    EXPECT_EQ(observer_.begun, std::vector<std::string>{"project 12"});
    EXPECT_EQ(observer_.offsets, (std::vector<std::uint64_t>{10, 15}));
    EXPECT_EQ(observer_.statuses, std::vector<std::string>{"started"});
}

TEST_F(Upload, AnotherOffsetIsAskedForAndTheRestSentFromThere) {
    expect_create();
    patch("0", "0123456789").answers(409);
    head().answers(200).header("Upload-Offset", "4");
    patch("4", "456789").answers(204);
    patch("10", "ABCDE").answers(204);
    expect_remembered();
    expect_accepted();
    expect_done();
    EXPECT_EQ(run(demo()).value().id, 41);
}

TEST_F(Upload, AChunkWhoseAnswerIsLostIsNotSentAgainWhenItArrived) {
    expect_create();
    patch("0", "0123456789").fails(Errc::connection_reset);
    head().answers(200).header("Upload-Offset", "10");
    patch("10", "ABCDE").answers(204);
    expect_remembered();
    expect_accepted();
    expect_done();
    EXPECT_EQ(run(demo()).value().id, 41);
}

TEST_F(Upload, AChunkThatDidNotArriveIsSentAgain) {
    expect_create();
    patch("0", "0123456789").fails(Errc::no_progress);
    head().answers(502, "<html>");
    head().answers(200).header("Upload-Offset", "0");
    patch("0", "0123456789").answers(503, "<html>");
    head().answers(200).header("Upload-Offset", "0");
    patch("0", "0123456789").answers(204);
    patch("10", "ABCDE").answers(204);
    expect_remembered();
    expect_accepted();
    expect_done();
    EXPECT_EQ(run(demo()).value().id, 41);
}

TEST_F(Upload, GivesUpWhereNoTryMakesProgress) {
    expect_create();
    for (int i = 0; i < 3; ++i) {
        patch("0", "0123456789").fails(Errc::connection_reset);
        head().answers(200).header("Upload-Offset", "0");
    }
    const Result<Imported> done = run(demo());
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::connection_reset);
    EXPECT_FALSE(source_failed_);
}

TEST_F(Upload, TheLastChunkMayBeCompleteAlthoughItsAnswerIsLost) {
    expect_create();
    patch("0", "0123456789").answers(204);
    patch("10", "ABCDE").fails(Errc::connection_closed);
    head().answers(404);
    expect_remembered();
    expect_accepted();
    expect_done();
    EXPECT_EQ(run(demo()).value().id, 41);
}

TEST_F(Upload, AnUploadThatTheServerHasLostBeginsAnew) {
    expect_create();
    patch("0", "0123456789").answers(404);
    head().answers(404);
    expect_upload();
    expect_remembered();
    expect_accepted();
    expect_done();
    const Result<Imported> done = run(demo());
    ASSERT_TRUE(done) << describe(done.error());
    EXPECT_EQ(done->uploads, 2);
}

TEST_F(Upload, ASizeThatTheServerDoesNotTakeIsToldClearly) {
    http_.post(route).answers(413, R"("File size exceeds max limit of 26843545600 bytes")");
    const Result<Imported> done = run(demo());
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().http_status, 413);
    EXPECT_NE(done.error().message.find("takes no backup of 15 B in one upload"), std::string::npos)
        << done.error().message;
    EXPECT_NE(done.error().hint.find("25 GiB"), std::string::npos);
}

TEST_F(Upload, AProxyThatTakesNoSuchRequestsIsNamed) {
    expect_create();
    for (int i = 0; i < 3; ++i) {
        patch("0", "0123456789")
            .answers(413, "<html><head><title>413 Request Entity Too Large</title></head></html>");
        head().answers(200).header("Upload-Offset", "0");
    }
    const Result<Imported> done = run(demo());
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().message.find("a proxy in front of the server takes no request of 10 B"),
              std::string::npos)
        << done.error().message;
}

TEST_F(Upload, AServerWithoutTheRouteIsTooOld) {
    http_.post(route).answers(405, R"({"detail":"Method \"POST\" not allowed."})");
    const Result<Imported> done = run(demo());
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::unsupported);
}

TEST_F(Upload, NothingIsFinishedWhenTheCopyIsDamaged) {
    expect_create();
    ImportFile file = demo();
    file.produce = [](const TakePiece& take) -> Result<void> {
        const std::string piece = "0123456";
        const Result<void> taken = take(std::as_bytes(std::span<const char>(piece.data(), piece.size())));
        if (!taken) return taken.error();
        return fail(Errc::content_mismatch, "read", "member", "its content does not have the CRC-32");
    };
    const Result<Imported> done = run(std::move(file));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::content_mismatch);
    EXPECT_TRUE(source_failed_);
}

TEST_F(Upload, AZipOfAnotherLengthIsRefused) {
    expect_upload();
    ImportFile longer = file_of("0123456789ABCDEF");
    longer.bytes = 15;
    const Result<Imported> done = run(std::move(longer));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::content_mismatch);
}

TEST_F(Upload, TheLimitOfTheServer) {
    http_.expect(http::Method::options, route).answers(204).header("Tus-Max-Size", "1000");
    Importer importer(client_, workers_, policy_);
    EXPECT_EQ(test::run_coroutine([&] { return importer.limit(Kind::project); }).value(), 1000u);
    client_.assume(about_of(Family::a, "2.14.4"));
    EXPECT_EQ(test::run_coroutine([&] { return importer.limit(Kind::project); }).value(), usual_import_limit);
}

class OldUpload : public ImportTest {
protected:
    OldUpload() : ImportTest(Family::d, "2.50.0") {}
};

TEST_F(OldUpload, TheEndOfAnUploadIs500There) {
    expect_create();
    patch("0", "0123456789").answers(204);
    patch("10", "ABCDE").fails(Errc::connection_closed);
    for (int i = 0; i < 4; ++i) head().answers(500, "<html>");
    expect_remembered();
    expect_accepted();
    expect_done();
    EXPECT_EQ(run(demo()).value().id, 41);
}

}  // namespace
}  // namespace autobackup::cvat::import_upload_test
