// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "lib/core/file.hpp"

namespace autobackup::git {

/// Bytes to be read again later: the first few MiB in memory, the rest in a file without a name that vanishes
/// with the process.
class SpillBuffer {
public:
    /// `directory` is where the file would lie.
    explicit SpillBuffer(fs::path directory, std::size_t memory_limit = std::size_t{4} << 20)
        : directory_(std::move(directory)), memory_limit_(memory_limit) {}
    Result<void> append(std::span<const std::byte> bytes);
    [[nodiscard]] std::uint64_t size() const noexcept { return memory_.size() + spilled_; }
    /// Precondition: the range was appended.
    Result<void> read(std::uint64_t offset, std::span<std::byte> bytes) const;

private:
    Result<void> open_spill();

    fs::path directory_;
    std::size_t memory_limit_;
    std::vector<std::byte> memory_;
    FileDescriptor file_;
    std::uint64_t spilled_ = 0;
};

}  // namespace autobackup::git
