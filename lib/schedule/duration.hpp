// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "lib/core/failure.hpp"

namespace autobackup::schedule {

/// "250ms", "90s", "15m", "6h", "3d" and sums of them in falling order ("1h30m"). A bare number is refused:
/// it has no unit. config_invalid with the reason; never negative; at most 100 years.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The shortest form that parse_duration reads back: "90s", "6h", "250ms", "0s".
std::string duration_text(std::chrono::milliseconds duration);

}  // namespace autobackup::schedule
