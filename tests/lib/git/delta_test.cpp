// SPDX-License-Identifier: MIT
#include "lib/git/delta.hpp"

#include <gtest/gtest.h>

#include <random>

namespace autobackup::git::delta_test {
namespace {

std::string bytes(std::initializer_list<int> values) {
    std::string text;
    for (const int value : values) text += static_cast<char>(value);
    return text;
}

TEST(Delta, CopiesAndInserts) {
    // Sizes 5 → 8: copy 3 bytes from offset 2, insert "ab", copy 3 bytes from the front (an offset of 0 takes
    // no byte).
    const std::string delta = bytes({5, 8, 0x91, 2, 3, 2, 'a', 'b', 0x90, 3});
    EXPECT_EQ(apply_delta("01234", delta), "234ab012");
    std::string_view sizes = delta;
    EXPECT_EQ(take_delta_sizes(sizes)->result, 8U);
    EXPECT_EQ(sizes.size(), delta.size() - 2);
}

TEST(Delta, ACopyOfNoSizeIsOneOf64KiB) {
    const std::string base(70'000, 'x');
    EXPECT_EQ(apply_delta(base, bytes({0xf0, 0xa2, 0x04, 0x80, 0x80, 0x04, 0x80})), std::string(65'536, 'x'));
}

TEST(Delta, DamageIsRefused) {
    EXPECT_FALSE(apply_delta("01234", ""));
    EXPECT_FALSE(apply_delta("0123", bytes({5, 1, 1, 'a'}))) << "another base";
    EXPECT_FALSE(apply_delta("01234", bytes({5, 2, 1, 'a'}))) << "too short";
    EXPECT_FALSE(apply_delta("01234", bytes({5, 1, 2, 'a', 'b'}))) << "too long";
    EXPECT_FALSE(apply_delta("01234", bytes({5, 1, 2, 'a'}))) << "cut insertion";
    EXPECT_FALSE(apply_delta("01234", bytes({5, 4, 0x91, 2, 4}))) << "beyond the base";
    EXPECT_FALSE(apply_delta("01234", bytes({5, 1, 0x91, 2}))) << "cut copy";
    EXPECT_FALSE(apply_delta("01234", bytes({5, 1, 0, 1, 'a'}))) << "reserved order";
    EXPECT_FALSE(
        apply_delta("01234", bytes({5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 'a'})))
        << "a size to boast";
}

TEST(Delta, NoiseNeverHarms) {
    std::mt19937 random(11);
    const std::string base(300, 'b');
    for (int round = 0; round < 100'000; ++round) {
        std::string noise = bytes({0xac, 0x02, static_cast<int>(random() % 128)});
        for (unsigned i = 0; i < random() % 12; ++i) noise += static_cast<char>(random());
        const std::optional<std::string> result = apply_delta(base, noise);
        if (result) {
            EXPECT_LE(result->size(), 127U);
        }
    }
}

BaseCache::Base base_of(std::size_t size) {
    BaseCache::Base base;
    base.type = 3;
    base.content = std::make_shared<const std::string>(size, 'x');
    return base;
}

TEST(BaseCache, ForgetsTheOldestFirst) {
    BaseCache cache(1000);
    for (std::uint64_t i = 0; i < 20; ++i) cache.keep({nullptr, i}, base_of(100));
    EXPECT_FALSE(cache.find({nullptr, 9}));
    ASSERT_TRUE(cache.find({nullptr, 10}));
    EXPECT_TRUE(cache.find({nullptr, 19}));
    EXPECT_FALSE(cache.find({&cache, 19})) << "of another pack";
    cache.keep({nullptr, 100}, base_of(126));
    EXPECT_FALSE(cache.find({nullptr, 100})) << "too big to be kept";
    cache.clear();
    EXPECT_FALSE(cache.find({nullptr, 19}));
}

}  // namespace
}  // namespace autobackup::git::delta_test
