// SPDX-License-Identifier: MIT
// snapshots and restore of the repositories that `github:` and `mirror:` jobs keep.
#pragma once

#include <vector>

#include "daemon/ctl/context.hpp"
#include "daemon/restore/mirrors.hpp"
#include "lib/async/types.hpp"
#include "lib/async/workers.hpp"

namespace autobackup::ctl {

struct Mirrors {
    std::vector<restore::HeldMirror> all;
    bool alone = false;  ///< what is asked for concerns nothing else
    std::string job;     ///< the only one they belong to; "" = several, or nobody says
};

/// The repositories that JOB and --from mean. A mistake in either is for find_sources() to tell: then there are none.
Awaitable<Mirrors> find_mirrors(const Context& context, async::Workers& workers);

/// Whether `item` is the name of one of them, so that it needs no JOB.
bool names_one(const Mirrors& mirrors, const std::string& item);

/// What each holds, with its kept refs; those that --item names.
Awaitable<std::vector<restore::MirrorFacts>> look_at_mirrors(const Context& context, const Mirrors& mirrors, async::Workers& workers);

/// As tables.
std::string mirrors_text(const std::vector<restore::MirrorFacts>& all, bool one, const Screen& screen);

/// restore, of one of them; its exit code.
Awaitable<int> give_mirror_back(const Context& context, const Mirrors& mirrors, async::Workers& workers);

}  // namespace autobackup::ctl
