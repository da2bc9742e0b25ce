// SPDX-License-Identifier: MIT
// Times as people say and write them. Pure.
#pragma once

#include <string>
#include <string_view>

#include "lib/core/failure.hpp"
#include "lib/core/instant.hpp"
#include "lib/schedule/zone.hpp"

namespace autobackup::ctl {

/// Now, and where the clock hangs.
struct Clock {
    Instant now;
    schedule::Zone zone = schedule::Zone::system();
};

/// "in 45 s", "in 3 h", "2 d ago", "now": one number, rounded; minutes from 60 s on, hours from 60 min, days from 48 h.
std::string relative(Instant time, const Clock& clock);
/// "02:30" on the same day; "Mon 02:30" within six days; "2026-11-09" further away.
std::string face(Instant time, const Clock& clock);
/// "in 3 h (02:30)".
std::string when(Instant time, const Clock& clock);
/// "2026-11-22 02:30:00+01:00".
std::string exact(Instant time, const Clock& clock);

/// The time that a person means, in the future: RFC 3339; "18:30" (the next one); "2026-12-01" (its beginning), "2026-12-01 18:30"; "3h"
/// (from now). config_invalid with what is allowed.
Result<Instant> parse_until(std::string_view text, const Clock& clock);

/// The moment that a person means, in the past: RFC 3339; "2026-11-01" (its end), "2026-11-01 18:30", "18:30" (the last one); "3h" (ago).
/// config_invalid with what is allowed.
Result<Instant> parse_at(std::string_view text, const Clock& clock);

}  // namespace autobackup::ctl
