// SPDX-License-Identifier: MIT
// A git target on a machine that has nothing else: its history in a temporary repository, files when they are needed. Loop thread.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/restore/remote_branches.hpp"
#include "daemon/restore/snapshot.hpp"
#include "lib/async/types.hpp"
#include "lib/async/workers.hpp"
#include "lib/core/secret.hpp"
#include "lib/http/client.hpp"
#include "lib/lfs/remote.hpp"
#include "lib/remote/remote.hpp"

namespace autobackup::restore {

/// How a repository somewhere else is reached.
struct Access {
    std::string url;       ///< https, http, ssh://, user@host:path, file://; no user-info with a password
    std::string branch;    ///< empty: the one that HEAD stands for there, or the only other one that has versions
    std::string username;  ///< with `password`
    Secret password;
    remote::SshSettings ssh;
    http::ClientSettings http;
    Milliseconds connect{15'000};
    Milliseconds no_progress{120'000};
};

/// Client, git remote and LFS remote of one Access. Lives as long as what uses it; lets idle connections go, so that the loop can end.
struct Reached {
    Reached() = default;
    Reached(Reached&&) = default;
    Reached& operator=(Reached&&) = default;
    ~Reached() {
        if (client) client->close_idle();
    }
    std::unique_ptr<http::Client> client;
    std::unique_ptr<remote::Remote> git;
    std::unique_ptr<lfs::Remote> large;
    std::string shown;  ///< the URL as it may be shown
};
/// `store`: where large files come from or go to. config_invalid for a URL or certificate file that cannot be used.
Result<Reached> reach(const Access& access, const lfs::Store& store, const std::string& ref, async::Workers& workers);

/// A directory with a name of its own below `parent` (0700), removed with everything in it when the object dies.
class TemporaryFolder {
public:
    static Result<TemporaryFolder> make(const std::filesystem::path& parent);
    TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    TemporaryFolder& operator=(TemporaryFolder&&) = delete;
    ~TemporaryFolder();
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

class RemoteVault {
public:
    /// Lists the target and fetches its branch: commits and trees where the server can leave files out, everything otherwise; then the
    /// manifests of all versions. Failures: as remote::Remote; not_found when the branch is not there.
    static Awaitable<Result<std::unique_ptr<RemoteVault>>> open(Access access, std::filesystem::path temporary, async::Workers& workers);

    /// The temporary repository as a place; valid as long as the object.
    [[nodiscard]] Place place() const;
    /// Fetches what content_of_vault(snapshot) needs: files and large files.
    Awaitable<Result<void>> need(const Snapshot& snapshot);
    /// Fetches the side file of the version, if it has one.
    Awaitable<Result<void>> need_side_file(const Snapshot& snapshot);
    /// Fetches every file and large file that the history names.
    Awaitable<Result<void>> need_all();

private:
    RemoteVault(TemporaryFolder folder, async::Workers& workers) : folder_(std::move(folder)), workers_(workers) {}
    [[nodiscard]] std::filesystem::path repository() const { return folder_.path() / "fetched.git"; }
    Awaitable<Result<void>> begin(Access access);
    Awaitable<Result<void>> take_branch(Candidates candidates);
    Awaitable<Result<void>> fetch(remote::FetchRequest request);
    Awaitable<Result<void>> fetch_blobs(std::vector<git::Oid> blobs);
    Awaitable<Result<void>> need_trees(std::vector<git::Oid> trees);

    TemporaryFolder folder_;
    async::Workers& workers_;
    Reached reached_;
    std::string branch_;
    int fetched_ = 0;
};

}  // namespace autobackup::restore
