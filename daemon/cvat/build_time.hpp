// SPDX-License-Identifier: MIT
// Family A serves a fixed file for each object while updated_date is not after the END of its build: an edit in the middle of the build is
// missing in it, and every later export serves it as fresh (CVAT 2.14.4 as run). The times in the file tell. Pure.
#pragma once

#include <string>
#include <string_view>

#include "daemon/cvat/fetch.hpp"

namespace autobackup::cvat_job {

/// Whether the file was built after the object's last edit.
enum class BuildAge { newer, unsure, older };

/// Compares the DOS time of `member` (server-local, in steps of 2 s) with the updated_date in the file name that the server gave
/// (`…_backup_2026_11_21_05_11_16.zip`, same zone, whole seconds). Without either, newer: nothing speaks against it.
BuildAge build_age(const FetchedZip& fetched, std::string_view member);

/// "" or why a task's own file misses an edit. `earlier_sha256`: of the file fetched before the edit that this run saw, "" when it saw
/// none: the same bytes again, built about then, are the same old file.
std::string old_build_words(const FetchedZip& task, const std::string& earlier_sha256);

}  // namespace autobackup::cvat_job
