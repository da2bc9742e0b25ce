// SPDX-License-Identifier: MIT
// What the `message` of a failed export means. Pure.
#pragma once

#include <string>
#include <string_view>

#include "lib/core/failure.hpp"
#include "lib/cvat/types.hpp"

namespace autobackup::cvat {

struct ExportFailureKind {
    Errc code = Errc::export_failed;
    bool transient = true;  ///< asking again may help
    std::string_view message;
    std::string_view hint;
};

/// By the text that rq and CVAT leave: "pkg.Class: text\n", possibly without class or newline. What is not
/// known is transient, since the tries are bounded; what a class of Python error shows to be a fault of the
/// data is not.
ExportFailureKind classify_export_failure(std::string_view server_message);

/// The Failure of a failed export; the server's message is kept as the peer's words.
Failure export_failure(std::string_view server_message, std::string object);

}  // namespace autobackup::cvat
