// SPDX-License-Identifier: MIT
// A run of the daemon while it goes on, and what those who look on see of it.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/control/answers.hpp"
#include "daemon/report/progress.hpp"
#include "daemon/runner/runner.hpp"
#include "daemon/scheduler/scheduler.hpp"
#include "lib/async/workers.hpp"

namespace autobackup::serve {

/// Keeps what a run tells of itself. Written by the run (any thread), read by the loop.
class LiveProgress final : public report::Progress {
public:
    void item(const std::string& job, const std::string& label) override;
    void phase(const std::string& text) override;
    void bytes(std::uint64_t done, std::uint64_t total) override;
    void tasks(std::int64_t done, std::int64_t total) override;
    void clear() override {}
    [[nodiscard]] report::ProgressState state() const;

private:
    mutable std::mutex mutex_;
    report::ProgressState state_;
};

/// One configuration that was read and found good; it lives as long as a run that began under it.
struct Generation {
    config::Config config;
    Instant loaded_at;
};

/// Loop thread.
struct LiveRun {
    scheduler::Start start;
    std::string check{};  ///< kind of the check that it is; empty: a backup
    std::string run_id;
    Instant started_at;
    std::shared_ptr<const Generation> generation;
    LiveProgress progress{};
    /// Its own threads, so that this run alone can be asked to stop.
    async::Workers workers{3};
    boost::asio::cancellation_signal cancel{};
    bool cancelled = false;
    std::vector<model::Item> done{};  ///< items that have ended, for those who watch
    std::unique_ptr<runner::Shared> shared{};

    void stop();
    [[nodiscard]] answers::Running running() const;
};

}  // namespace autobackup::serve
