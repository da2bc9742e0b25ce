// SPDX-License-Identifier: MIT
// The story of one run of a CVAT job. Loop thread.
#pragma once

#include "daemon/cvat/context.hpp"

namespace autobackup::cvat_job {

/// Surveys, backs up what moved, brings the targets up to date. Fills run.items, run.errors, run.warnings as it goes, so that a cancelled
/// or timed-out run can be told as far as it came (see model::close_unfinished). Throws operation_aborted when cancelled.
Awaitable<void> back_up(Context& context, model::Run& run);

}  // namespace autobackup::cvat_job
