// SPDX-License-Identifier: MIT
// A run as structured journal entries. Field names and MESSAGE_IDs are a public contract, told in
// systemd/autobackupd.catalog: never rename or reuse one.
#pragma once

#include <vector>

#include "daemon/model/result.hpp"
#include "lib/journal/entry.hpp"

namespace autobackup::report {

namespace message_id {
inline constexpr const char* run_succeeded = "e50442d1ab9d4b8cbb1aa4fb3f5b0e0c";  ///< success and unchanged
inline constexpr const char* run_partial = "00ac2ce8cbfb4192bc4730f09a4876e4";
inline constexpr const char* run_failed = "b3d27e82a8b544b3b361dc96623bc00c";
inline constexpr const char* run_cancelled = "c9165485bd5646f4b46ba7e858d075f8";
inline constexpr const char* run_refused = "09d4479a5fc44557b1ef33a1263281a5";
inline constexpr const char* stage_failed = "9a9757d60ae741ff896f08077b5c56e2";
inline constexpr const char* item_done = "a69d779e3884434d809e0670a4f78a5f";
inline constexpr const char* check_passed = "43b4ee5d3cbf40d3afb74dec01f89adb";
inline constexpr const char* check_failed = "863eacf5d71a4ffdb01d996b904a9184";   ///< damage, or it could not be made
inline constexpr const char* drill_passed = "8608704414de4607ac80fe3738addba9";
inline constexpr const char* drill_failed = "8d6adea04e4c43beba60daf75bcc7c4c";
}  // namespace message_id

/// One item as it ends, while its run goes on: the human line with AUTOBACKUP_JOB, AUTOBACKUP_RUN_ID, AUTOBACKUP_ATTEMPT, AUTOBACKUP_ITEM,
/// AUTOBACKUP_OUTCOME, AUTOBACKUP_BYTES, AUTOBACKUP_DURATION_USEC and AUTOBACKUP_COMMIT (when there is one). Priority info, warning
/// when it failed or is partial. Of `run` its job, id and attempt are read.
journal::Entry entry_of(const model::Run& run, const model::Item& item);


/// One entry per failed stage, in the order of the items, then one for the run. Fields, where they apply:
/// AUTOBACKUP_JOB, AUTOBACKUP_RUN_ID, AUTOBACKUP_ATTEMPT, AUTOBACKUP_CHECK (of a check), AUTOBACKUP_DRILL_SERVER (of a drill into a CVAT server), AUTOBACKUP_OUTCOME (of the run, or of the item for
/// a stage), AUTOBACKUP_ITEM ("project-12"), AUTOBACKUP_STAGE, AUTOBACKUP_ERROR_CODE (repeated for a run with
/// several errors), AUTOBACKUP_BYTES (received, or of the stage), AUTOBACKUP_DURATION_USEC, AUTOBACKUP_COMMIT
/// (repeated, one per item). Priorities: error = a backup did not happen; warning = partly, or refused;
/// notice = done or cancelled.
std::vector<journal::Entry> entries_of(const model::Run& run);

}  // namespace autobackup::report
