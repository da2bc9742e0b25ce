// SPDX-License-Identifier: MIT
// How a project or task is called that a drill makes on a CVAT server for a while: what it is and whose, so that nobody has to wonder at it, and no
// backup of that server takes it for somebody's work. Pure.
#pragma once

#include <string>
#include <string_view>

namespace autobackup::model {

/// "autobackupd drill 01KAJ7Z… of traffic-signs: project 12". `item`: in words. Plain ASCII, below the 256 characters that CVAT keeps of a name.
std::string drill_name(std::string_view run_id, std::string_view job, std::string_view item);

/// Whether it is such a name, of any job and any host: its beginning and a ULID (nobody calls a project so).
bool is_drill_name(std::string_view name);

}  // namespace autobackup::model
