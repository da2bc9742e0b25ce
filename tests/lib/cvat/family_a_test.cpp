// SPDX-License-Identifier: MIT
// ready() and download() with servers whose result can be fetched once only: 2.0-2.15 (A) and 2.16-2.31 (B).
#include <gtest/gtest.h>

#include "lib/hash/digest.hpp"
#include "tests/lib/cvat/cvat_fixture.hpp"

namespace autobackup::cvat::family_a_test {
namespace {

const Object task_5{Kind::task, 5};
const std::string poll = "/api/tasks/5/backup?use_default_location=false&location=local";
const std::string fetch = poll + "&action=download";
const std::string escape = "/api/tasks/5/backup?use_default_location=false&location=cloud_storage";
constexpr const char* version = "attachment; filename=\"task_x_backup_2026_11_21_06_57_55.zip\"";

std::string zip_bytes(std::size_t size) {
    std::string out = "PK\x03\x04";
    out.resize(size, 'y');
    return out;
}

class FamilyATest : public ExporterTest {
protected:
    FamilyATest() : ExporterTest(Family::a) {}
    test::FakeExchange& file(const std::string& body) {
        return http_.get(fetch)
            .with("Accept", "*/*")
            .answers(200, body)
            .header("ETag", "\"e1\"")
            .header("Content-Disposition", version);
    }
    Exporter::Ready at_fetch() {
        Exporter::Ready ready;
        ready.url_path = fetch;
        return ready;
    }
};

TEST_F(FamilyATest, PollsTheSameGetUntil201) {
    http_.get(poll).answers(202);
    http_.get(poll).answers(202);
    http_.get(poll).answers(201);
    const auto ready = this->ready(task_5);
    ASSERT_TRUE(ready) << describe(ready.error());
    EXPECT_EQ(ready->url_path, fetch);
    EXPECT_EQ(ready->rq_id, "");
}

TEST_F(FamilyATest, AJsonStringWith500IsTheFailureAHtmlPageIsNot) {
    http_.get(poll).answers(202);
    http_.get(poll).answers(500, "<html>");
    http_.get(poll).answers(500, "\"ValueError: ZIP does not support timestamps before 1980\\n\"");
    const auto failed = ready(task_5);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Errc::export_failed);
    EXPECT_FALSE(failed.error().transient);
    EXPECT_EQ(failed.error().peer, "ValueError: ZIP does not support timestamps before 1980");
}

TEST_F(FamilyATest, AKilledWorkerIsTriedAgain) {
    http_.get(poll).answers(500, "\"Work-horse terminated unexpectedly; waitpid returned 9 (signal 9); \"");
    http_.get(poll).answers(202);
    http_.get(poll).answers(201);
    const auto ready = this->ready(task_5);
    ASSERT_TRUE(ready);
    EXPECT_EQ(ready->attempts, 2);
}

TEST_F(FamilyATest, ATaskWithoutDataIsToldSo) {
    http_.get(poll).answers(400, "\"Backup of a task without data is not allowed\"");
    EXPECT_EQ(ready(task_5).error().code, Errc::no_data);
    http_.get(poll).answers(404, R"({"detail":"Not found."})");
    EXPECT_EQ(ready(task_5).error().code, Errc::not_found);
}

TEST_F(FamilyATest, GetsRidOfAFinishedJobWhoseFileIsGone) {
    const std::string body = zip_bytes(1000);
    http_.get(fetch).answers(500, "\"The result file does not exist in export cache\"");
    http_.get(escape).answers(200);
    http_.get(poll).answers(202);
    http_.get(poll).answers(201);
    file(body);
    const auto got = download(task_5, at_fetch());
    ASSERT_TRUE(got) << describe(got.error());
    EXPECT_EQ(on_disk(), body);
}

TEST_F(FamilyATest, EditedMeanwhileGoesBackToPollingSomeTimes) {
    const std::string body = zip_bytes(1000);
    for (int i = 0; i < 2; ++i) {
        http_.get(fetch).answers(400, "\"Backup has not finished\"");
        http_.get(poll).answers(201);
    }
    file(body);
    ASSERT_TRUE(download(task_5, at_fetch()));
    for (int i = 0; i < 6; ++i) {
        http_.get(fetch).answers(400, "\"Backup has not finished\"");
        if (i < 5) http_.get(poll).answers(201);
    }
    const auto busy = download(task_5, at_fetch());
    ASSERT_FALSE(busy);
    EXPECT_EQ(busy.error().code, Errc::too_busy);
    EXPECT_NE(busy.error().message.find("edited constantly"), std::string::npos);
}

TEST_F(FamilyATest, ResumesThroughANewExportWithIfRange) {
    const std::string body = zip_bytes(300'000);
    file(body).cut_after(100'000);
    http_.get(poll).answers(202);
    http_.get(poll).answers(201);
    http_.get(fetch)
        .with("Range", "bytes=100000-")
        .with("If-Range", "\"e1\"")
        .with("If-Match", "")
        .answers(206, body.substr(100'000))
        .header("ETag", "\"e1\"")
        .header("Content-Disposition", version)
        .header("Content-Range", "bytes 100000-299999/300000");
    const auto got = download(task_5, at_fetch());
    ASSERT_TRUE(got) << describe(got.error());
    EXPECT_EQ(on_disk(), body);
    EXPECT_EQ(got->resumed, 1);
    EXPECT_EQ(got->sha256, hash::sha256_hex(body));
}

TEST_F(FamilyATest, TakesTheWholeWhenTheFileIsAnotherOne) {
    const std::string body = zip_bytes(200'000);
    file(zip_bytes(300'000)).cut_after(100'000);
    http_.get(poll).answers(201);
    http_.get(fetch)
        .with("If-Range", "\"e1\"")
        .answers(200, body)
        .header("ETag", "\"e2\"")
        .header("Content-Disposition", "other");
    const auto got = download(task_5, at_fetch());
    ASSERT_TRUE(got) << describe(got.error());
    EXPECT_EQ(on_disk(), body);
    EXPECT_EQ(got->resumed, 0);
    EXPECT_EQ(got->sha256, hash::sha256_hex(body));
}

}  // namespace
}  // namespace autobackup::cvat::family_a_test
