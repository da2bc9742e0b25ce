// SPDX-License-Identifier: MIT
// The daemon's documents as text for people. Pure. Every line that could be too long for the screen is cut or wrapped by its own rule;
// names from outside stand on one line, control characters escaped.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "daemon/control/answers.hpp"
#include "daemon/ctl/context.hpp"

namespace autobackup::ctl {

std::string status_text(const boost::json::value& document, const Screen& screen);
std::string list_text(const boost::json::value& document, const Screen& screen);
std::string next_text(const boost::json::value& document, const Screen& screen);
/// `one_job`: the column JOB gives way to what the runs took.
std::string history_text(const boost::json::value& document, bool one_job, const Screen& screen);
/// A run report with its items.
std::string report_text(const boost::json::value& report, const Screen& screen);
/// `project 12 "Traffic signs"  saved`: an item of a report.
std::string item_line(const boost::json::value& item, const Screen& screen);
/// "downloading, 40 %, 123 MiB of 1.03 GiB".
std::string progress_words(const answers::Running& run);
/// "paused until Mon 02:30 (in 2 d)", "waiting, next in 3 h (02:30)": after a job was steered.
std::string job_words(const answers::JobStatus& job, const Screen& screen);

}  // namespace autobackup::ctl
