// SPDX-License-Identifier: MIT
// A download that an orderly stop ends: what came is kept, and the next one goes on there.
#include <gtest/gtest.h>

#include <boost/system/system_error.hpp>

#include "lib/cvat/resume_file.hpp"
#include "lib/cvat/spool_file.hpp"
#include "lib/hash/digest.hpp"
#include "tests/lib/cvat/standin_fixture.hpp"

namespace autobackup::cvat::cancelled_download_test {
namespace {

const Object project_1{Kind::project, 1};
constexpr const char* rq_id = "action=export&target=project&target_id=1&user_id=1&subresource=backup";

/// Runs `work` and cancels it after `delay`; whether it ended by that.
template <class Work>
bool cancelled_after(Milliseconds delay, Work work) {
    try {
        static_cast<void>(test::run_coroutine(work, Milliseconds(20'000), delay));
    } catch (const boost::system::system_error& error) {
        return error.code() == asio::error::operation_aborted;
    }
    return false;
}

class CancelledDownloadTest : public testing::Test {
protected:
    [[nodiscard]] std::uint64_t kept() const {
        const Result<std::string> text = read_file(side_file(file_));
        const auto note = text ? parse_resume_note(*text) : std::nullopt;
        return note ? note->bytes : 0;
    }
    test::CvatStandin server_{{"--seed", "big:1:60:100000:0"}};  // 6 MB
    test::TempDir directory_;
    std::filesystem::path file_ = directory_.path() / "x.zip";
};

TEST_F(CancelledDownloadTest, TheNextOneGoesOnAtTheLastByteThatCame) {
    server_.order("fault", R"({"match": {"path": "backup/download"}, "count": -1, "action": {"drip": 1000000}})");
    std::uint64_t received = 0;
    {
        Lab lab(server_.url(), Lab::password());
        ASSERT_TRUE(cancelled_after(Milliseconds(1'500), [&] { return lab.fetch(project_1, file_); }));
        received = lab.observer_.received;
    }
    ASSERT_GT(received, 0U) << "nothing had come before the stop";
    EXPECT_EQ(kept(), received) << "also what was still in memory";
    server_.order("clear");
    server_.order("log/clear");

    Lab lab(server_.url(), Lab::password());
    const auto file = test::run_coroutine([&] { return lab.fetch(project_1, file_, rq_id); });
    ASSERT_TRUE(file) << describe(file.error());
    EXPECT_EQ(file->resumed, 1);
    EXPECT_EQ(file->sha256, hash::sha256_hex(read_file(file_).value()));
    EXPECT_LE(lab.http_->traffic().bytes_received, file->bytes - received + 64'000);
    EXPECT_EQ(server_.count_log("method=POST&path=backup/export"), 0U) << "attached to the export of the stopped run";
    const auto asked = server_.ask("log?path=backup/download").as_array();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_NE(boost::json::serialize(asked[0].at("headers")).find("bytes=" + std::to_string(received) + "-"), std::string::npos);
}

TEST_F(CancelledDownloadTest, NothingIsLeftOfADownloadThatBroughtNothing) {
    server_.order("fault", R"({"match": {"path": "backup/download"}, "count": -1, "action": {"delay": 30}})");
    Lab lab(server_.url(), Lab::password());
    lab.policy_.attempts = 100;
    ASSERT_TRUE(cancelled_after(Milliseconds(1'000), [&] { return lab.fetch(project_1, file_); }));
    EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

using CancelledPauseTest = ExporterTest;

TEST_F(CancelledPauseTest, WhatCameBeforeThePauseIsKept) {
    const std::string body = "PK\x03\x04" + std::string(300'000, 'z');
    const char* url = "/api/projects/1/backup/download?rq_id=r1";
    const char* version = "attachment; filename=\"project_p_backup_2026_11_21_05_11_16.zip\"";
    Exporter::Ready from;
    from.url_path = url;
    from.rq_id = "r1";
    ExportPolicy patient = quick();
    patient.retry_delay = Milliseconds(10'000);
    patient.retry_max_delay = Milliseconds(10'000);
    Exporter exporter(client_, workers_, exports_, transfers_, patient);
    http_.get(url).answers(200, body).header("ETag", "\"e1\"").header("Content-Disposition", version).cut_after(100'000);
    ASSERT_TRUE(cancelled_after(Milliseconds(300), [&] { return exporter.download(project_1, from, file_, observer_); }));

    http_.get(url)
        .with("Range", "bytes=100000-")
        .answers(206, body.substr(100'000))
        .header("ETag", "\"e1\"")
        .header("Content-Disposition", version)
        .header("Content-Range", "bytes 100000-" + std::to_string(body.size() - 1) + "/" + std::to_string(body.size()));
    const auto file = download(project_1, from);
    ASSERT_TRUE(file) << describe(file.error());
    EXPECT_EQ(file->resumed, 1);
    EXPECT_EQ(on_disk(), body);
}

}  // namespace
}  // namespace autobackup::cvat::cancelled_download_test
