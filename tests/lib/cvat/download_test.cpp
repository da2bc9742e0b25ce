// SPDX-License-Identifier: MIT
// download(): from a finished export to a complete file; families C and D, where the URL stays good.
#include <gtest/gtest.h>

#include <fstream>

#include "lib/cvat/resume_file.hpp"
#include "lib/cvat/spool_file.hpp"
#include "lib/hash/digest.hpp"
#include "tests/lib/cvat/cvat_fixture.hpp"

namespace autobackup::cvat::download_test {
namespace {

const Object project_7{Kind::project, 7};
constexpr const char* url = "/api/projects/7/backup/download?rq_id=r1";
constexpr const char* post_7 = "/api/projects/7/backup/export?location=local&lightweight=false";
constexpr const char* version_1 = "attachment; filename=\"project_p_backup_2026_11_21_05_11_16.zip\"";
constexpr const char* version_2 = "attachment; filename=\"project_p_backup_2026_11_21_06_00_00.zip\"";

std::string zip_bytes(std::size_t size, char fill = 'z') {
    std::string out = "PK\x03\x04";
    for (std::size_t i = out.size(); i < size; ++i)
        out += static_cast<char>(fill + static_cast<char>(i % 23));
    return out;
}

class DownloadTest : public ExporterTest {
protected:
    static Exporter::Ready ready_at(std::string path = url) {
        Exporter::Ready ready;
        ready.url_path = std::move(path);
        ready.rq_id = "r1";
        return ready;
    }
    test::FakeExchange& whole(const std::string& body, const char* etag = "\"e1\"",
                              const char* version = version_1) {
        return http_.get(url)
            .answers(200, body)
            .header("ETag", etag)
            .header("Content-Disposition", version)
            .header("Content-Type", "application/zip");
    }
    test::FakeExchange& rest(const std::string& body, std::size_t from, const char* etag = "\"e1\"",
                             const char* version = version_1) {
        return http_.get(url)
            .with("Range", "bytes=" + std::to_string(from) + "-")
            .answers(206, body.substr(from))
            .header("ETag", etag)
            .header("Content-Disposition", version)
            .header("Content-Range", "bytes " + std::to_string(from) + "-" + std::to_string(body.size() - 1) +
                                         "/" + std::to_string(body.size()));
    }
    void exported_again() {
        http_.post(post_7).answers(202, R"({"rq_id":"r1"})");
        http_.get("/api/requests/r1")
            .answers(
                200,
                R"({"id":"r1","status":"finished","result_url":"http://x/api/projects/7/backup/download?rq_id=r1"})");
    }
    void expect_whole(const Result<ExportedFile>& file, const std::string& body) {
        ASSERT_TRUE(file) << describe(file.error());
        EXPECT_EQ(on_disk(), body);
        EXPECT_EQ(file->bytes, body.size());
        EXPECT_EQ(file->sha256, hash::sha256_hex(body));
        EXPECT_FALSE(std::filesystem::exists(side_file(file_)));
    }
};

TEST_F(DownloadTest, StoresTheWholeFile) {
    const std::string body = zip_bytes(1'300'000);
    whole(body).with("Accept", "*/*").with("Range", "").with("If-Match", "");
    const auto file = download(project_7, ready_at());
    expect_whole(file, body);
    EXPECT_EQ(file->resumed, 0);
    EXPECT_EQ(file->content_disposition, version_1);
    EXPECT_EQ(observer_.asked, (std::vector<std::uint64_t>{body.size()}));
    EXPECT_EQ(observer_.received, body.size());
    EXPECT_EQ(observer_.ids, (std::vector<std::string>{""}));
}

TEST_F(DownloadTest, ResumesAfterACutAtAnyByte) {
    const std::string body = zip_bytes(700'000);
    for (const std::size_t cut :
         {std::size_t{4}, std::size_t{5}, std::size_t{99'999}, std::size_t{524'288}, std::size_t{699'999}}) {
        whole(body).cut_after(cut);
        rest(body, cut).with("If-Match", "\"e1\"");
        const auto file = download(project_7, ready_at());
        expect_whole(file, body);
        EXPECT_EQ(file->resumed, 1);
        EXPECT_EQ(file->download_attempts, 2);
        std::filesystem::remove(file_);
    }
    for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{3}}) {
        whole(body).cut_after(cut, Errc::no_progress);
        whole(body).with("Range", "");
        const auto file = download(project_7, ready_at());
        expect_whole(file, body);
        EXPECT_EQ(file->resumed, 0);
        std::filesystem::remove(file_);
    }
}

TEST_F(DownloadTest, GoesOnAfterAReExportThatChangedNothing) {
    const std::string body = zip_bytes(300'000);
    whole(body).cut_after(200'000);
    http_.get(url).with("If-Match", "\"e1\"").answers(412, "<html>");
    rest(body, 200'000, "\"e2\"").with("If-Match", "").cut_after(50'000);
    rest(body, 250'000, "\"e2\"").with("If-Match", "");
    const auto file = download(project_7, ready_at());
    expect_whole(file, body);
    EXPECT_EQ(file->resumed, 2);
}

TEST_F(DownloadTest, StartsOverWhenTheFileIsAnotherOne) {
    const std::string old_body = zip_bytes(300'000);
    const std::string new_body = zip_bytes(300'000, 'A');
    whole(old_body).cut_after(200'000);
    http_.get(url).with("If-Match", "\"e1\"").answers(412, "<html>");
    rest(new_body, 200'000, "\"e2\"", version_2);
    whole(new_body, "\"e2\"", version_2).with("Range", "").with("If-Match", "");
    const auto file = download(project_7, ready_at());
    expect_whole(file, new_body);
    EXPECT_EQ(file->resumed, 0);
    EXPECT_EQ(file->content_disposition, version_2);
}

TEST_F(DownloadTest, AsksForTheExportAgainWhenItHasExpired) {
    const std::string body = zip_bytes(1000);
    http_.get(url).answers(404, "\"The exported file has expired, please retry exporting\"");
    exported_again();
    http_.get(url).answers(400, "Unknown export request id");
    exported_again();
    whole(body);
    const auto file = download(project_7, ready_at());
    expect_whole(file, body);
    EXPECT_EQ(file->export_attempts, 3);
}

TEST_F(DownloadTest, GivesUpOnAResultThatAlwaysExpires) {
    for (int i = 0; i < 4; ++i) {
        http_.get(url).answers(404, "\"The exported file has expired, please retry exporting\"");
        if (i < 3) exported_again();
    }
    const auto file = download(project_7, ready_at());
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, Errc::export_expired);
}

TEST_F(DownloadTest, PollsWhenTheExportRunsAgain) {
    const std::string body = zip_bytes(1000);
    http_.get(url).answers(400, "The export process is not finished");
    http_.get("/api/requests/r1").answers(200, R"({"id":"r1","status":"started"})");
    http_.get("/api/requests/r1")
        .answers(
            200,
            R"({"id":"r1","status":"finished","created_date":"2026-11-21T05:00:00Z","result_url":"http://x/api/projects/7/backup/download?rq_id=r1"})");
    http_.get("/api/projects/7").answers(200, R"({"id":7,"name":"p","updated_date":"2026-11-21T04:00:00Z"})");
    whole(body);
    expect_whole(download(project_7, ready_at()), body);
}

TEST_F(DownloadTest, ALoginPageIsNotTheArchive) {
    http_.get(url).answers(200, "<html><title>Sign in</title>").header("Content-Type", "text/html");
    const auto page = download(project_7, ready_at());
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, Errc::bad_response);
    http_.get(url).answers(200, "<html><title>Sign in</title> without a type");
    const auto untyped = download(project_7, ready_at());
    ASSERT_FALSE(untyped);
    EXPECT_EQ(untyped.error().code, Errc::bad_response);
    EXPECT_EQ(untyped.error().peer, "Sign in");
    EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

TEST_F(DownloadTest, WithoutALengthNothingIsBelieved) {
    http_.get(url).answers(200, zip_bytes(100)).no_length();
    EXPECT_EQ(download(project_7, ready_at()).error().code, Errc::bad_response);
    const std::string body = zip_bytes(100);
    http_.get(url).answers(200, body).no_length().header("Transfer-Encoding", "chunked");
    expect_whole(download(project_7, ready_at()), body);
}

TEST_F(DownloadTest, KeepsTheReserveFree) {
    observer_.room = 500;
    whole(zip_bytes(1000));
    const auto file = download(project_7, ready_at());
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, Errc::reserve);
    EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

TEST_F(DownloadTest, GivesUpAfterItsTriesAndALaterRunGoesOn) {
    const std::string body = zip_bytes(300'000);
    whole(body).cut_after(100'000);
    for (int i = 0; i < 3; ++i) http_.get(url).with("Range", "bytes=100000-").fails(Errc::connection_refused);
    const auto file = download(project_7, ready_at());
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, Errc::connection_refused);
    EXPECT_TRUE(file.error().transient);
    EXPECT_TRUE(std::filesystem::exists(side_file(file_)));

    rest(body, 100'000).with("If-Match", "\"e1\"");
    const auto later = download(project_7, ready_at());
    expect_whole(later, body);
    EXPECT_EQ(later->resumed, 1);
}

TEST_F(DownloadTest, ProgressForgetsEarlierFailures) {
    const std::string body = zip_bytes(8 << 20);
    std::size_t at = 0;
    const std::size_t step = 1 << 20;
    whole(body).cut_after(step);
    for (at = step; at + step < body.size(); at += step) rest(body, at).cut_after(step);
    rest(body, at);
    const auto file = download(project_7, ready_at());
    expect_whole(file, body);
    EXPECT_EQ(file->resumed, 7);
}

TEST_F(DownloadTest, APartLongerThanTheFileStartsOver) {
    const std::string body = zip_bytes(1000);
    whole(zip_bytes(2000)).cut_after(1500);
    http_.get(url)
        .with("Range", "bytes=1500-")
        .answers(416, "<html>")
        .header("Content-Range", "bytes */1000");
    whole(body, "\"e2\"", version_2).with("Range", "");
    expect_whole(download(project_7, ready_at()), body);
}

TEST_F(DownloadTest, NoRightIsFinal) {
    http_.get(url).answers(403, R"({"detail":"You do not have permission to perform this action."})");
    EXPECT_EQ(download(project_7, ready_at()).error().code, Errc::forbidden);
}

}  // namespace
}  // namespace autobackup::cvat::download_test
