// SPDX-License-Identifier: MIT
// Which dated copies may go. Pure: deletes nothing, asks no clock. Call it for the copies of one item, and
// only after a run that verified a new one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/config.hpp"
#include "lib/core/failure.hpp"
#include "lib/core/instant.hpp"

namespace autobackup::retention {

struct Snapshot {
    Instant time;
    bool verified = false;  ///< its check against its manifest was good
    bool held = false;      ///< `autobackupctl hold`
    std::string path;       ///< for the caller; not looked at
};

struct Decision {
    std::size_t index = 0;  ///< of the snapshot in the argument
    bool keep = true;
    std::string reason;  ///< "last, daily 2026-11-21, weekly 2026-W47", "held", …; "no rule keeps it"
};

/// One decision per snapshot, in the order of the argument. A snapshot is kept when any of these says so:
///   held        it is held (it still counts for the rules below)
///   unverified  it is not verified: never counted, never removed by a rule. A copy that cannot be trusted
///   takes no
///               place of one that can; it goes when somebody verifies it (then rules see it) or removes it
///               by hand
///   future      its time is after `now`: a clock was wrong once; it is not counted and not removed
///   newest      the floor: the newest verified copy, whatever rules, age and clock say
///   last n      the n newest
///   daily n … yearly n   the newest of each of the n latest days, ISO weeks, months, years of `zone` that
///   have any within d    not older than d before the newest verified copy. Measured from there and not from
///   `now`: while backups
///               fail, or after a clock jumped ahead, age alone removes nothing
/// Without any rule everything is kept. Of several copies of one time the one that comes later in the
/// argument is newer. `zone` is an IANA name; "" and "UTC" need no time zone data. config_invalid: no such
/// zone. 100,000 snapshots take well under a second.
Result<std::vector<Decision>> plan(const std::vector<Snapshot>& snapshots, const config::Keep& keep,
                                   Instant now, std::string_view zone = "UTC");

}  // namespace autobackup::retention
