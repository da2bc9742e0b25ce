// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string_view>

#include "lib/core/failure.hpp"
#include "lib/core/file.hpp"

namespace autobackup::remote {

/// A private directory (0700) for what a child must find under a name: a key, known hosts. It goes with its
/// owner; what a killed owner left is removed by the next make() or sweep_run_folders(). Blocks for
/// milliseconds.
class RunFolder {
public:
    /// Makes one below `parent` (made with mode 0700 when missing), and sweeps that. forbidden when `parent`
    /// is another user's, or others may write there.
    static Result<RunFolder> make(const fs::path& parent);
    RunFolder(RunFolder&&) noexcept;
    RunFolder& operator=(RunFolder&&) = delete;
    ~RunFolder();

    [[nodiscard]] const fs::path& path() const noexcept { return path_; }
    /// Writes a file (0600) into it and gives its path.
    Result<fs::path> write(std::string_view name, std::string_view text) const;

private:
    RunFolder(fs::path path, FileDescriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}
    fs::path path_;
    FileDescriptor lock_;  // flock(2) on the directory, as long as we live
};

/// Removes the folders below `parent` whose owners are gone. Nothing there is no error.
void sweep_run_folders(const fs::path& parent);

}  // namespace autobackup::remote
