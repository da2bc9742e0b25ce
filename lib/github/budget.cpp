// SPDX-License-Identifier: MIT
#include "lib/github/budget.hpp"

#include <algorithm>
#include <charconv>

#include "lib/async/run.hpp"

namespace autobackup::github {
namespace {

constexpr std::size_t at_once = 8;                 // 100 are the most; 90 s of server time a minute are reached before
constexpr std::size_t calls_a_minute = 900;
constexpr std::chrono::seconds least_pause{60};    // secondary limit without a Retry-After
constexpr std::chrono::seconds longest_pause{3600};
constexpr std::chrono::seconds reset_margin{2};    // the server's clock is not ours
constexpr Milliseconds longest_sleep{30'000};      // then the clock is looked at again: it may have been set

std::optional<std::int64_t> number(const http::Headers& headers, std::string_view name) {
    const std::string* text = headers.find(name);
    if (text == nullptr) return std::nullopt;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
    return value;
}

}  // namespace

Budget::Budget(Clock clock) : clock_(std::move(clock)), places_(at_once) {}

std::optional<std::pair<Instant, std::string_view>> Budget::blocked(Resource resource) {
    const Instant time = clock_();
    if (pause_until_ > time) return std::pair(pause_until_, std::string_view("the server asks for a pause (secondary rate limit)"));
    const Quota& quota = quotas_[resource];
    if (quota.remaining && *quota.remaining <= 0 && quota.reset > time)
        return std::pair(quota.reset, std::string_view("the token's rate limit is used up"));
    while (!last_minute_.empty() && last_minute_.front() + std::chrono::minutes(1) <= time) last_minute_.pop_front();
    if (last_minute_.size() >= calls_a_minute)
        return std::pair(last_minute_.front() + std::chrono::minutes(1), std::string_view("900 calls were made within a minute"));
    return std::nullopt;
}

Awaitable<async::Turnstile::Pass> Budget::enter(Resource resource, const std::function<void(Instant, std::string_view)>& waits) {
    async::Turnstile::Pass pass = co_await places_.enter();
    Instant told{};
    for (;;) {
        const auto block = blocked(resource);
        if (!block) break;
        const auto left = std::chrono::ceil<Milliseconds>(block->first - clock_());
        if (waits && left > Milliseconds(1000) && told != block->first) waits(block->first, block->second);
        told = block->first;
        const Milliseconds nap = std::clamp(left, Milliseconds(1), longest_sleep);
        co_await async::sleep_for(nap);
    }
    last_minute_.push_back(clock_());
    co_return pass;
}

void Budget::saw(Resource resource, const http::Headers& headers) {
    const auto remaining = number(headers, "x-ratelimit-remaining");
    const auto reset = number(headers, "x-ratelimit-reset");
    if (remaining && reset) saw(resource, *remaining, Instant(std::chrono::seconds(*reset)));
}

void Budget::saw(Resource resource, std::int64_t remaining, Instant reset) {
    Quota& quota = quotas_[resource];
    quota.remaining = remaining;
    quota.reset = reset + reset_margin;
}

void Budget::limited(Resource resource, const Failure& failure) {
    const Instant time = clock_();
    const Quota& quota = quotas_[resource];
    if (quota.remaining && *quota.remaining <= 0 && quota.reset > time) return;  // primary: enter() waits for the reset
    std::chrono::seconds pause = least_pause * (1 << std::min(secondary_in_row_, 6));
    if (failure.retry_after) pause = std::max(std::chrono::seconds(1), *failure.retry_after);
    ++secondary_in_row_;
    pause_until_ = std::max(pause_until_, time + std::min(pause, longest_pause));
}

}  // namespace autobackup::github
