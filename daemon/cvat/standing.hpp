// SPDX-License-Identifier: MIT
// What a complete run leaves to be told again by the runs after it that find nothing moved. Pure.
#pragma once

#include <string>
#include <vector>

#include "daemon/cvat/finish.hpp"
#include "daemon/model/result.hpp"

namespace autobackup::cvat_job {

/// The items as they stand (unchanged, or skipped with their reason), their tasks and lasting warnings, and the lasting warnings of the run,
/// as text to be kept. `items` begin with the run's work in the order of `ends`; items that are gone are told once and left out.
std::string standing_text(const std::vector<model::Item>& items, const std::vector<ItemEnd>& ends,
                          const std::vector<std::string>& warnings);

/// Puts what standing_text() kept into a run that needs no look at the items; `duration_s` is that of the question. False: the text
/// cannot be read, and the run is as it was.
bool tell_standing(const std::string& text, double duration_s, model::Run& run);

}  // namespace autobackup::cvat_job
