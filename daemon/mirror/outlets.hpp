// SPDX-License-Identifier: MIT
// Where mirrors go once they are up to date: copies somewhere else, and dated bundles. Loop thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/mirror/push_plan.hpp"
#include "daemon/model/config.hpp"
#include "daemon/model/result.hpp"
#include "lib/async/turnstile.hpp"
#include "lib/async/types.hpp"
#include "lib/http/client.hpp"
#include "lib/remote/remote.hpp"

namespace autobackup::mirror {

struct Context;
struct Repository;

/// A place for copies, with its secrets read.
struct CopyPlace {
    config::MirrorCopy settings;
    remote::Settings access;                ///< credentials and limits; no URL yet
    std::shared_ptr<http::Client> client;
    async::Turnstile* gate = nullptr;       ///< borrowed: a push holds a place
    /// Makes the repository of that URL by the forge's API; empty: nobody does.
    std::function<Awaitable<Result<void>>(std::string url, std::string default_branch)> create{};
    /// Whether create() would be allowed for that URL, in words; makes nothing. Empty where `create` is.
    std::function<Awaitable<Result<std::string>>(std::string url)> may_create{};
};

/// Of a run.
struct Outlets {
    std::vector<CopyPlace> copies;
    std::optional<config::Bundles> bundles;
    std::map<std::string, std::string> taken{};  ///< URL of each copy of this run: whose it is
};

/// Where the copy of a repository lies at a place.
std::string copy_url(const Repository& what, const config::MirrorCopy& settings);

/// What was pushed to a place, as its file in the mirror has it.
struct CopyRecord {
    RefMap refs;         ///< as they stood there after the last push
    bool whole = false;  ///< every large file of theirs is there too
    friend bool operator==(const CopyRecord&, const CopyRecord&) = default;
};

/// Nothing where nothing was pushed yet, or the file is damaged (it is compared with the place itself then). Synchronous: on a worker.
Result<std::optional<CopyRecord>> read_copy_record(const std::filesystem::path& repository, const std::string& url);
Result<void> write_copy_record(const std::filesystem::path& repository, const std::string& url, const CopyRecord& record);

/// Whether refs/pull/ goes along to a copy. Pure.
bool takes_pulls(const config::MirrorCopy& settings);

/// The refs of a mirror that belong to a copy. Pure.
RefMap copied_refs(const std::vector<std::pair<std::string, git::Oid>>& refs, const config::MirrorCopy& settings);

/// Pushes a mirror that is up to date to every place, and writes its bundle, where they are not as it is: after a change, and when an earlier
/// run could not. A place that fails is a failed stage of the item; its outcome stays what it is. Does nothing in a dry run, with --no-push, and
/// where the mirror could not be brought up to date. With --force the places themselves are asked. Throws operation_aborted when cancelled.
Awaitable<void> send_on(Context& context, const Repository& what, model::Item& item);

}  // namespace autobackup::mirror
