// SPDX-License-Identifier: MIT
// What the items of one run share. Loop thread.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/cvat/side_lists.hpp"
#include "daemon/model/config.hpp"
#include "daemon/model/options.hpp"
#include "daemon/model/result.hpp"
#include "daemon/report/progress.hpp"
#include "daemon/state/store.hpp"
#include "daemon/vault/target.hpp"
#include "daemon/vault/vault.hpp"
#include "lib/async/turnstile.hpp"
#include "lib/async/workers.hpp"
#include "lib/cvat/client.hpp"
#include "lib/cvat/exporter.hpp"

namespace autobackup::cvat_job {

using model::Options;

/// Places where a job's things lie (interface.md §5).
struct Places {
    std::filesystem::path storage;
    std::string job;
    [[nodiscard]] std::filesystem::path vault() const { return storage / "vaults" / (job + ".git"); }
    [[nodiscard]] std::filesystem::path spool() const { return storage / "spool" / job; }
    [[nodiscard]] std::filesystem::path archives() const { return storage / "archives" / job; }
    [[nodiscard]] std::filesystem::path state() const { return storage / "state.sqlite"; }
};

struct Context {
    const config::Job& job;
    const config::CvatSource& source;
    const config::Limits& limits;
    Options options;
    Places places;
    async::Workers& workers;
    state::Store& store;
    report::Progress& progress;
    cvat::Client& client;
    cvat::Exporter& exporter;
    vault::Vault& vault;
    std::vector<std::unique_ptr<vault::Target>>& targets;
    bool targets_prepared = false;
    /// The failure that made a target unreachable in this run: the items that follow do not wait for it again.
    std::vector<std::optional<Failure>> target_failures{};
    async::Turnstile prepare_once{1};
    bool push_live = true;  ///< until the target has refused it once
    bool ahead_in_use = false;  ///< parts of one item's first version are on their way to the target
    Instant started_at{};
    /// An item is finished: its human line can be printed.
    std::function<void(const model::Item&)> item_done{};
    /// One at a time for an object: a task may be asked for by its project and as an item of its own.
    std::map<std::string, async::Turnstile> object_turns{};
    std::uint64_t files_fetched = 0;
    std::map<std::string, SideLists> side{};  ///< by workspace; of those that this run looks into (details: true)
};

cvat::Object project_object(std::int64_t id);
cvat::Object task_object(std::int64_t id);

/// "project-12": the key of an object in state, spool and identities.
std::string key_of(cvat::Kind kind, std::int64_t id);

/// "project 12 of lab": how an object is named in errors.
std::string object_name(const Context& context, cvat::Object object);

}  // namespace autobackup::cvat_job
