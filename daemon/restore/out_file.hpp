// SPDX-License-Identifier: MIT
// The file that somebody names to be written. Synchronous.
#pragma once

#include <filesystem>

#include "lib/core/failure.hpp"

namespace autobackup::restore {

struct OutFile {
    std::filesystem::path file;  ///< what a symbolic link points to, not the link; a stream: as it was named
    bool stream = false;         ///< a character device or FIFO: it is written to, never replaced
};

/// "there is a file of this name already", with the way out.
Failure exists_already(const std::filesystem::path& path);

/// Looks at `path` and changes nothing. bad_request: it exists and `force` is not given, or it is a directory, socket or block device, which
/// nothing is written over.
Result<OutFile> out_file(const std::filesystem::path& path, bool force);

/// The same for a bundle, which is a file and nothing else: a device or FIFO is bad_request.
Result<std::filesystem::path> bundle_file(const std::filesystem::path& path, bool force);

}  // namespace autobackup::restore
