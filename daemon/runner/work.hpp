// SPDX-License-Identifier: MIT
// What a run does once its job is locked and its state is open: one class for each kind of job. Loop thread.
#pragma once

#include <memory>

#include "daemon/runner/runner.hpp"
#include "daemon/state/store.hpp"

namespace autobackup::runner {

class Work {
public:
    virtual ~Work() = default;
    /// Fills items, errors and warnings as it goes, so that a cancelled or timed-out run can be told as far as it came (see
    /// model::close_unfinished). Throws operation_aborted when cancelled.
    virtual Awaitable<void> run(model::Run& run) = 0;
    /// Adds what was moved to the run.
    virtual void account(model::Run& run) const = 0;
    /// Lets idle connections go, so that the loop can end.
    virtual void close() const = 0;
    /// What can wait until the run is saved: changes nothing of it any more, and ends soon after the workers were asked to stop. Not
    /// called after a cancelled or dry run. By default there is nothing to do.
    virtual Awaitable<void> keep_up();
};

/// Borrowed for the life of the Work.
struct WorkOrder {
    Shared& shared;
    const config::Job& job;
    const model::Options& options;
    state::Store& store;
};

/// Reads the secrets and builds what the job needs. Failures: secret_missing, config_invalid (certificate file, URL).
Awaitable<Result<std::unique_ptr<Work>>> make_work(WorkOrder order);

/// The kinds; `source` is that of the job.
Awaitable<Result<std::unique_ptr<Work>>> make_cvat_work(WorkOrder order, config::CvatSource source);
Awaitable<Result<std::unique_ptr<Work>>> make_github_work(WorkOrder order, config::GithubSource source);
Awaitable<Result<std::unique_ptr<Work>>> make_mirror_work(WorkOrder order, config::MirrorSource source);

/// Tells the listener of a finished item, past the progress line.
void tell_item(const WorkOrder& order, const model::Item& item);

}  // namespace autobackup::runner
