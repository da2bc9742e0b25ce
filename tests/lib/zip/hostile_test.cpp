// SPDX-License-Identifier: MIT
// Archives that lie. Each is refused, and the reason says what is wrong.
#include <gtest/gtest.h>

#include "lib/zip/archive.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/zip_builder.hpp"

namespace autobackup::zip::hostile_test {
namespace {

using test::build_zip;
using test::BuiltZip;
using test::le;
using test::patch;

// The reason for which the bytes are refused; empty when they are not. A failure of another kind is told by
// its code.
std::string refusal(const std::string& bytes, Limits limits = Limits()) {
    static const test::TempDir dir;
    auto archive = Archive::open(test::write_bytes(dir.path() / "a.zip", bytes), limits);
    const auto checked = archive ? archive->check(2, {}, {}) : Result<void>(archive.error());
    if (checked) return {};
    if (checked.error().code != Errc::archive_invalid) return std::string(name(checked.error().code));
    return checked.error().message;
}

const std::vector<test::ZipMember> two = {{.name = "first", .content = "11111"},
                                          {.name = "second", .content = "22222222"}};

void expect_refused(const std::string& bytes, const std::string& why) {
    const std::string refused = refusal(bytes);
    EXPECT_NE(refused.find(why), std::string::npos) << "wanted: " << why << "\ngot: " << refused;
}

TEST(Hostile, NotAZipAtAll) {
    expect_refused("", "shorter");
    expect_refused("PK", "shorter");
    expect_refused("<html>502 Bad Gateway</html>" + std::string(100, ' '), "no end record");
    expect_refused(std::string(70'000, 'P'), "no end record");
}

TEST(Hostile, BytesBeforeBehindAndBetween) {
    const BuiltZip zip = build_zip(two);
    EXPECT_EQ(refusal(zip.bytes), "");
    expect_refused("x" + zip.bytes, "central directory does not lie where");
    expect_refused(zip.bytes + "x", "no end record");
    expect_refused(zip.bytes + std::string(22, '\0'), "no end record");
    // With all offsets right, as self-extracting archives have them.
    std::string moved = "12345678" + zip.bytes;
    patch(moved, zip.end + 8 + 16, zip.directory + 8, 4);
    for (std::size_t i = 0; i < 2; ++i) patch(moved, zip.central[i] + 8 + 42, zip.local[i] + 8, 4);
    expect_refused(moved, "bytes before its first member");
    std::string gap = zip.bytes;
    gap.insert(zip.directory, "hidden");
    patch(gap, zip.end + 6 + 16, zip.directory + 6, 4);
    expect_refused(gap, "bytes between it and what comes next");
    std::string between = zip.bytes;
    between.insert(zip.local[1], std::string(4, '\0'));
    patch(between, zip.end + 4 + 16, zip.directory + 4, 4);
    patch(between, zip.central[1] + 4 + 42, zip.local[1] + 4, 4);
    expect_refused(between, "bytes between it and what comes next");
}

TEST(Hostile, TwoEndRecords) {
    // The second archive is the comment of the first: one reader sees the one, another reader the other.
    const std::string inner = build_zip({{.name = "evil", .content = "evil"}}).bytes;
    expect_refused(build_zip(two, inner).bytes, "two end records");
    expect_refused(build_zip(two, build_zip({}).bytes).bytes, "two end records");
    // A whole archive as an ordinary member is no such thing.
    EXPECT_EQ(refusal(build_zip({{.name = "inner.zip", .content = inner}}).bytes), "");
    EXPECT_EQ(refusal(build_zip(two, "a comment").bytes), "");
}

TEST(Hostile, EndRecordLies) {
    const BuiltZip zip = build_zip(two);
    const auto with = [&](std::size_t at, std::uint64_t value, std::size_t width) {
        std::string bytes = zip.bytes;
        patch(bytes, zip.end + at, value, width);
        return bytes;
    };
    expect_refused(with(4, 1, 2), "one part of several");
    expect_refused(with(6, 1, 2), "one part of several");
    expect_refused(with(8, 1, 2), "two counts");
    expect_refused(with(8, 0x00010001, 4), "more entries than");
    expect_refused(with(8, 0x00030003, 4), "too short for its members");
    expect_refused(with(8, 0xFFFFFFFF, 4), "too short for its members");
    expect_refused(with(12, 0xFFFFFFFF, 4), "does not lie where");
    expect_refused(with(16, zip.directory + 1, 4), "does not lie where");
    expect_refused(with(16, 0xFFFFFFFF, 4), "does not lie where");
    expect_refused(with(20, 1, 2), "no end record");
}

TEST(Hostile, Zip64RecordsLie) {
    const BuiltZip zip = build_zip(two, {}, true);
    EXPECT_EQ(refusal(zip.bytes), "");
    const std::size_t locator = zip.end - 20;
    const std::size_t record = locator - 56;
    const auto with = [&](std::size_t at, std::uint64_t value, std::size_t width) {
        std::string bytes = zip.bytes;
        patch(bytes, at, value, width);
        return bytes;
    };
    expect_refused(with(locator + 8, record - 1, 8), "does not point to");
    expect_refused(with(locator + 8, ~std::uint64_t{0}, 8), "does not point to");
    expect_refused(with(locator + 16, 2, 4), "one part of several");
    expect_refused(with(record + 4, 45, 8), "zip64 end record is wrong");
    expect_refused(with(record + 24, 3, 8), "two counts");
    expect_refused(with(record + 32, 3, 8), "two counts");
    expect_refused(with(record + 40, ~std::uint64_t{0}, 8), "does not lie where");
    expect_refused(with(record + 48, ~std::uint64_t{0}, 8), "does not lie where");
    expect_refused(with(zip.end + 8, 1, 2), "differ");
    std::string huge = with(record + 24, std::uint64_t{1} << 60, 8);
    patch(huge, record + 32, std::uint64_t{1} << 60, 8);
    expect_refused(huge, "more than the 5000000 allowed");
}

TEST(Hostile, CentralEntryLies) {
    const BuiltZip zip = build_zip(two);
    const auto with = [&](std::size_t at, std::uint64_t value, std::size_t width) {
        std::string bytes = zip.bytes;
        patch(bytes, zip.central[1] + at, value, width);
        return bytes;
    };
    expect_refused(with(0, 0x02014b51, 4), "without its signature");
    expect_refused(with(6, 63, 2), "unknown version");
    expect_refused(with(8, 1, 2), "encrypted");
    expect_refused(with(8, 0x2000, 2), "unknown flags");
    expect_refused(with(10, 8, 2), "another method");
    expect_refused(with(10, 14, 2), "unknown method");
    expect_refused(with(16, 1, 4), "another CRC-32 or size");
    expect_refused(with(20, 7, 4), "two sizes differ");
    expect_refused(with(20, 0xFFFFFFFF, 4), "zip64 extra field does not fit");
    expect_refused(with(28, 60'000, 2), "ends within an entry");
    expect_refused(with(30, 4, 2), "ends within an entry");
    expect_refused(with(34, 1, 2), "another disk");
    expect_refused(with(36, 2, 2), "reserved bits");
    expect_refused(with(42, 0x7FFFFFFF, 4), "behind the central directory");
    expect_refused(with(42, 0, 4), "overlaps");
    expect_refused(with(42, 1, 4), "overlaps");
}

TEST(Hostile, LocalHeaderDisagrees) {
    const BuiltZip zip = build_zip(two);
    const auto with = [&](std::size_t at, std::uint64_t value, std::size_t width) {
        std::string bytes = zip.bytes;
        patch(bytes, zip.local[1] + at, value, width);
        return bytes;
    };
    expect_refused(with(0, 0, 4), "no local header");
    expect_refused(with(4, 45, 2), "another version");
    expect_refused(with(6, 0x800, 2), "other flags");
    expect_refused(with(6, 8, 2), "other flags");
    expect_refused(with(8, 8, 2), "another method");
    expect_refused(with(10, 0, 2), "another time");
    expect_refused(with(14, 0, 4), "another CRC-32 or size");
    expect_refused(with(18, 0, 4), "another CRC-32 or size");
    expect_refused(with(22, 9, 4), "another CRC-32 or size");
    expect_refused(with(26, 5, 2), "another name");
    expect_refused(with(28, 0xFFFF, 2), "cut off");
    expect_refused(with(30, 'S', 1), "another name");
    expect_refused(with(36, 'X', 1), "CRC-32");
}

TEST(Hostile, Overlaps) {
    // Two entries for one local header: the smallest zip bomb there is.
    BuiltZip twice = build_zip({{.name = "same", .content = "same"}, {.name = "same", .content = "same"}});
    patch(twice.bytes, twice.central[1] + 42, 0, 4);
    expect_refused(twice.bytes, "overlaps");
    // A member whose data hold the next member whole, local header and all.
    const std::string inner = build_zip({{.name = "b", .content = "bbbb"}}).bytes.substr(0, 30 + 1 + 4);
    BuiltZip quoted = build_zip({{.name = "a", .content = inner}, {.name = "b", .content = "bbbb"}});
    patch(quoted.bytes, quoted.central[1] + 42, quoted.data[0], 4);
    expect_refused(quoted.bytes, "overlaps");
}

TEST(Hostile, DeflatedDataThatLie) {
    const std::string flat(100'000, 'x');
    const auto with_sizes = [&](std::size_t size, std::size_t members) {
        BuiltZip zip = build_zip(
            std::vector<test::ZipMember>(members, {.name = "a", .content = flat, .deflated = true}));
        patch(zip.bytes, zip.local[0] + 22, size, 4);
        patch(zip.bytes, zip.central[0] + 24, size, 4);
        return zip.bytes;
    };
    EXPECT_EQ(refusal(with_sizes(flat.size(), 2)), "");
    expect_refused(with_sizes(flat.size() - 1, 2), "not deflated data of the length");
    expect_refused(with_sizes(flat.size() + 1, 2), "not deflated data of the length");
    expect_refused(with_sizes(900'000'000, 2), "is a bomb");
    // Piece by piece, a size that the ratio allows but the data do not have.
    const std::string long_text =
        flat + flat + flat + flat + flat + flat + flat + flat + flat + flat + flat + flat;
    BuiltZip zip = build_zip({{.name = "a", .content = long_text, .deflated = true}});
    for (const int by : {-1, 1}) {
        std::string bytes = zip.bytes;
        patch(bytes, zip.local[0] + 22, long_text.size() + static_cast<std::size_t>(by), 4);
        patch(bytes, zip.central[0] + 24, long_text.size() + static_cast<std::size_t>(by), 4);
        expect_refused(bytes, by < 0 ? "more bytes than its header says" : "its header says");
    }
    // Something behind the end of the deflated data, within the compressed size.
    BuiltZip trailing = build_zip({{.name = "a", .content = long_text, .deflated = true},
                                   {.name = "b", .content = "b", .deflated = true}});
    const std::size_t length = trailing.local[1] - trailing.data[0];
    trailing.bytes.insert(trailing.local[1], "JUNK");
    for (const std::size_t at : {trailing.local[0] + 18, trailing.central[0] + 4 + 20})
        patch(trailing.bytes, at, length + 4, 4);
    patch(trailing.bytes, trailing.central[1] + 4 + 42, trailing.local[1] + 4, 4);
    patch(trailing.bytes, trailing.end + 4 + 16, trailing.directory + 4, 4);
    expect_refused(trailing.bytes, "not deflated data of the length");
}

TEST(Hostile, Limits) {
    const std::string bytes = build_zip(two).bytes;
    expect_refused(bytes, "");
    EXPECT_EQ(refusal(bytes, Limits{.members = 2, .total_size = 13, .name_bytes = 6}), "");
    EXPECT_NE(refusal(bytes, Limits{.members = 1}).find("more than the 1 allowed"), std::string::npos);
    EXPECT_NE(refusal(bytes, Limits{.total_size = 12}).find("more than the 12 bytes allowed"),
              std::string::npos);
    EXPECT_NE(refusal(bytes, Limits{.name_bytes = 5}).find("too long"), std::string::npos);
}

TEST(Hostile, NamesAndAttributes) {
    const auto refuse = [](test::ZipMember member, const std::string& why) {
        expect_refused(build_zip({std::move(member)}).bytes, why);
    };
    refuse({.name = "../../etc/passwd", .content = "x"}, "name is unsafe");
    refuse({.name = "", .content = "x"}, "name is unsafe");
    refuse({.name = "a/.GIT/config", .content = "x"}, "name is unsafe");
    refuse({.name = "a\nb", .content = "x"}, "member \"a\\nb\": its name is unsafe");
    refuse({.name = "\xff\xfe", .content = "x", .flags = 0x800}, "not UTF-8");
    EXPECT_EQ(refusal(build_zip({{.name = "\xff\xfe", .content = "x"},
                                 {.name = "ü", .content = "x", .flags = 0x800}})
                          .bytes),
              "");
    refuse({.name = "link", .content = "/etc/passwd", .attributes = 0xa1ff0000},
           "a link, directory or device");
    for (const std::uint32_t type : {0x1000U, 0x2000U, 0x4000U, 0x6000U, 0xa000U, 0xc000U, 0xf000U}) {
        refuse({.name = "a", .content = "x", .attributes = (type | 0600) << 16},
               "a link, directory or device");
    }
    refuse({.name = "a", .content = "x", .attributes = 0x10}, "make it a directory");
    refuse({.name = "a", .content = "x", .attributes = 0x08}, "volume label");
    refuse({.name = "a/", .content = "x", .attributes = 0x41ed0010}, "directory that holds data");
    refuse({.name = "a/", .attributes = 0xa1ff0000}, "not those of a directory");
    EXPECT_EQ(
        refusal(build_zip({{.name = "a/", .attributes = 0x41ed0010}, {.name = "b/", .attributes = 0}}).bytes),
        "");
}

TEST(Hostile, ExtraFields) {
    const std::string unknown = le(0x5455, 2) + le(5, 2) + "12345";
    EXPECT_EQ(
        refusal(build_zip({{.name = "a", .content = "x", .local_extra = unknown, .central_extra = unknown}})
                    .bytes),
        "");
    const auto refuse = [](std::string local, std::string central, const std::string& why) {
        expect_refused(build_zip({{.name = "a",
                                   .content = "x",
                                   .local_extra = std::move(local),
                                   .central_extra = std::move(central)}})
                           .bytes,
                       why);
    };
    refuse("abc", "", "runs past the end");
    refuse("", le(0x5455, 2) + le(6, 2) + "12345", "runs past the end");
    const std::string other_name = le(0x7075, 2) + le(10, 2) + "\1" + "CRC4" + "other";
    refuse(other_name, "", "another name");
    refuse("", other_name, "another name");
    const std::string zip64 = le(1, 2) + le(16, 2) + le(1, 8) + le(1, 8);
    EXPECT_EQ(refusal(build_zip({{.name = "a", .content = "x", .local_extra = zip64}}).bytes), "");
    refuse(zip64 + zip64, "", "two zip64");
    refuse(le(1, 2) + le(16, 2) + le(2, 8) + le(1, 8), "", "zip64 extra field of its local header is wrong");
    refuse(le(1, 2) + le(8, 2) + le(1, 8), "", "zip64 extra field of its local header is wrong");
    refuse("", zip64, "zip64 extra field does not fit");
}

}  // namespace
}  // namespace autobackup::zip::hostile_test
