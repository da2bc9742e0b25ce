// SPDX-License-Identifier: MIT
// A version back into a CVAT server: one project or task, as a new one, compared afterwards with what was backed up. Loop thread; the ZIP is
// read on a worker.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/restore/content.hpp"
#include "daemon/restore/ledger.hpp"
#include "lib/async/workers.hpp"
#include "lib/cvat/client.hpp"
#include "lib/cvat/importer.hpp"

namespace autobackup::restore {

/// What is wished of the server.
struct ToServer {
    std::string organization;  ///< slug; "" = the account's own space
    std::string name;          ///< of the new project or task; "" = the one that it had
    std::string details;       ///< text of the side file, whose stages, states, assignees and issues are put back; "" = none
    cvat::ImportPolicy policy{};
    Ledger* ledger = nullptr;  ///< borrowed; set: a restore on trial: it says how things are called (`name` is not asked), no side file is put back
};

/// A task of the version, and what became of it.
struct ServerTask {
    std::int64_t backup_id = 0;  ///< its id when it was backed up; 0: no manifest tells it
    std::string name;
    std::int64_t id = 0;         ///< on the server; 0: it is not there
    std::string problem;         ///< why it is not there
    std::string peer{};          ///< of that the server's own words
};

/// What is on the server now.
struct OnServer {
    cvat::Object object;             ///< the new project or task: may be deleted with cvat::Client::remove()
    std::string name;
    std::uint64_t bytes = 0;         ///< that were uploaded
    std::vector<ServerTask> tasks;   ///< of a project; of a task itself alone
    std::vector<std::string> differences;  ///< between what was backed up and what the server has now: tasks, jobs, frames, annotations
    std::vector<std::string> not_applied;  ///< what CVAT's backup leaves out and could not be put back
    std::vector<std::string> warnings;

    /// Everything that was backed up is there.
    [[nodiscard]] bool whole() const;
};

/// Restores `content` (its members may be left out where it is a file) as a new object, and compares. The client is connected already
/// (Client::connect). Failures: unsupported (the server is older than the backup; the ZIP has no such kind), what the server and the network
/// say, what reading the copy says: then `source_failed` (may be null, borrowed) is true and another copy may do. What a failure leaves on
/// the server is named in its hint. A task that the server refuses is no failure: it is named in OnServer::tasks.
Awaitable<Result<OnServer>> to_cvat(cvat::Client& client, async::Workers& workers, Content content, ToServer wish,
                                    cvat::ImportObserver& observer, bool* source_failed = nullptr);

}  // namespace autobackup::restore
