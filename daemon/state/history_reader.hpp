// SPDX-License-Identifier: MIT
// History for those who only look: beside a daemon that writes, or when none runs.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/failure.hpp"

namespace autobackup::state {

/// Opens `state.sqlite` without the right to write, and neither repairs nor migrates it. Synchronous; one thread at a time.
class HistoryReader {
public:
    /// not_found: nothing was ever recorded there. state_invalid: damaged, another program's, or of another version. io_error: it may
    /// not be read. busy: as Store.
    static Result<HistoryReader> open(const std::filesystem::path& file, std::chrono::milliseconds busy_timeout = std::chrono::seconds(5));
    HistoryReader(HistoryReader&&) noexcept;
    HistoryReader& operator=(HistoryReader&&) noexcept;
    ~HistoryReader();

    /// Report JSON, newest first; job "": of all jobs; "JOB/": of the job and of its checks. As Store::history.
    Result<std::vector<std::string>> reports(const std::string& job, std::size_t limit);
    /// Ids of runs that begin with `prefix` (any case), newest first, at most `limit`; runs that go on too.
    Result<std::vector<std::string>> ids(const std::string& prefix, std::size_t limit);
    /// The report of the run's last attempt; nothing: no such run, or it has not ended.
    Result<std::optional<std::string>> report(const std::string& run_id);
    /// What the state keeps of a job under that key; nothing: not kept. As Store::value.
    Result<std::optional<std::string>> value(const std::string& job, const std::string& key);

private:
    struct Impl;
    explicit HistoryReader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// The id that `prefix` means: not_found, or bad_request when several begin so (their number in the message).
Result<std::string> only_run(HistoryReader& history, const std::string& prefix);

}  // namespace autobackup::state
