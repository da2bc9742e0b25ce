// SPDX-License-Identifier: MIT
// A snapshot as a file or as a directory. Where one of its copies turns out damaged and another is whole, the other is taken and that is said.
// Synchronous; worker thread.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/restore/content.hpp"

namespace autobackup::restore {

enum class Prefer { any, vault, archive };  ///< any: the archive first, whose file is the ZIP already

struct Request {
    const Place& place;
    const Snapshot& snapshot;
    std::optional<std::int64_t> task;  ///< of a project: this one alone
    Prefer prefer = Prefer::any;
    std::stop_token stop{};
};

struct Given {
    std::string from;    ///< see Content::from
    std::uint64_t bytes = 0;  ///< of the ZIP, or of all files
    std::size_t members = 0;  ///< files that were written; of a ZIP 0 when it was copied as it is
    std::string sha256;  ///< of the ZIP
    std::vector<std::string> warnings;
};

/// Copies to try, the first one first.
std::vector<Prefer> order_of(const Request& request);
/// The content from one of them.
Result<Content> content_of(const Request& request, Prefer copy, bool members);

/// Writes the ZIP to `file`: beside it under a temporary name, fsynced, then renamed; nothing appears under the final name that is not whole.
/// What `file` stands for is what out_file() says: a device or FIFO is written to as to_stream() does. An existing file is bad_request without
/// `force`. Other failures: see content.hpp, io_error, disk_full, cancelled.
Result<Given> to_zip(const Request& request, const std::filesystem::path& file, bool force);

/// The same to a descriptor (standard output). An archive is read twice, so that a damaged one gives no byte; what fails after the first byte
/// is not tried from elsewhere, and the reader has a ZIP without end.
Result<Given> to_stream(const Request& request, int fd);

/// bad_request: it is there, and no empty directory.
Result<void> free_directory(const std::filesystem::path& directory);

/// Writes the members below `directory`, which must not exist or be empty: all of them or, after a failure, none.
Result<Given> to_directory(const Request& request, const std::filesystem::path& directory);

}  // namespace autobackup::restore
