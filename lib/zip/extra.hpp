// SPDX-License-Identifier: MIT
// The extra fields of a header (APPNOTE 6.3.10 §4.5). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/zip/format.hpp"

namespace autobackup::zip {

/// What an extra field area says that matters to us. `zip64` is empty when there is no such field.
struct Extra {
    Bytes zip64;
    bool has_zip64 = false;
};

/// Reads the area of one header; `wrong` says what is the matter and stays empty when all is well. Refused: a
/// field that runs past the end, two zip64 fields, a Unicode path (0x7075) other than the name of the header
/// (readers would disagree on the name).
Extra read_extra(Bytes area, std::string_view name, std::string& wrong);

}  // namespace autobackup::zip
