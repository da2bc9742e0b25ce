// SPDX-License-Identifier: MIT
#include "lib/github/budget.hpp"

#include <gtest/gtest.h>

#include "lib/github/account.hpp"
#include "tests/support/run_coroutine.hpp"

namespace autobackup::github::budget_test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class BudgetTest : public testing::Test {
protected:
    static http::Headers quota(int remaining, Instant reset) {
        http::Headers headers;
        headers.add("X-RateLimit-Remaining", std::to_string(remaining));
        const auto epoch = std::chrono::duration_cast<seconds>(reset.time_since_epoch()).count();
        headers.add("X-RateLimit-Reset", std::to_string(epoch));
        return headers;
    }
    static Failure refusal(std::optional<seconds> retry_after) {
        Failure failure = fail(Errc::rate_limited, "GET", "x", "limit");
        failure.retry_after = retry_after;
        return failure;
    }
    Instant time_{seconds(1'800'000'000)};
    Budget budget_{[this] { return time_; }};
};

TEST_F(BudgetTest, AnEmptyQuotaWaitsForItsResetAndOnlyThatResource) {
    budget_.saw(Resource::rest, quota(1, time_ + minutes(30)));
    EXPECT_FALSE(budget_.blocked(Resource::rest));
    budget_.saw(Resource::rest, quota(0, time_ + minutes(30)));
    const auto block = budget_.blocked(Resource::rest);
    ASSERT_TRUE(block);
    EXPECT_GE(block->first, time_ + minutes(30));
    EXPECT_LE(block->first, time_ + minutes(31));
    EXPECT_FALSE(budget_.blocked(Resource::graphql)) << "GraphQL has a quota of its own";
    time_ += minutes(31);
    EXPECT_FALSE(budget_.blocked(Resource::rest));
}

TEST_F(BudgetTest, ASecondaryLimitPausesEverythingLongerEachTime) {
    budget_.limited(Resource::rest, refusal(std::nullopt));
    ASSERT_TRUE(budget_.blocked(Resource::graphql));
    EXPECT_EQ(budget_.blocked(Resource::rest)->first, time_ + minutes(1));
    time_ += minutes(1);
    EXPECT_FALSE(budget_.blocked(Resource::rest));
    budget_.limited(Resource::rest, refusal(std::nullopt));
    EXPECT_EQ(budget_.blocked(Resource::rest)->first, time_ + minutes(2));
    time_ += minutes(2);
    budget_.went_through();
    budget_.limited(Resource::rest, refusal(std::nullopt));
    EXPECT_EQ(budget_.blocked(Resource::rest)->first, time_ + minutes(1));
}

TEST_F(BudgetTest, TheServersOwnPauseCounts) {
    budget_.limited(Resource::rest, refusal(seconds(90)));
    EXPECT_EQ(budget_.blocked(Resource::rest)->first, time_ + seconds(90));
}

TEST_F(BudgetTest, NoMinuteHasMoreThanNineHundredCalls) {
    const auto call = [this]() -> Awaitable<void> {
        const async::Turnstile::Pass pass = co_await budget_.enter(Resource::rest, {});
    };
    for (int i = 0; i < 900; ++i) {
        ASSERT_FALSE(budget_.blocked(Resource::rest)) << i;
        test::run_coroutine(call);
    }
    ASSERT_TRUE(budget_.blocked(Resource::rest));
    EXPECT_EQ(budget_.blocked(Resource::rest)->first, time_ + minutes(1));
    time_ += minutes(1);
    EXPECT_FALSE(budget_.blocked(Resource::rest));
}

TEST_F(BudgetTest, AWaitIsToldOnceAndCanBeCancelled) {
    budget_.saw(Resource::rest, quota(0, time_ + minutes(30)));
    int told = 0;
    const auto call = [&]() -> Awaitable<void> {
        const std::function<void(Instant, std::string_view)> waits = [&](Instant until, std::string_view why) {
            ++told;
            EXPECT_GE(until, time_ + minutes(30));
            EXPECT_FALSE(why.empty());
        };
        const async::Turnstile::Pass pass = co_await budget_.enter(Resource::rest, waits);
    };
    EXPECT_THROW(test::run_coroutine(call, Milliseconds(5'000), Milliseconds(50)), boost::system::system_error);
    EXPECT_EQ(told, 1);
}

TEST(PageCacheTest, DropsWhatWasUnusedForLongest) {
    PageCache cache(10);
    cache.put("a", {"1", "12345", ""});
    cache.put("b", {"2", "1234", ""});
    ASSERT_NE(cache.find("a"), nullptr);
    cache.put("c", {"3", "1234", ""});
    EXPECT_EQ(cache.find("b"), nullptr) << "a was used since";
    ASSERT_NE(cache.find("a"), nullptr);
    cache.put("a", {"4", "1", "L"});
    EXPECT_EQ(cache.find("a")->etag, "4");
    EXPECT_EQ(cache.find("c")->body, "1234");
}

}  // namespace
}  // namespace autobackup::github::budget_test
