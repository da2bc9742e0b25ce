// SPDX-License-Identifier: MIT
#include "lib/cvat/resume.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "lib/cvat/download.hpp"
#include "lib/cvat/resume_file.hpp"
#include "lib/cvat/spool_file.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::cvat::resume_test {
namespace {

http::ResponseHead head(int status, std::initializer_list<std::pair<const char*, const char*>> headers,
                        std::optional<std::uint64_t> length) {
    http::ResponseHead out;
    out.status = status;
    for (const auto& [name, value] : headers) out.headers.add(name, value);
    out.content_length = length;
    return out;
}

FileStamp stamp(const char* etag, const char* disposition, std::uint64_t total) {
    return FileStamp{etag, disposition, total};
}

TEST(Resume, ReadsContentRange) {
    const auto range = parse_content_range("bytes 1000-52463/52464");
    ASSERT_TRUE(range);
    EXPECT_EQ(range->first, 1000U);
    EXPECT_EQ(range->last, 52463U);
    EXPECT_EQ(range->total, 52464U);
    EXPECT_EQ(parse_content_range("bytes */52464")->total, 52464U);
    EXPECT_FALSE(parse_content_range("bytes */52464")->first);
    EXPECT_FALSE(parse_content_range("bytes 0-9/*")->total);
    for (const char* bad :
         {"", "bytes", "items 0-1/2", "bytes 5-1/9", "bytes -/9", "bytes 1-2", "bytes a-b/c"})
        EXPECT_FALSE(parse_content_range(bad)) << bad;
}

TEST(Resume, TellsTheSameFileByLengthAndVersionStamp) {
    const FileStamp have = stamp("\"a\"", "d1", 100);
    EXPECT_TRUE(same_file(have, stamp("\"a\"", "d1", 100)));
    EXPECT_TRUE(same_file(have, stamp("\"b\"", "d1", 100))) << "re-exported without a change";
    EXPECT_FALSE(same_file(have, stamp("\"b\"", "d2", 100)));
    EXPECT_FALSE(same_file(have, stamp("\"b\"", "d1", 101)));
    EXPECT_FALSE(same_file(have, stamp("\"a\"", "d2", 100))) << "an ETag of whole seconds is no proof";
    EXPECT_TRUE(same_file(stamp("\"a\"", "", 100), stamp("\"a\"", "", 100)));
    EXPECT_FALSE(same_file(stamp("", "", 100), stamp("", "", 100)));
    EXPECT_FALSE(same_file(stamp("\"a\"", "d1", 0), stamp("\"a\"", "d1", 0)));
}

TEST(Resume, DecidesByTheHead) {
    const FileStamp have = stamp("\"a\"", "d", 100);
    const auto whole = head(200, {{"Content-Type", "application/zip"}}, 100);
    EXPECT_EQ(decide_take(whole, 0, FileStamp()).action, TakeBody::from_start);
    EXPECT_EQ(decide_take(whole, 40, have).action, TakeBody::from_start)
        << "a server without ranges sends the whole";
    EXPECT_EQ(
        decide_take(head(200, {{"Content-Type", "text/html; charset=utf-8"}}, 9), 0, FileStamp()).action,
        TakeBody::refuse);
    EXPECT_EQ(
        decide_take(head(200, {{"Content-Type", "application/vnd.cvat+json"}}, 9), 0, FileStamp()).action,
        TakeBody::refuse);
    EXPECT_EQ(decide_take(head(200, {}, std::nullopt), 0, FileStamp()).action, TakeBody::refuse);
    EXPECT_EQ(decide_take(head(200, {{"Transfer-Encoding", "chunked"}}, std::nullopt), 0, FileStamp()).action,
              TakeBody::from_start);
    EXPECT_EQ(decide_take(head(404, {}, 3), 0, FileStamp()).action, TakeBody::not_a_file);

    const auto rest = [](const char* range, const char* disposition, std::uint64_t length) {
        return head(206, {{"Content-Range", range}, {"ETag", "\"a\""}, {"Content-Disposition", disposition}},
                    length);
    };
    EXPECT_EQ(decide_take(rest("bytes 40-99/100", "d", 60), 40, have).action, TakeBody::append);
    EXPECT_EQ(decide_take(rest("bytes 40-99/100", "other", 60), 40, have).action, TakeBody::restart);
    EXPECT_EQ(decide_take(rest("bytes 40-100/101", "d", 61), 40, have).action, TakeBody::restart);
    EXPECT_EQ(decide_take(rest("bytes 41-99/100", "d", 59), 40, have).action, TakeBody::refuse);
    EXPECT_EQ(decide_take(rest("bytes 40-98/100", "d", 59), 40, have).action, TakeBody::refuse);
    EXPECT_EQ(decide_take(rest("bytes 40-99/100", "d", 59), 40, have).action, TakeBody::refuse)
        << "length against range";
    EXPECT_EQ(decide_take(rest("bytes 0-99/100", "d", 100), 0, FileStamp()).action, TakeBody::refuse)
        << "nobody asked for a part";
    EXPECT_EQ(decide_take(head(206, {}, 60), 40, have).action, TakeBody::refuse);
}

struct ProblemCase {
    int status;
    const char* body;
    DownloadProblem problem;
};
class DownloadProblems : public testing::TestWithParam<ProblemCase> {};
TEST_P(DownloadProblems, AreToldApart) {
    EXPECT_EQ(classify_download(GetParam().status, GetParam().body), GetParam().problem);
}
INSTANTIATE_TEST_SUITE_P(
    Answers, DownloadProblems,
    testing::Values(
        ProblemCase{404, "\"The exported file has expired, please retry exporting\"",
                    DownloadProblem::expired},
        ProblemCase{400, "Unknown export request id", DownloadProblem::expired},
        ProblemCase{400, "The export process is not finished", DownloadProblem::not_finished},
        ProblemCase{400, "\"Backup has not finished\"", DownloadProblem::not_finished},
        ProblemCase{202, "", DownloadProblem::not_finished},
        ProblemCase{412, "<html>", DownloadProblem::changed},
        ProblemCase{416, "<html>", DownloadProblem::out_of_range},
        ProblemCase{500, "\"The result file does not exist in export cache\"", DownloadProblem::result_lost},
        ProblemCase{500, "<html>", DownloadProblem::other}, ProblemCase{403, "{}", DownloadProblem::other},
        ProblemCase{400, "[\"Invalid export request id\"]", DownloadProblem::other},
        ProblemCase{404, "{\"detail\":\"No Project matches the given query.\"}", DownloadProblem::other}));

TEST(Resume, KnowsAZipAndASingleShotUrl) {
    EXPECT_TRUE(looks_like_zip(std::string_view("PK\x03\x04xxxx", 8)));
    EXPECT_TRUE(looks_like_zip(std::string_view("PK\x05\x06", 4)));
    EXPECT_FALSE(looks_like_zip("<htm"));
    EXPECT_FALSE(looks_like_zip("PK"));
    EXPECT_TRUE(is_single_shot("/api/projects/7/backup?location=local&action=download"));
    EXPECT_FALSE(is_single_shot("/api/projects/7/backup/download?rq_id=action%3Dexport"));
}

TEST(Resume, NotesSurviveTheSideFile) {
    ResumeNote note;
    note.stamp = stamp("\"6b01281a-ccf0\"", "attachment; filename=\"x \\\"y\\\".zip\"", 52464);
    note.object = "project 12 of lab";
    note.bytes = 1000;
    note.boot_id = "b";
    const auto back = parse_resume_note(to_json(note));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->stamp.etag, note.stamp.etag);
    EXPECT_EQ(back->stamp.content_disposition, note.stamp.content_disposition);
    EXPECT_EQ(back->bytes, 1000U);
    note.bytes = 99'999;
    EXPECT_FALSE(parse_resume_note(to_json(note))) << "more bytes than the file has";
    for (const char* bad : {"", "{}", "[]", "{\"format\":2}"}) EXPECT_FALSE(parse_resume_note(bad)) << bad;
}

class SpoolFileTest : public testing::Test {
protected:
    static std::span<const std::byte> bytes(const std::string& text) {
        return std::as_bytes(std::span<const char>(text.data(), text.size()));
    }
    test::TempDir directory_;
    std::filesystem::path path_ = directory_.path() / "project-12.zip";
};

TEST_F(SpoolFileTest, GoesOnWhereAKilledProcessStopped) {
    {
        SpoolFile first(path_, "project 12 of lab");
        ASSERT_TRUE(first.open({}));
        first.set_stamp(stamp("\"a\"", "d", 11));
        ASSERT_TRUE(first.append(bytes("hello ")));
        ASSERT_TRUE(first.note());
        ASSERT_TRUE(first.append(bytes("wo")));  // not noted: not believed
    }
    SpoolFile second(path_, "project 12 of lab");
    ASSERT_TRUE(second.open({}));
    EXPECT_EQ(second.size(), 6U);
    EXPECT_EQ(second.stamp().etag, "\"a\"");
    ASSERT_TRUE(second.append(bytes("world")));
    EXPECT_EQ(second.finish().value(), hash::sha256_hex("hello world"));
    EXPECT_FALSE(std::filesystem::exists(side_file(path_)));
    EXPECT_EQ(std::filesystem::file_size(path_), 11U);
    EXPECT_EQ(std::filesystem::status(path_).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(SpoolFileTest, ACompletePartIsAskedForItsLastByte) {
    {
        SpoolFile first(path_, "o");
        ASSERT_TRUE(first.open({}));
        first.set_stamp(stamp("\"a\"", "d", 5));
        ASSERT_TRUE(first.append(bytes("hello")));
        ASSERT_TRUE(first.note());
    }
    SpoolFile second(path_, "o");
    ASSERT_TRUE(second.open({}));
    EXPECT_EQ(second.size(), 4U);
}

TEST_F(SpoolFileTest, BelievesNoOthersBytes) {
    const auto leave = [&](const char* object, const char* replace, const char* by) {
        SpoolFile first(path_, object);
        EXPECT_TRUE(first.open({}));
        EXPECT_TRUE(first.restart());
        first.set_stamp(stamp("\"a\"", "d", 50));
        EXPECT_TRUE(first.append(bytes("hello")));
        EXPECT_TRUE(first.note());
        std::string text = read_file(side_file(path_)).value();
        if (const auto at = text.find(replace); *replace && at != std::string::npos)
            text.replace(at, std::string(replace).size(), by);
        std::ofstream(side_file(path_)) << text;
    };
    const auto size_at_open = [&] {
        SpoolFile file(path_, "project 12 of lab");
        EXPECT_TRUE(file.open({}));
        return file.size();
    };
    leave("project 12 of lab", "", "");
    EXPECT_EQ(size_at_open(), 5U);
    leave("project 13 of lab", "", "");
    EXPECT_EQ(size_at_open(), 0U) << "another object";
    leave("project 12 of lab", "\"boot_id\":\"", "\"boot_id\":\"x");
    EXPECT_EQ(size_at_open(), 0U) << "before a reboot";
    leave("project 12 of lab", "\"bytes\":5", "\"bytes\":6");
    EXPECT_EQ(size_at_open(), 0U) << "the file is shorter than noted";
    EXPECT_EQ(std::filesystem::file_size(path_), 0U);
}

TEST_F(SpoolFileTest, WhatWasLeftInOrderOutlivesAReboot) {
    const auto reboot = [&] {
        std::string text = read_file(side_file(path_)).value();
        text.replace(text.find("\"boot_id\":\"") + 11, 3, "xyz");
        std::ofstream(side_file(path_)) << text;
    };
    {
        SpoolFile first(path_, "o");
        ASSERT_TRUE(first.open({}));
        first.set_stamp(stamp("\"a\"", "d", 50));
        ASSERT_TRUE(first.append(bytes("hello")));
        first.leave();
    }
    reboot();
    {
        SpoolFile second(path_, "o");
        ASSERT_TRUE(second.open({}));
        EXPECT_EQ(second.size(), 5U);
        ASSERT_TRUE(second.append(bytes(" world")));
        ASSERT_TRUE(second.note());
    }
    reboot();
    SpoolFile third(path_, "o");
    ASSERT_TRUE(third.open({}));
    EXPECT_EQ(third.size(), 0U) << "noted for its own boot only";
}

TEST_F(SpoolFileTest, OfNothingNothingIsLeft) {
    SpoolFile file(path_, "o");
    ASSERT_TRUE(file.open({}));
    file.leave();
    EXPECT_FALSE(std::filesystem::exists(path_));
    EXPECT_FALSE(std::filesystem::exists(side_file(path_)));
}

TEST_F(SpoolFileTest, NotesItsProgressEverySixteenMebibytes) {
    SpoolFile file(path_, "o");
    ASSERT_TRUE(file.open({}));
    file.set_stamp(stamp("\"a\"", "d", 1 << 30));
    const std::string piece(std::size_t{1} << 20, 'x');
    for (int i = 0; i < 15; ++i) ASSERT_TRUE(file.append(bytes(piece)));
    EXPECT_FALSE(std::filesystem::exists(side_file(path_)));
    ASSERT_TRUE(file.append(bytes(piece)));
    const auto note = parse_resume_note(read_file(side_file(path_)).value());
    ASSERT_TRUE(note);
    EXPECT_EQ(note->bytes, SpoolFile::note_every);
    file.discard();
    EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

}  // namespace
}  // namespace autobackup::cvat::resume_test
