// SPDX-License-Identifier: MIT
// Pages with their ETag as text, so that the next process can ask with If-None-Match too. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/github/account.hpp"

namespace autobackup::github {

using KeptPages = std::vector<std::pair<std::string, PageCache::Page>>;  ///< with their URL; last used first

/// Bodies of so many bytes are kept, those of the pages that were used last.
inline constexpr std::size_t most_kept_bytes = std::size_t{2} << 20;

/// `account` (see Session::account_digest) tells whose pages they are: an ETag counts for one token only.
std::string text_of(const KeptPages& pages, std::string_view account);

/// What of `text` belongs to `account` and is whole. A page is left out when its digest over URL, ETag, link and body is not that which
/// was written: a 304 must never be answered with something else than the server meant.
KeptPages read_pages(std::string_view text, std::string_view account);

}  // namespace autobackup::github
