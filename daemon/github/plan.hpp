// SPDX-License-Identifier: MIT
// What a run does with each repository: the listing and what is held, side by side. Pure: looks at no file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/github/card.hpp"
#include "lib/core/instant.hpp"
#include "lib/github/types.hpp"

namespace autobackup::github_job {

/// A repository that is to be held in `folder`.
struct Entry {
    github::Repository what;
    std::string folder;         ///< below repositories/
    std::optional<Card> card;   ///< of the last time
    std::string renamed_from;   ///< "acme/old"
    bool up_to_date = false;    ///< nothing was pushed since: nothing is asked
    bool wiki_up_to_date = false;  ///< nor is its wiki
    bool quiet = false;         ///< pushed_at is that of the last good look: what moved all the same moves without it
};

/// A folder that changes its name. All go to an intermediate name first, so that two may swap theirs.
struct Move {
    std::string from, to;
    std::string id;
};

/// A repository that is held and no longer listed. Its copy stays.
struct Gone {
    Held held;
    std::string folder;  ///< where it stays: set aside when its name has another repository now
    bool replaced = false;
};

struct Plan {
    std::vector<Entry> entries;
    std::vector<Move> moves;
    std::vector<Gone> gone;     ///< not told before
    std::size_t known = 0;      ///< held and not gone before
    std::size_t missing = 0;    ///< of these not listed now
};

struct PlanSettings {
    bool force = false;           ///< what the last run found out is not believed
    std::uint64_t turn = 0;       ///< number of this run: one repository of `recheck` is looked at even if nothing was pushed
    std::uint64_t recheck = 7;    ///< so many runs, at most, until every repository has been asked for its refs; 1: all in each run
    Instant now{};
};

/// `listed`: everything of the owner that the token sees; `chosen`: what of it the job wants; `held`: what read_cards() found.
Plan make_plan(const std::vector<github::Repository>& listed, const std::vector<github::Repository>& chosen, const std::vector<Held>& held,
               const PlanSettings& settings);

/// More than half of what was there and at least 5 are missing, or nothing is listed: an error of the source, not a deletion.
bool much_smaller(const Plan& plan, std::size_t listed);

/// "app.gone-20261121", with "-2" … where that is taken.
std::string aside_name(const std::string& folder, Instant now, const std::vector<Held>& held);

/// Whether a name can be a folder: what GitHub allows ([A-Za-z0-9._-]), but not "." or "..", and nothing that is ours.
bool safe_folder(std::string_view name);

}  // namespace autobackup::github_job
