// SPDX-License-Identifier: MIT
#include "lib/github/account.hpp"

namespace autobackup::github {

const PageCache::Page* PageCache::find(const std::string& url) {
    const auto found = by_url_.find(url);
    if (found == by_url_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &entries_.front().second;
}

void PageCache::put(const std::string& url, Page page) {
    if (const auto found = by_url_.find(url); found != by_url_.end()) {
        if (found->second->second == page) return;
        bytes_ -= found->second->second.body.size();
        entries_.erase(found->second);
        by_url_.erase(found);
    }
    ++version_;
    bytes_ += page.body.size();
    entries_.emplace_front(url, std::move(page));
    by_url_[url] = entries_.begin();
    while (bytes_ > most_bytes_ && !entries_.empty()) {
        bytes_ -= entries_.back().second.body.size();
        by_url_.erase(entries_.back().first);
        entries_.pop_back();
    }
}

void PageCache::restore(const std::string& url, Page page) {
    if (by_url_.contains(url) || bytes_ + page.body.size() > most_bytes_) return;
    bytes_ += page.body.size();
    by_url_[url] = entries_.emplace(entries_.end(), url, std::move(page));
}

}  // namespace autobackup::github
