// SPDX-License-Identifier: MIT
// A drill's restore into a server, as it goes: what it makes is written down before it is there, and it shows how far it is. Loop thread.
#pragma once

#include <string>

#include "daemon/checks/remnants.hpp"
#include "daemon/checks/server_access.hpp"
#include "daemon/report/progress.hpp"
#include "daemon/restore/ledger.hpp"
#include "lib/async/workers.hpp"
#include "lib/cvat/importer.hpp"

namespace autobackup::checks {

/// Whose drill it is.
struct DrillName {
    std::string job, run_id;
};

class Books final : public restore::Ledger, public cvat::ImportObserver {
public:
    /// Everything is borrowed but `whose`.
    Books(cvat::Client& client, async::Workers& workers, report::Progress& progress, Remnants& remnants, const ServerPlace& place, DrillName whose)
        : client_(client), workers_(workers), progress_(progress), remnants_(remnants), place_(place), whose_(std::move(whose)) {}

    [[nodiscard]] std::string name_of(const vault::ItemId& item) const override;
    Awaitable<Result<void>> expects(cvat::Kind kind, std::string name) override;
    Awaitable<Result<void>> made(cvat::Object object, std::string name) override;
    Awaitable<Result<void>> refused(cvat::Kind kind, std::string name) override;

    void begins(const std::string& what) override;
    void sent(std::uint64_t bytes, std::uint64_t total) override;
    void waiting(const std::string& status, Milliseconds since) override;

    /// After a failure: what the server was not given whole is nothing, and is forgotten.
    Awaitable<Result<void>> close();
    /// Whether this run has made it.
    [[nodiscard]] bool is_mine(const Remnant& remnant) const;

private:
    [[nodiscard]] Remnant open_one(cvat::Kind kind, const std::string& name) const;

    cvat::Client& client_;
    async::Workers& workers_;
    report::Progress& progress_;
    Remnants& remnants_;
    const ServerPlace& place_;
    DrillName whose_;
    std::string open_;      ///< name of what is on its way; empty: nothing is
    bool all_sent_ = false; ///< the server has its whole ZIP
};

}  // namespace autobackup::checks
