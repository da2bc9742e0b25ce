// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "lib/core/failure.hpp"

namespace date {
class time_zone;
}

namespace autobackup::schedule {

using SysSeconds = std::chrono::sys_seconds;
using LocalSeconds = std::chrono::local_seconds;

/// A time zone of the system's tzdata. A cheap value; any thread. Offsets after 2037 are those of 2037: the
/// library reads no further than the transitions listed in the zone file.
class Zone {
public:
    /// By IANA name ("Europe/Berlin", "UTC"). config_invalid: no such zone in the system's tzdata, or no
    /// tzdata.
    static Result<Zone> find(std::string_view name);
    /// The name that was meant by a near miss; the case does not count.
    static std::optional<std::string> nearest(std::string_view name);
    /// The zone of /etc/localtime; UTC when there is none.
    static Zone system();

    [[nodiscard]] std::string name() const;

    /// The stretch of time around `time` in which the offset stays the same: [begin, end).
    struct Stretch {
        SysSeconds begin, end;
        std::chrono::seconds offset;  ///< to be added to UTC
    };
    [[nodiscard]] Stretch around(SysSeconds time) const;

    /// The instant at which clocks show `local`: the first one when it comes twice, the end of the gap when
    /// it never comes.
    [[nodiscard]] SysSeconds instant(LocalSeconds local) const;
    [[nodiscard]] LocalSeconds local(SysSeconds time) const;

    /// "2026-11-22 02:30:00+01:00".
    [[nodiscard]] std::string text(SysSeconds time) const;

private:
    explicit Zone(const date::time_zone* zone) : zone_(zone) {}
    const date::time_zone* zone_;  // lives as long as the process
};

}  // namespace autobackup::schedule
