// SPDX-License-Identifier: MIT
// Looking again at what a job holds, from its beginning to its place in the history: the same for the schedule and for those who ask by hand.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/checks/server_access.hpp"
#include "daemon/model/result.hpp"
#include "daemon/restore/verify.hpp"
#include "daemon/runner/runner.hpp"

namespace autobackup::checks {

struct Order {
    std::string job;
    std::string kind;                ///< "exists", "structure", "checksum", "spot", "drill"
    std::string trigger = "manual";
    int attempt = 1;
    std::string run_id{};            ///< empty: a new one
    /// By the schedule: waits for the job's lock where it is needed, and its beginning is written, so that a crash is seen. Otherwise nobody is
    /// kept waiting: what needs the lock while a run goes on is left out, with a warning.
    bool planned = false;
    /// Of a drill: the server to restore into, whatever the job says; its secrets are read already.
    std::optional<ServerPlace> server{};
};

struct Done {
    model::Run run;
    std::vector<restore::Checked> copies;  ///< all that were looked at; none of a drill
};

/// Every level reads without the job's lock, beside a run: what looks damaged is looked at again while none goes on, and only then believed.
/// What was found goes into the manifests of dated ZIPs, into the state, and into the history. What goes wrong is told in the Run; when the
/// workers were asked to stop its outcome is `cancelled`. Loop thread.
Awaitable<Done> run_check(runner::Shared& shared, Order order);

/// Under this key the state keeps, as a value of the job, what restore::vault_mark() makes.
inline constexpr const char* vault_mark_key = "vault_check";

}  // namespace autobackup::checks
