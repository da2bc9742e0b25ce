// SPDX-License-Identifier: MIT
#include "daemon/ctl/context.hpp"

#include <unistd.h>

#include "daemon/report/report.hpp"
#include "lib/journal/logging.hpp"
#include "lib/journal/redact.hpp"

namespace autobackup::ctl {

int print(const std::string& text) {
    return cli::print("autobackupctl", text);
}

int print_json(const boost::json::value& value) {
    return print(report::json_line(value) + "\n");
}

void tell(const std::string& text) {
    journal::write_line(STDERR_FILENO, journal::without_user_info(text));
}

void tell(const Failure& failure) {
    // What needs no operation to be understood says what to do at once.
    tell("autobackupctl: " + (failure.operation.empty() ? failure.message + ": " + failure.hint : describe(failure)));
}

}  // namespace autobackup::ctl
