// SPDX-License-Identifier: MIT
// A place for what is made on trial: below the spool, one of a kind and job at a time, gone afterwards. Synchronous; worker thread.
#pragma once

#include <filesystem>
#include <string>

#include "daemon/state/lock.hpp"
#include "lib/core/failure.hpp"

namespace autobackup::checks {

class Scratch {
public:
    /// Empties what an earlier one left. busy: another process works there.
    static Result<Scratch> make(const std::filesystem::path& storage, const std::string& kind, const std::string& job);
    Scratch(Scratch&& other) noexcept;
    Scratch& operator=(Scratch&&) = delete;
    ~Scratch();
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    Scratch(state::JobLock lock, std::filesystem::path path) : lock_(std::move(lock)), path_(std::move(path)) {}
    state::JobLock lock_;
    std::filesystem::path path_;
};

/// Removes what killed processes left; a place that somebody works in is left alone.
void sweep_scratch(const std::filesystem::path& storage);

}  // namespace autobackup::checks
