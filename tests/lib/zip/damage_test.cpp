// SPDX-License-Identifier: MIT
// Archives with random damage, mostly in their structures: refused or good, nothing else.
#include <gtest/gtest.h>

#include <random>

#include "lib/zip/archive.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/zip_builder.hpp"

namespace autobackup::zip::damage_test {
namespace {

TEST(Damage, RandomChangesNeverCrash) {
    const test::TempDir dir;
    std::mt19937_64 random(7);
    const auto zip = test::build_zip({{.name = "a", .content = "stored content", .descriptor = 16},
                                      {.name = "b/", .attributes = 0},
                                      {.name = "c", .content = std::string(3000, 'c'), .deflated = true},
                                      {.name = "d", .content = "d", .zip64 = true}},
                                     "comment", true);
    const std::uint64_t edges[] = {
        0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, ~std::uint64_t{0}, std::uint64_t{1} << 63};
    int refused = 0;
    for (int round = 0; round < 3000; ++round) {
        std::string bytes = zip.bytes;
        for (std::uint64_t changes = 1 + random() % 6; changes > 0; --changes) {
            const std::size_t width = std::size_t{1} << random() % 4;
            // Mostly the structures at the end, where the interesting lies are told.
            const std::size_t from = random() % 3 == 0 ? 0 : zip.directory;
            const std::size_t at = from + random() % (bytes.size() - from);
            const std::uint64_t value = random() % 2 == 0 ? edges[random() % std::size(edges)] : random();
            if (at + width <= bytes.size()) test::patch(bytes, at, value, width);
            if (random() % 20 == 0) bytes.erase(random() % bytes.size(), random() % 50);
            if (random() % 20 == 0)
                bytes.insert(random() % bytes.size(),
                             std::string(random() % 50, static_cast<char>(random())));
            if (bytes.size() <= zip.directory) break;
        }
        auto archive = Archive::open(test::write_bytes(dir.path() / "a.zip", bytes));
        const auto checked = archive ? archive->check(2, {}, {}) : Result<void>(archive.error());
        if (checked) {
            // What is taken for good can be read to the end.
            for (const Member& member : archive->members()) EXPECT_TRUE(archive->read_text(member, 1 << 20));
        } else {
            ++refused;
            EXPECT_EQ(checked.error().code, Errc::archive_invalid) << describe(checked.error());
        }
    }
    EXPECT_GT(refused, 2000);
}

}  // namespace
}  // namespace autobackup::zip::damage_test
