// SPDX-License-Identifier: MIT
#include "daemon/ctl/context.hpp"

#include <unistd.h>

#include "daemon/report/report.hpp"
#include "lib/core/file.hpp"
#include "lib/journal/logging.hpp"

namespace autobackup::ctl {

int print(const std::string& text) {
    return write_all(STDOUT_FILENO, text, "standard output") ? 0 : 1;
}

int print_json(const boost::json::value& value) {
    return print(report::json_line(value) + "\n");
}

void tell(const std::string& text) {
    journal::write_line(STDERR_FILENO, text);
}

void tell(const Failure& failure) {
    // What needs no operation to be understood says what to do at once.
    tell("autobackupctl: " + (failure.operation.empty() ? failure.message + ": " + failure.hint : describe(failure)));
}

}  // namespace autobackup::ctl
