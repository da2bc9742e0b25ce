// SPDX-License-Identifier: MIT
// Good archives, from our server's samples, from other programs and from ourselves.
#include "lib/zip/archive.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include "lib/zip/writer.hpp"
#include "tests/support/command.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/zip_builder.hpp"

namespace autobackup::zip::archive_test {
namespace {

using test::build_zip;

const std::filesystem::path samples = std::filesystem::path(AUTOBACKUPD_TEST_DATA) / "cvat" / "samples";

// What all visitors of one check were told, by member.
struct Seen {
    std::mutex mutex;
    std::map<std::size_t, std::string> contents;
    std::map<std::size_t, int> ended;
    std::map<std::thread::id, int> threads;
    std::atomic<int> visitors = 0;
};

class Recorder : public Visitor {
public:
    explicit Recorder(Seen& seen) : seen_(seen) { ++seen_.visitors; }
    void begin(std::size_t index, const Member& member) override {
        index_ = index;
        text_.clear();
        EXPECT_GT(member.data_offset, member.header_offset);
    }
    void data(std::span<const std::byte> bytes) override {
        text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    void end() override {
        const std::lock_guard lock(seen_.mutex);
        seen_.contents[index_] = text_;
        ++seen_.ended[index_];
        ++seen_.threads[std::this_thread::get_id()];
    }

private:
    Seen& seen_;
    std::size_t index_ = 0;
    std::string text_;
};

TEST(Archive, EverySampleIsGoodAndReadsLikeUnzip) {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(samples)) {
        if (entry.path().extension() != ".zip") continue;
        ++files;
        auto archive = Archive::open(entry.path());
        ASSERT_TRUE(archive) << describe(archive.error());
        const auto checked = archive->check(2, {}, {});
        ASSERT_TRUE(checked) << describe(checked.error());
        std::string all;
        for (const Member& member : archive->members()) all += archive->read_text(member, 1 << 20).value();
        EXPECT_EQ(all, test::run_command("unzip -p '" + entry.path().string() + "'").output);
    }
    EXPECT_GE(files, 20U);
}

TEST(Archive, TellsMembersInDirectoryOrder) {
    auto archive = Archive::open(samples / "task-unicode-file-names.zip").value();
    ASSERT_EQ(archive.members().size(), 6U);
    const Member& member = archive.members()[2];
    EXPECT_EQ(member.name, "data/ünï 日本.png");
    EXPECT_EQ(member.flags, 0x800);
    EXPECT_EQ(member.method, 0);
    EXPECT_EQ(member.size, 650U);
    EXPECT_EQ(member.external_attributes, 0x81a40000U);
    EXPECT_EQ(member.data_offset, 0U);
    EXPECT_EQ(archive.members()[5].dos_time, 0x00210000U);  // 1980-01-01
    EXPECT_EQ(archive.file_bytes(), 3350U);
}

TEST(Archive, VisitorsGetEveryMemberOnce) {
    for (const std::size_t threads : {0U, 1U, 2U, 7U}) {
        const test::TempDir dir;
        std::vector<test::ZipMember> members;
        for (std::size_t i = 0; i < 300; ++i) {
            members.push_back(
                {.name = "m" + std::to_string(i),
                 .content = std::string(i * 37 * (i % 50 == 0 ? 40 : 1), static_cast<char>('a' + i % 26)),
                 .deflated = i % 3 == 0});
        }
        auto archive =
            Archive::open(test::write_bytes(dir.path() / "a.zip", build_zip(members).bytes)).value();
        Seen seen;
        const auto checked = archive.check(threads, [&] { return std::make_unique<Recorder>(seen); }, {});
        ASSERT_TRUE(checked) << describe(checked.error());
        ASSERT_EQ(seen.contents.size(), members.size());
        for (std::size_t i = 0; i < members.size(); ++i) {
            EXPECT_EQ(seen.contents[i], members[i].content) << i;
            EXPECT_EQ(seen.ended[i], 1) << i;
        }
        EXPECT_LE(seen.visitors, static_cast<int>(std::max<std::size_t>(threads, 1)));
    }
}

TEST(Archive, LongMembersStoredAndDeflated) {
    const test::TempDir dir;
    std::string noise(5'000'000, '\0');
    std::uint32_t state = 1;
    for (char& c : noise) c = static_cast<char>((state = state * 1664525U + 1013904223U) >> 28);
    const std::string nothing(30'000'000, 'x');  // shrinks a thousandfold
    const auto zip = build_zip({{.name = "stored", .content = noise},
                                {.name = "deflated", .content = noise, .deflated = true},
                                {.name = "tail", .content = noise, .descriptor = 16},
                                {.name = "flat", .content = nothing, .deflated = true},
                                {.name = "just", .content = noise.substr(0, 1 << 20), .deflated = true}});
    auto archive = Archive::open(test::write_bytes(dir.path() / "a.zip", zip.bytes)).value();
    Seen seen;
    const auto checked = archive.check(3, [&] { return std::make_unique<Recorder>(seen); }, {});
    ASSERT_TRUE(checked) << describe(checked.error());
    EXPECT_TRUE(seen.contents[0] == noise && seen.contents[1] == noise && seen.contents[2] == noise &&
                seen.contents[3] == nothing);
    for (std::size_t i = 0; i < 5; ++i) {
        std::string read;
        std::size_t longest = 0;
        const auto take = [&](std::span<const std::byte> piece) -> Result<void> {
            longest = std::max(longest, piece.size());
            read.append(reinterpret_cast<const char*>(piece.data()), piece.size());
            return {};
        };
        ASSERT_TRUE(archive.read(archive.members()[i], take));
        EXPECT_TRUE(read == seen.contents[i]) << i;
        EXPECT_LE(longest, std::size_t{256} << 10);
    }
}

TEST(Archive, WhatOtherProgramsWrite) {
    const test::TempDir dir;
    const std::string at = "cd '" + dir.path().string() + "' && ";
    const std::string make =
        at + "mkdir -p d/e && printf abc > d/e/f.txt && seq 100000 > d/long && printf '' > 'd/ünï' && ";
    const std::vector<std::string> commands = {
        make + "zip -q -r z.zip d",                  // extra fields, directories, both methods
        make + "zip -q -r -0 z.zip d",               //
        make + "zip -q - - < d/long | cat > z.zip",  // streamed: data descriptor, zip64 extra field
        make + "python3 -c \"import shutil; shutil.make_archive('z', 'zip', '.', 'd')\"",
        make +
            "python3 -c \"import zipfile,sys; z=zipfile.ZipFile(open('/dev/stdout','wb'),'w',8); "
            "z.write('d/long'); z.close()\" | cat > z.zip",
    };
    for (const std::string& command : commands) {
        std::filesystem::remove(dir.path() / "z.zip");
        const auto made = test::run_command(command);
        ASSERT_EQ(made.exit_code, 0) << command << made.output;
        auto archive = Archive::open(dir.path() / "z.zip");
        ASSERT_TRUE(archive) << command << describe(archive.error());
        const auto checked = archive->check(2, {}, {});
        ASSERT_TRUE(checked) << command << describe(checked.error());
        std::string all;
        for (const Member& member : archive->members()) all += archive->read_text(member, 1 << 20).value();
        EXPECT_EQ(all, test::run_command(at + "unzip -p z.zip").output) << command;
    }
}

TEST(Archive, FindGivesTheLastOfTheName) {
    auto archive = Archive::open(samples / "project-duplicate-assets.zip").value();
    ASSERT_TRUE(archive.check(1, {}, {}));
    const Member* const found = archive.find("assets/same.png");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->size, 651U);
    EXPECT_EQ(archive.find("assets/same"), nullptr);
}

TEST(Archive, ReadTextHasALimitAndNeedsACheck) {
    auto archive = Archive::open(samples / "project-no-tasks.zip").value();
    const Member& member = archive.members()[0];
    EXPECT_EQ(archive.read_text(member, 1000).error().code, Errc::internal);
    ASSERT_TRUE(archive.check(1, {}, {}));
    EXPECT_EQ(archive.read_text(member, 550).value().size(), 550U);
    EXPECT_EQ(archive.read_text(member, 549).error().code, Errc::response_too_large);
    const auto refuse = [](std::span<const std::byte>) -> Result<void> {
        return fail(Errc::disk_full, "write", "x", "full");
    };
    EXPECT_EQ(archive.read(member, refuse).error().code, Errc::disk_full);
}

TEST(Archive, ReadNoticesWhatChangedSinceTheCheck) {
    const test::TempDir dir;
    const auto zip = build_zip({{.name = "a", .content = "content"}});
    const auto path = test::write_bytes(dir.path() / "a.zip", zip.bytes);
    auto archive = Archive::open(path).value();
    ASSERT_TRUE(archive.check(1, {}, {}));
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(zip.data[0])).put('C');
    file.close();
    EXPECT_EQ(archive.read_text(archive.members()[0], 100).error().code, Errc::archive_invalid);
}

TEST(Archive, NoMemberAtAll) {
    const test::TempDir dir;
    auto archive = Archive::open(test::write_bytes(dir.path() / "a.zip", build_zip({}).bytes)).value();
    EXPECT_TRUE(archive.check(2, {}, {}));
    EXPECT_TRUE(archive.members().empty());
}

TEST(Archive, StopsWhenAsked) {
    auto archive = Archive::open(samples / "task-video-track.zip").value();
    std::stop_source source;
    source.request_stop();
    EXPECT_EQ(archive.check(2, {}, source.get_token()).error().code, Errc::cancelled);
}

struct Thrower : Visitor {
    void begin(std::size_t, const Member&) override { throw std::runtime_error("no memory for this"); }
    void data(std::span<const std::byte>) override {}
    void end() override {}
};

TEST(Archive, AnExceptionOfAVisitorComesOut) {
    auto archive = Archive::open(samples / "task-video-track.zip").value();
    EXPECT_THROW((void)archive.check(2, [] { return std::make_unique<Thrower>(); }, {}), std::runtime_error);
}

TEST(Archive, MissingFile) {
    EXPECT_EQ(Archive::open("/nonexistent/a.zip").error().code, Errc::io_error);
}

TEST(Archive, AbsentMembersAreHolesThatNobodyReads) {
    const auto built = build_zip({{.name = "data/a", .content = std::string(300'000, 'a')},
                                  {.name = "data/b", .content = std::string(1'000, 'b')},
                                  {.name = "data/c", .content = std::string(300'000, 'c')},
                                  {.name = "task.json", .content = "{}"}});
    std::string bytes = built.bytes;
    for (const std::size_t i : {0U, 2U}) {
        const std::size_t begin = built.local[i];
        std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.begin() + static_cast<std::ptrdiff_t>(built.local[i + 1]), char());
    }
    const test::TempDir directory;
    const auto path = directory.path() / "x.zip";
    std::ofstream(path, std::ios::binary) << bytes;
    Archive archive = Archive::open(path).value();
    Seen seen;
    const auto make = [&] { return std::make_unique<Recorder>(seen); };
    const auto checked = archive.check(2, make, {}, {true, false, true, false});
    ASSERT_TRUE(checked) << describe(checked.error());
    EXPECT_EQ(seen.contents, (std::map<std::size_t, std::string>{{1, std::string(1'000, 'b')}, {3, "{}"}}));
    EXPECT_FALSE(archive.read_text(archive.members()[0], 1 << 20)) << "zeros are no content";
    EXPECT_EQ(archive.read_text(archive.members()[1], 1 << 20).value(), std::string(1'000, 'b'));
    EXPECT_FALSE(archive.check(2, {}, {}, {true, false, false, false})) << "the other hole is damage";
    EXPECT_FALSE(archive.check(2, {}, {}, {true}));
}

TEST(Archive, TheDirectoryIsFoundByTheEndAlone) {
    const auto built = build_zip({{.name = "a", .content = std::string(300'000, 'a')}});
    std::string bytes = built.bytes;
    std::fill(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(built.directory), char());
    const test::TempDir directory;
    const auto path = directory.path() / "x.zip";
    std::ofstream(path, std::ios::binary) << bytes;
    EXPECT_EQ(Archive::find_directory(path).value(), built.directory);
    std::ofstream(path, std::ios::binary) << bytes.substr(0, bytes.size() - 1);
    EXPECT_FALSE(Archive::find_directory(path));
}

}  // namespace
}  // namespace autobackup::zip::archive_test
