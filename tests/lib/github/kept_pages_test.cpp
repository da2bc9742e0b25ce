// SPDX-License-Identifier: MIT
#include "lib/github/kept_pages.hpp"

#include <gtest/gtest.h>

namespace autobackup::github::kept_pages_test {
namespace {

KeptPages two() {
    PageCache::Page one{"\"e1\"", "[1]", "<https://h/x?page=2>; rel=\"next\""};
    PageCache::Page other{"W/\"e2\"", R"([{"name":"\u00fc"}])", ""};
    return {{"https://h/x", one}, {"https://h/y", other}};
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), with);
}

TEST(KeptPages, AreReadAsTheyWereWritten) {
    EXPECT_EQ(read_pages(text_of(two(), "me"), "me"), two());
    EXPECT_TRUE(read_pages(text_of({}, "me"), "me").empty());
}

TEST(KeptPages, CountForOneTokenOnly) {
    EXPECT_TRUE(read_pages(text_of(two(), "me"), "another").empty());
}

TEST(KeptPages, WhatIsDamagedIsLeftOut) {
    const std::string text = text_of(two(), "me");
    const std::string other_body = replaced(text, "\"body\":\"[1]\"", "\"body\":\"[2]\"");
    ASSERT_EQ(read_pages(other_body, "me").size(), 1U);
    EXPECT_EQ(read_pages(other_body, "me")[0].first, "https://h/y");
    EXPECT_EQ(read_pages(replaced(text, "https://h/x\"", "https://h/z\""), "me").size(), 1U);
    EXPECT_EQ(read_pages(replaced(text, "e1", "e7"), "me").size(), 1U);
    for (const char* nothing : {"", "{", "[]", "{\"format\":2,\"account\":\"me\",\"pages\":[]}", "{\"format\":1,\"account\":\"me\",\"pages\":7}"})
        EXPECT_TRUE(read_pages(nothing, "me").empty()) << nothing;
}

TEST(KeptPages, AreBoundedAndTheLastUsedStay) {
    PageCache cache(std::size_t{64} << 20);
    for (int i = 0; i < 5; ++i) {
        PageCache::Page page;
        page.etag = "\"e\"";
        page.body = std::string(most_kept_bytes / 2 - 1, static_cast<char>('0' + i));
        cache.put("https://h/" + std::to_string(i), std::move(page));
    }
    ASSERT_NE(cache.find("https://h/1"), nullptr);
    const KeptPages kept = read_pages(text_of(cache.pages(), "me"), "me");
    ASSERT_EQ(kept.size(), 2U);
    EXPECT_EQ(kept[0].first, "https://h/1");
    EXPECT_EQ(kept[1].first, "https://h/4");
}

TEST(PageCache, WhatIsHeldIsNewerThanWhatIsRestored) {
    PageCache cache;
    PageCache::Page now, before;
    now.etag = "\"now\"";
    before.etag = "\"before\"";
    cache.put("https://h/x", now);
    cache.restore("https://h/x", before);
    cache.restore("https://h/y", before);
    EXPECT_EQ(cache.find("https://h/x")->etag, "\"now\"");
    EXPECT_EQ(cache.find("https://h/y")->etag, "\"before\"");
    const std::uint64_t version = cache.version();
    cache.put("https://h/y", before);
    EXPECT_EQ(cache.version(), version) << "an equal page is no change";
}

}  // namespace
}  // namespace autobackup::github::kept_pages_test
