// SPDX-License-Identifier: MIT
// Which repositories of a listing a job wants. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/config.hpp"
#include "lib/core/instant.hpp"
#include "lib/github/types.hpp"

namespace autobackup::github_job {

struct Chosen {
    std::vector<github::Repository> repositories;
    std::vector<std::string> unmatched_names;     ///< plain names of `include` (or of `only`) that match nothing: failed items
    std::vector<std::string> unmatched_patterns;  ///< globs and regular expressions that match nothing: warnings
};

/// `name` or glob of "app" or "acme/app" (letters' case does not count, as on GitHub), or /regular expression/ over "acme/app". What is no
/// regular expression between its slashes matches nothing.
bool matches(std::string_view pattern, std::string_view full_name);
/// Neither a glob nor a regular expression: what it means has to be there.
bool is_plain_name(std::string_view pattern);

Chosen choose(const std::vector<github::Repository>& listed, const config::RepositoryFilter& filter, Instant now);

/// Of `only` selectors (run --only): none at all choose everything.
bool wanted(const std::vector<std::string>& only, std::string_view full_name);

/// As a wiki is called: "acme/app.wiki".
std::string wiki_name(const std::string& full_name);

}  // namespace autobackup::github_job
