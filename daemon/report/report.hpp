// SPDX-License-Identifier: MIT
// The forms in which a run is told: JSON, human lines. Pure. (interface.md §4 to the letter.)
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "daemon/model/result.hpp"

namespace autobackup::report {

/// The report object; json_line() of it is one line. Names from servers are kept as they are (made valid UTF-8); known
/// secrets and the user-info of URLs are taken out of every text. Run and item warnings come as `warnings`.
boost::json::object to_json(const model::Run& run);
boost::json::object to_json(const model::Item& item);
/// operation, object, code, message, peer (cut at 2 KiB), transient, hint: always all of them.
boost::json::object to_json(const Failure& failure);
/// One line without line end. Unlike boost::json::serialize it writes 12.345 and not 1.2345E1, as other programs do.
std::string json_line(const boost::json::value& value);

/// `traffic-signs  project 12 "Traffic signs"  saved      1.03 GiB in 12.3 s  commit 5e6f7a8b  pushed main`, no line end.
/// Ends with what went wrong (of failed and partial items, and of a push that failed) and with the warnings.
std::string human_line(const std::string& job, const model::Item& item);
/// Last line of a run: `traffic-signs  success: 1 saved, 2 unchanged in 12.3 s (7 requests, 1.03 GiB received)`.
std::string summary_line(const model::Run& run);
/// Lines for errors and warnings of the run itself.
std::vector<std::string> run_lines(const model::Run& run);

}  // namespace autobackup::report
