// SPDX-License-Identifier: MIT
// A `github:` job: lists the owners' repositories and brings the mirror of each up to date. Loop thread.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "daemon/mirror/mirror.hpp"
#include "daemon/mirror/spoken.hpp"
#include "daemon/model/config.hpp"
#include "daemon/model/options.hpp"
#include "daemon/model/result.hpp"
#include "daemon/state/store.hpp"
#include "lib/github/client.hpp"

namespace autobackup::github_job {

/// What a run needs; borrowed for its life.
struct Context {
    const config::Job& job;
    const config::GithubSource& source;
    mirror::Context& mirrors;
    state::Store& store;
    github::Session& session;
    http::Client& git;               ///< for clones and large files
    const remote::Settings& access;  ///< limits, speak_v2 (never null), and key and known hosts for ssh
    async::Turnstile& gate;          ///< transfers towards the forge
    std::filesystem::path directory;  ///< <storage>/github, or the job's own
    std::map<std::string, std::filesystem::path> changed{};  ///< mirrors that may have a pack more, by the item's name
    mirror::Spoken spoken{};                   ///< what servers spoke in earlier runs
    std::set<std::string> asked_origins{};     ///< servers of this run that are asked over HTTP with our token
    std::set<std::string> taken_on{};          ///< node ids of the repositories that this run mirrors as those of its owners
    /// Folders below repositories/ of what is held and not gone, by node id.
    std::map<std::string, std::filesystem::path> homes{};
};

/// Fills `run` as it goes. Throws operation_aborted when cancelled.
Awaitable<void> back_up(Context& context, model::Run& run);

}  // namespace autobackup::github_job
