// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "lib/async/types.hpp"
#include "lib/async/workers.hpp"
#include "lib/core/failure.hpp"
#include "lib/core/file.hpp"

namespace autobackup::remote {

/// A file that is filled from the loop and written on a worker, 1 MiB at a time. Removed when it dies
/// unfinished. Loop thread.
class PackFile {
public:
    PackFile(async::Workers& workers, std::filesystem::path path)
        : workers_(workers), path_(std::move(path)) {}
    PackFile(const PackFile&) = delete;
    PackFile& operator=(const PackFile&) = delete;
    ~PackFile();

    /// Makes the file (0600), or empties an existing one.
    Awaitable<Result<void>> open();
    /// Takes bytes over; true when write() is due.
    [[nodiscard]] bool add(std::string_view bytes);
    Awaitable<Result<void>> write();
    /// The rest, fsync, close: the file is kept from now on.
    Awaitable<Result<void>> finish();
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

private:
    async::Workers& workers_;
    std::filesystem::path path_;
    FileDescriptor fd_;
    std::string buffer_;
    std::uint64_t bytes_ = 0;
    bool keep_ = true;  // false while there is an unfinished file
};

}  // namespace autobackup::remote
