// SPDX-License-Identifier: MIT
// download_parts(): what is asked for, and what ends in the whole file. tests/e2e/test_parts.py has the faults on a line.
#include <gtest/gtest.h>

#include "lib/cvat/parts_file.hpp"
#include "lib/cvat/resume_file.hpp"
#include "lib/zip/writer.hpp"
#include "tests/lib/cvat/cvat_fixture.hpp"

namespace autobackup::cvat::parts_download_test {
namespace {

const Object task_7{Kind::task, 7};
constexpr const char* url = "/api/tasks/7/backup/download?rq_id=r1";

class PartsDownloadTest : public ExporterTest {
protected:
    PartsDownloadTest() {
        zip::Writer writer([this](std::span<const std::byte> bytes) -> Result<void> {
            zip_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            return {};
        });
        for (const char* name : {"data/a.jpg", "data/b.jpg", "data/c.jpg"}) add(writer, name, std::string(600'000, name[5]));
        text_begin_ = zip_.size();
        add(writer, "task.json", "{}");
        EXPECT_TRUE(writer.finish());
    }
    void add(zip::Writer& writer, const std::string& name, const std::string& content) {
        const auto bytes = std::as_bytes(std::span(content.data(), content.size()));
        zip::NewMember member;
        member.name = name;
        member.size = content.size();
        member.crc32 = zip::crc32(0, bytes);
        EXPECT_TRUE(writer.begin(member));
        EXPECT_TRUE(writer.data(bytes));
        if (name == "task.json") return;
        held_.members[name] = HeldContent::Member{member.size, member.crc32};
        held_.bytes += member.size;
    }
    test::FakeExchange& part(const std::string& range, std::size_t begin, std::size_t end, const char* etag = "\"e1\"") {
        return http_.get(url)
            .with("Range", "bytes=" + range)
            .answers(206, zip_.substr(begin, end - begin))
            .header("ETag", etag)
            .header("Content-Disposition", "attachment; filename=\"x.zip\"")
            .header("Content-Range",
                    "bytes " + std::to_string(begin) + "-" + std::to_string(end - 1) + "/" + std::to_string(zip_.size()));
    }
    test::FakeExchange& tail() {
        const std::size_t bytes = tail_guess(held_);
        begin_ = zip_.size() - bytes;
        return part("-" + std::to_string(bytes), begin_, zip_.size());
    }
    void whole() { http_.get(url).with("Range", "").answers(200, zip_).header("ETag", "\"e1\"").header("Content-Type", "application/zip"); }
    // The first bytes of the file, as a process that was stopped leaves them.
    void leave_behind(std::size_t bytes, const std::string& disposition = "attachment; filename=\"x.zip\"") {
        PartsFile left(file_.string() + ".parts", "task 7 of lab");
        ASSERT_TRUE(left.open());
        FileStamp stamp;
        stamp.etag = "\"e1\"";
        stamp.content_disposition = disposition;
        stamp.total = zip_.size();
        ASSERT_TRUE(left.begin(stamp));
        ASSERT_TRUE(left.write(0, std::as_bytes(std::span(zip_.data(), bytes))));
        left.leave();
    }
    Result<ExportedFile> fetch(const std::string& path = url) {
        Exporter::Ready ready;
        ready.url_path = path;
        ready.rq_id = "r1";
        return test::run_coroutine([&] { return exporter_.download_parts(task_7, ready, file_, held_, observer_); });
    }
    void expect_parts(const Result<ExportedFile>& file, std::uint64_t bytes) {
        ASSERT_TRUE(file) << describe(file.error());
        EXPECT_EQ(file->path, file_.string() + ".parts");
        EXPECT_EQ(file->bytes, bytes);
        EXPECT_EQ(file->sha256, "");
        auto archive = zip::Archive::open(file->path).value();
        const auto checked = archive.check(1, {}, {}, file->absent);
        EXPECT_TRUE(checked) << describe(checked.error());
        EXPECT_EQ(archive.read_text(archive.members()[3], 10).value(), "{}");
    }
    void expect_whole(const Result<ExportedFile>& file) {
        ASSERT_TRUE(file) << describe(file.error());
        EXPECT_EQ(on_disk(), zip_);
        EXPECT_TRUE(file->absent.empty());
        EXPECT_FALSE(std::filesystem::exists(file_.string() + ".parts"));
    }

    std::string zip_;
    std::size_t text_begin_ = 0, begin_ = 0;
    HeldContent held_;
};

TEST_F(PartsDownloadTest, OneRequestWhenTheEndHasAllThatIsMissing) {
    tail().with("If-Match", "");
    const auto file = fetch();
    expect_parts(file, tail_guess(held_));
    EXPECT_EQ(file->absent, (std::vector<bool>{true, true, true, false}));
    EXPECT_EQ(file->content_disposition, "attachment; filename=\"x.zip\"");
    EXPECT_EQ(observer_.asked, (std::vector<std::uint64_t>{0})) << "the space that the rest needs";
    EXPECT_EQ(observer_.ids, (std::vector<std::string>{""}));
}

TEST_F(PartsDownloadTest, APictureThatIsNotHeldComesByItsRange) {
    held_.members.erase("data/a.jpg");
    tail();
    const std::size_t end = 30 + 10 + 600'000;
    part("0-" + std::to_string(end - 1), 0, end).with("If-Match", "\"e1\"");
    const auto file = fetch();
    expect_parts(file, tail_guess(held_) + end);
    EXPECT_EQ(file->absent, (std::vector<bool>{false, true, true, false}));
}

TEST_F(PartsDownloadTest, ACutPartGoesOnWhereItBroke) {
    held_.members.erase("data/a.jpg");
    tail();
    const std::size_t end = 30 + 10 + 600'000;
    part("0-" + std::to_string(end - 1), 0, end).cut_after(250'000);
    part("250000-" + std::to_string(end - 1), 250'000, end).with("If-Match", "\"e1\"");
    const auto file = fetch();
    expect_parts(file, tail_guess(held_) + end);
    EXPECT_EQ(file->resumed, 1);
}

TEST_F(PartsDownloadTest, WhatAnEarlierProcessHasLeftIsNotAskedForAgain) {
    held_.members.erase("data/a.jpg");
    leave_behind(250'000);
    tail();
    const std::size_t end = 30 + 10 + 600'000;
    part("250000-" + std::to_string(end - 1), 250'000, end).with("If-Match", "\"e1\"");
    const auto file = fetch();
    expect_parts(file, tail_guess(held_) + end - 250'000);
    EXPECT_EQ(file->resumed, 1);
    EXPECT_FALSE(std::filesystem::exists(side_file(file->path)));
}

TEST_F(PartsDownloadTest, WhatIsLeftOfAnotherFileIsNotUsed) {
    held_.members.erase("data/a.jpg");
    leave_behind(250'000, "attachment; filename=\"y.zip\"");
    tail();
    const std::size_t end = 30 + 10 + 600'000;
    part("0-" + std::to_string(end - 1), 0, end);
    const auto file = fetch();
    expect_parts(file, tail_guess(held_) + end);
    EXPECT_EQ(file->resumed, 0);
}

TEST_F(PartsDownloadTest, AConnectionThatBreaksForEverLeavesWhatHasCome) {
    held_.members.erase("data/a.jpg");
    tail();
    const std::size_t end = 30 + 10 + 600'000;
    part("0-" + std::to_string(end - 1), 0, end).cut_after(250'000);
    for (int i = 1; i < policy_.attempts; ++i) http_.get(url).with("Range", "bytes=250000-" + std::to_string(end - 1)).answers(503, "");
    http_.get(url).with("Range", "").answers(404, "");
    EXPECT_FALSE(fetch());
    const auto note = believable_note(file_.string() + ".parts", "task 7 of lab");
    ASSERT_TRUE(note);
    EXPECT_TRUE(note->durable);
    EXPECT_EQ(note->ranges.front(), (std::pair<std::uint64_t, std::uint64_t>(0, 250'000)));
    EXPECT_EQ(note->ranges.back(), (std::pair<std::uint64_t, std::uint64_t>(begin_, zip_.size())));
}

TEST(PartsFileTest, TellsWhatIsMissing) {
    test::TempDir dir;
    PartsFile file(dir.path() / "x", "task 7 of lab");
    ASSERT_TRUE(file.open());
    FileStamp stamp;
    stamp.etag = "e";
    stamp.total = 100;
    ASSERT_TRUE(file.begin(stamp));
    const auto missing = [&](std::uint64_t begin, std::uint64_t end) {
        std::string text;
        for (const ByteRange& one : file.missing(ByteRange{begin, end})) text += std::to_string(one.begin) + "-" + std::to_string(one.end) + " ";
        return text;
    };
    const std::vector<std::byte> ten(10);
    EXPECT_EQ(missing(0, 100), "0-100 ");
    ASSERT_TRUE(file.write(20, ten));
    ASSERT_TRUE(file.write(50, ten));
    EXPECT_EQ(missing(0, 100), "0-20 30-50 60-100 ");
    EXPECT_EQ(missing(25, 55), "30-50 ");
    EXPECT_EQ(missing(20, 30), "");
    ASSERT_TRUE(file.write(30, ten));
    ASSERT_TRUE(file.write(40, ten));
    EXPECT_EQ(missing(0, 100), "0-20 60-100 ");
    EXPECT_EQ(missing(59, 61), "60-61 ");
}

TEST_F(PartsDownloadTest, AnInterruptedWholeIsGivenUpForTheParts) {
    for (const char* name : {"", ".resume"}) ASSERT_TRUE(write_file_durably(file_.string() + name, "old"));
    tail();
    expect_parts(fetch(), tail_guess(held_));
    EXPECT_FALSE(std::filesystem::exists(file_));
    EXPECT_FALSE(std::filesystem::exists(file_.string() + ".resume"));
}

TEST_F(PartsDownloadTest, WhatIsNotAPartOfOneFileEndsInTheWhole) {
    held_.members.erase("data/a.jpg");
    const std::size_t end = 30 + 10 + 600'000;
    const std::string range = "0-" + std::to_string(end - 1);
    const auto asked_whole = [&] {
        whole();
        expect_whole(fetch());
        std::filesystem::remove(file_);
    };
    http_.get(url).answers(200, zip_).header("ETag", "\"e1\"");
    asked_whole();
    tail();
    http_.get(url).with("Range", "bytes=" + range).answers(412, "<html>");
    asked_whole();
    tail();
    part(range, 0, end, "\"e2\"");
    asked_whole();
    tail();
    part(range, 5, end + 5);
    asked_whole();
    http_.get(url).answers(206, "x").header("ETag", "\"e1\"");
    asked_whole();
    observer_.room = 700'000;
    tail();
    http_.get(url).with("Range", "").answers(200, zip_).header("Content-Type", "application/zip");
    observer_.room = 100;
    const auto refused = fetch();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::reserve);
}

TEST_F(PartsDownloadTest, ADamagedDirectoryEndsInTheWhole) {
    zip_[zip_.size() - 22 - 55] ^= 0x10;  // the signature of the last entry
    tail();
    whole();
    expect_whole(fetch());
}

TEST_F(PartsDownloadTest, ASingleShotResultIsNotUsedUpForItsEnd) {
    const char* once = "/api/tasks/7/backup?action=download&rq_id=r1";
    http_.get(once).with("Range", "").answers(200, zip_).header("Content-Type", "application/zip");
    expect_whole(fetch(once));
}

TEST_F(PartsDownloadTest, LittleIsFetchedWhole) {
    held_.bytes = 1000;
    whole();
    expect_whole(fetch());
}

}  // namespace
}  // namespace autobackup::cvat::parts_download_test
