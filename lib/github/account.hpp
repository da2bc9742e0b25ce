// SPDX-License-Identifier: MIT
// What everything that uses one token shares, run after run: its budget, the pages it has seen, the token that an App minted.
// Loop thread only.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/github/budget.hpp"

namespace autobackup::github {

/// Pages that came with an ETag: asked for again with If-None-Match, an equal one costs nothing of the quota (304). Bounded;
/// the ones unused for longest go first.
class PageCache {
public:
    struct Page {
        std::string etag, body, link;
        friend bool operator==(const Page&, const Page&) = default;
    };
    explicit PageCache(std::size_t most_bytes = std::size_t{8} << 20) : most_bytes_(most_bytes) {}
    /// Valid until the next put(). nullptr: not held.
    const Page* find(const std::string& url);
    void put(const std::string& url, Page page);
    /// One from an earlier process; what is held is newer and stays.
    void restore(const std::string& url, Page page);
    /// All of them, last used first.
    [[nodiscard]] std::vector<std::pair<std::string, Page>> pages() const { return {entries_.begin(), entries_.end()}; }
    /// Another number after each change of what is held.
    [[nodiscard]] std::uint64_t version() const noexcept { return version_; }

private:
    using Entry = std::pair<std::string, Page>;
    std::size_t most_bytes_, bytes_ = 0;
    std::uint64_t version_ = 0;
    std::list<Entry> entries_;  ///< last used first
    std::map<std::string, std::list<Entry>::iterator> by_url_;
};

/// An App's installation token (one hour as a rule).
struct Minted {
    Secret token;
    Instant ends{};
};

struct Account {
    explicit Account(Budget::Clock clock = now) : budget(clock), mint_turn(1) {}
    Budget budget;
    PageCache pages;
    std::optional<Minted> minted;
    async::Turnstile mint_turn;
};

}  // namespace autobackup::github
