// SPDX-License-Identifier: MIT
// One repository, kept as a bare mirror that never loses history. For `mirror:` and for what a forge's listing gives alike. Loop thread.
//
// What a mirror is: a bare repository with the refs of its source under their own names, HEAD on the default branch. Everything below
// refs/autobackup/ is ours: refs/autobackup/keep/<UTC time>/<ref without refs/> holds what a force-push or a deletion took away.
#pragma once

#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "daemon/mirror/outlets.hpp"
#include "daemon/model/config.hpp"
#include "daemon/model/options.hpp"
#include "daemon/model/result.hpp"
#include "daemon/report/progress.hpp"
#include "lib/async/turnstile.hpp"
#include "lib/async/workers.hpp"
#include "lib/git/repository.hpp"
#include "lib/http/client.hpp"
#include "lib/lfs/remote.hpp"
#include "lib/remote/remote.hpp"

namespace autobackup::mirror {

/// Which of the refs below refs/pull/ are taken over; those that are left out stay as they are in the mirror.
using config::PullRefs;

/// What is to be mirrored. A plain value, but for what it borrows.
struct Repository {
    std::string kind = "mirror";       ///< of the item: "mirror", "github_repository", "github_wiki", "github_gist"
    std::string id;                    ///< of the item: node id, or the name
    std::string name;                  ///< "group/a"
    std::string owner{};               ///< on a forge, for the URLs of copies
    std::filesystem::path path;        ///< absolute: where the bare repository lies or will lie
    std::filesystem::path large_pool;  ///< absolute, same file system: large objects that several mirrors share by hard links; empty: none
    remote::Settings source;           ///< URL and who we are there
    http::Client* client = nullptr;    ///< borrowed; used for git and for large files
    async::Turnstile* gate = nullptr;  ///< borrowed: a fetch, or one question for large files with its downloads, holds a place
    lfs::Authenticate large_access{};  ///< how an ssh server is asked where its large files are; of other URLs none
    PullRefs pull_refs = PullRefs::all;
    bool keep_refs = true;             ///< false: what a force-push or a deletion takes away is given up
    bool lfs = true;
    std::string default_branch;        ///< "main": HEAD where the server does not tell it (an empty repository); may be empty
    std::string renamed_from;          ///< for the report
};

/// What the repositories of a run share. Borrowed for its life.
struct Context {
    async::Workers& workers;
    report::Progress& progress;
    const config::Limits& limits;
    config::Retry retry;
    std::string job;
    model::Options options;
    /// An item is finished: its human line can be printed.
    std::function<void(const model::Item&)> item_done{};
    Outlets* outlets = nullptr;  ///< borrowed: where mirrors go from here; null: nowhere
    remote::Traffic over_ssh{};  ///< added up as repositories come to their end; HTTP is counted by the client
};

/// The item of a repository that is in work (model::begin_item).
model::Item make_item(const Repository& what);

/// Brings one mirror up to date, or clones it; `item` is that of make_item() and has its outcome afterwards: saved, unchanged, partial,
/// failed. Does not tell item_done. Asks for the refs first: where nothing moved, nothing more is asked, no process started and nothing
/// written. Then copies and bundles are brought up to date (see outlets.hpp). A directory that is there already is updated when it is a bare
/// repository of the same source. Throws operation_aborted when
/// cancelled; what was fetched by then is whole or gone.
Awaitable<void> mirror_repository(Context& context, Repository what, model::Item& item);

/// All of them, `at_once` at the same time; items are appended to `run` in the order of `what`, each told by item_done when it is finished.
Awaitable<void> mirror_all(Context& context, std::vector<Repository> what, std::size_t at_once, model::Run& run);

/// What can wait until the run is saved: makes one of the many small packs that runs leave in a mirror. Ends soon after the workers were
/// asked to stop (cancelled). Leaves limits.reserve free.
Awaitable<Result<git::Joined>> join_packs(async::Workers& workers, std::filesystem::path repository, std::uint64_t reserve);

/// Removes what killed runs left beside the mirrors below `folder` (not inside of them), in `levels` levels of folders. Blocks: for a worker,
/// at the start of a run.
void sweep(const std::filesystem::path& folder, int levels = std::numeric_limits<int>::max());

}  // namespace autobackup::mirror
