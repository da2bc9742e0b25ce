// SPDX-License-Identifier: MIT
// Our files against python's zipfile, to the byte.
#include "lib/zip/writer.hpp"

#include <gtest/gtest.h>

#include "lib/zip/archive.hpp"
#include "tests/support/command.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/zip_builder.hpp"

namespace autobackup::zip::writer_test {
namespace {

const std::filesystem::path samples = std::filesystem::path(AUTOBACKUPD_TEST_DATA) / "cvat" / "samples";

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

Output append_to(std::string& out) {
    return [&out](std::span<const std::byte> bytes) -> Result<void> {
        out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return {};
    };
}

NewMember described(const std::string& name, const std::string& content) {
    NewMember member;
    member.name = name;
    member.size = content.size();
    member.crc32 = crc32(0, bytes_of(content));
    return member;
}

void add(Writer& writer, const std::string& name, const std::string& content) {
    ASSERT_TRUE(writer.begin(described(name, content)));
    ASSERT_TRUE(writer.data(bytes_of(content)));
}

std::string run_python(const std::string& script) {
    const auto result = test::run_command("python3 - <<'PYTHON'\n" + script + "\nPYTHON\n");
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return result.output;
}

TEST(Writer, EverySampleAgainToTheByte) {
    for (const auto& entry : std::filesystem::directory_iterator(samples)) {
        if (entry.path().extension() != ".zip") continue;
        auto archive = Archive::open(entry.path()).value();
        ASSERT_TRUE(archive.check(1, {}, {}));
        std::string out;
        Writer writer(append_to(out));
        for (const Member& member : archive.members()) {
            NewMember again;
            again.name = member.name;
            again.size = member.size;
            again.crc32 = member.crc32;
            again.dos_time = member.dos_time;
            again.external_attributes = member.external_attributes;
            ASSERT_TRUE(writer.begin(again));
            const auto pass_on = [&](std::span<const std::byte> piece) { return writer.data(piece); };
            ASSERT_TRUE(archive.read(member, pass_on));
        }
        ASSERT_TRUE(writer.finish());
        EXPECT_EQ(writer.bytes(), out.size());
        EXPECT_TRUE(out == test::read_bytes(entry.path())) << entry.path();
    }
}

TEST(Writer, NamesTimesAndEmptyMembersLikePython) {
    const test::TempDir dir;
    const std::string path = (dir.path() / "python.zip").string();
    run_python(
        "import zipfile\n"
        "with zipfile.ZipFile('" +
        path +
        "', 'w') as z:\n"
        "    z.writestr(zipfile.ZipInfo('empty'), b'')\n"
        "    z.writestr(zipfile.ZipInfo('ü/日本.png', (2107, 12, 31, 23, 59, 58)), b'content')\n"
        "    i = zipfile.ZipInfo('data/x.jpg', (2026, 11, 21, 5, 19, 28)); i.external_attr = 0o100644 << 16\n"
        "    z.writestr(i, b'x' * 100000)\n"
        "    z.writestr(zipfile.ZipInfo('empty'), b'now something')\n");
    std::string out;
    Writer writer(append_to(out));
    add(writer, "empty", "");
    NewMember second = described("ü/日本.png", "content");
    second.dos_time = dos_time(4354819198);
    ASSERT_TRUE(writer.begin(second));
    ASSERT_TRUE(writer.data(bytes_of("con")));
    ASSERT_TRUE(writer.data(bytes_of("tent")));
    NewMember third = described("data/x.jpg", std::string(100000, 'x'));
    third.dos_time = dos_time(1795238368);
    third.external_attributes = 0x81a40000;
    ASSERT_TRUE(writer.begin(third));
    ASSERT_TRUE(writer.data(bytes_of(std::string(100000, 'x'))));
    add(writer, "empty", "now something");
    ASSERT_TRUE(writer.finish());
    EXPECT_TRUE(out == test::read_bytes(path));
    const auto unzip =
        test::run_command("unzip -tqq '" + test::write_bytes(dir.path() / "ours.zip", out).string() + "'");
    EXPECT_EQ(unzip.exit_code, 0) << unzip.output;
}

TEST(Writer, EmptyArchiveLikePython) {
    const test::TempDir dir;
    const std::string path = (dir.path() / "python.zip").string();
    run_python("import zipfile\nzipfile.ZipFile('" + path + "', 'w').close()");
    std::string out;
    ASSERT_TRUE(Writer(append_to(out)).finish());
    EXPECT_EQ(out, test::read_bytes(path));
}

// 65 535 members still fit the end record; one more needs the zip64 records.
TEST(Writer, ManyMembersLikePython) {
    const test::TempDir dir;
    for (const int count : {65'535, 65'536}) {
        const std::string path = (dir.path() / "python.zip").string();
        run_python(
            "import zipfile\n"
            "with zipfile.ZipFile('" +
            path +
            "', 'w') as z:\n"
            "    for i in range(" +
            std::to_string(count) + "): z.writestr(zipfile.ZipInfo('m%d' % i), b'%d' % i)\n");
        std::string out;
        Writer writer(append_to(out));
        for (int i = 0; i < count; ++i) add(writer, "m" + std::to_string(i), std::to_string(i));
        ASSERT_TRUE(writer.finish());
        EXPECT_TRUE(out == test::read_bytes(path)) << count;
        auto archive = Archive::open(path).value();
        ASSERT_EQ(archive.members().size(), static_cast<std::size_t>(count));
        const auto checked = archive.check(2, {}, {});
        EXPECT_TRUE(checked) << describe(checked.error());
        EXPECT_EQ(archive.read_text(archive.members().back(), 10).value(), std::to_string(count - 1));
    }
}

TEST(Writer, RefusesWhatWouldSpoilTheArchive) {
    std::string out;
    const auto code = [](const Result<void>& result) { return result ? Errc() : result.error().code; };
    Writer early(append_to(out));
    EXPECT_EQ(code(early.data(bytes_of("x"))), Errc::internal);
    Writer shorter(append_to(out));
    ASSERT_TRUE(shorter.begin(described("a", "content")));
    EXPECT_EQ(code(shorter.data(bytes_of("content!"))), Errc::internal);
    ASSERT_TRUE(shorter.data(bytes_of("conten")));
    EXPECT_EQ(code(shorter.begin(described("b", ""))), Errc::internal);
    EXPECT_EQ(code(shorter.finish()), Errc::internal);
    Writer other(append_to(out));
    ASSERT_TRUE(other.begin(described("a", "content")));
    ASSERT_TRUE(other.data(bytes_of("CONTENT")));
    EXPECT_EQ(code(other.finish()), Errc::content_mismatch);
    Writer done(append_to(out));
    ASSERT_TRUE(done.finish());
    EXPECT_EQ(code(done.finish()), Errc::internal);
    EXPECT_EQ(code(done.begin(described("a", ""))), Errc::internal);
    EXPECT_EQ(code(Writer(append_to(out)).begin(described("", ""))), Errc::internal);
    EXPECT_EQ(code(Writer(append_to(out)).begin(described(std::string(65'536, 'n'), ""))), Errc::internal);
}

TEST(Writer, PassesOnWhatTheOutputSays) {
    Writer writer([](std::span<const std::byte>) -> Result<void> {
        return fail(Errc::disk_full, "write", "x", "full");
    });
    EXPECT_EQ(writer.begin(described("a", "")).error().code, Errc::disk_full);
}

TEST(DosTime, RangeAndSteps) {
    EXPECT_EQ(dos_time(0), 0x00210000U);
    EXPECT_EQ(dos_time(-1), 0x00210000U);
    EXPECT_EQ(dos_time(315532800), 0x00210000U);  // 1980-01-01T00:00:00Z
    EXPECT_EQ(dos_time(315532802), 0x00210001U);
    EXPECT_EQ(dos_time(315532803), 0x00210001U);
    EXPECT_EQ(dos_time(951782400), (20U << 9 | 2U << 5 | 29U) << 16);  // 2000-02-29
    EXPECT_EQ(dos_time(4354819198), (127U << 9 | 12U << 5 | 31U) << 16 | (23U << 11 | 59U << 5 | 29U));
    EXPECT_EQ(dos_time(INT64_MAX), dos_time(4354819198));
}

TEST(Crc32, KnownAnswers) {
    EXPECT_EQ(crc32(0, bytes_of("123456789")), 0xCBF43926U);
    EXPECT_EQ(crc32(0, {}), 0U);
    EXPECT_EQ(crc32(crc32(0, bytes_of("1234")), bytes_of("56789")), 0xCBF43926U);
    EXPECT_EQ(crc32(0xCBF43926U, {}), 0xCBF43926U);
}

}  // namespace
}  // namespace autobackup::zip::writer_test
