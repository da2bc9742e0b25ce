// SPDX-License-Identifier: MIT
#include "daemon/restore/remote_vault.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include "daemon/restore/remote_branches.hpp"
#include "daemon/restore/vault_versions.hpp"
#include "daemon/vault/large_files.hpp"
#include "daemon/vault/version.hpp"
#include "lib/core/file.hpp"
#include "lib/core/stop.hpp"
#include "lib/http/url.hpp"
#include "lib/lfs/ssh_access.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::restore {
namespace {

constexpr std::size_t blobs_per_request = 5'000;

// Blobs below the trees that are not here.
Result<std::vector<git::Oid>> lacking(const fs::path& path, const std::vector<git::Oid>& trees) {
    const Result<git::Repository> repository = git::Repository::open(path);
    if (!repository) return repository.error();
    std::set<git::Oid> all;
    for (const git::Oid& tree : trees) {
        const auto note = [&](const std::string&, const git::TreeEntry& entry) -> Result<void> {
            if (!repository->has(entry.oid)) all.insert(entry.oid);
            return {};
        };
        const Result<void> walked = repository->walk(tree, note);
        if (!walked) return walked.error();
    }
    return std::vector<git::Oid>(all.begin(), all.end());
}

Result<std::vector<lfs::Pointer>> lacking_large(const fs::path& path, const std::vector<git::Oid>& trees) {
    const Result<git::Repository> repository = git::Repository::open(path);
    if (!repository) return repository.error();
    const lfs::Store store = vault::large_store(path);
    std::set<lfs::Pointer> all;
    for (const git::Oid& tree : trees) {
        const Result<std::optional<git::TreeEntry>> attributes = repository->entry_at(tree, vault::attributes_name);
        if (!attributes) return attributes.error();
        if (!*attributes) continue;
        const Result<std::map<std::string, lfs::Pointer>> large = vault::large_files_in(*repository, tree);
        if (!large) return large.error();
        for (const auto& [name, object] : *large) {
            if (!object.oid.empty() && !store.has(object)) all.insert(object);
        }
    }
    return std::vector<lfs::Pointer>(all.begin(), all.end());
}

Result<std::vector<VaultVersion>> versions_at(const fs::path& path, const std::string& branch) {
    const Result<git::Repository> repository = git::Repository::open(path);
    if (!repository) return repository.error();
    const Result<std::optional<git::Oid>> tip = repository->resolve(git::branch_ref(branch));
    if (!tip) return tip.error();
    if (!*tip) return std::vector<VaultVersion>();
    return versions_of(*repository, **tip);
}

Result<std::vector<git::Oid>> lacking_manifests(const fs::path& path, const std::string& branch) {
    const Result<std::vector<VaultVersion>> versions = versions_at(path, branch);
    if (!versions) return versions.error();
    const Result<git::Repository> repository = git::Repository::open(path);
    if (!repository) return repository.error();
    std::set<git::Oid> all;
    for (const VaultVersion& one : *versions) {
        if (one.manifest && !repository->has(*one.manifest)) all.insert(*one.manifest);
    }
    return std::vector<git::Oid>(all.begin(), all.end());
}

}  // namespace

Result<TemporaryFolder> TemporaryFolder::make(const std::filesystem::path& parent) {
    std::string name = (parent / "autobackup-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return fail_errno(errno, "make directory", name);
    return TemporaryFolder(name);
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
}

Result<Reached> reach(const Access& access, const lfs::Store& store, const std::string& ref, async::Workers& workers) {
    Reached reached;
    Result<std::unique_ptr<http::Client>> client = http::make_client(access.http);
    if (!client) return client.error();
    reached.client = std::move(*client);
    reached.shown = remote::without_user(access.url);
    remote::Settings git;
    git.url = access.url;
    git.username = access.username;
    git.password = access.password;
    git.ssh = access.ssh;
    git.connect = access.connect;
    git.no_progress = access.no_progress;
    lfs::Settings large;
    large.url = reached.shown;
    if (remote::is_ssh_url(access.url)) {
        Result<std::unique_ptr<remote::SshCommands>> ssh = remote::make_ssh_commands(workers, git);
        if (!ssh) return ssh.error();
        large.authenticate = lfs::ssh_authenticate(std::move(*ssh), reached.shown);
    }
    Result<std::unique_ptr<remote::Remote>> made = remote::make_remote(*reached.client, workers, std::move(git));
    if (!made) return made.error();
    reached.git = std::move(*made);
    large.ref = ref;
    large.username = access.username;
    large.password = access.password;
    large.connect = access.connect;
    large.no_progress = access.no_progress;
    Result<std::unique_ptr<lfs::Remote>> made_large = lfs::make_remote(*reached.client, workers, store, std::move(large));
    if (!made_large) return made_large.error();
    reached.large = std::move(*made_large);
    return reached;
}

Awaitable<Result<std::unique_ptr<RemoteVault>>> RemoteVault::open(Access access, std::filesystem::path temporary, async::Workers& workers) {
    Result<TemporaryFolder> folder = TemporaryFolder::make(temporary);
    if (!folder) co_return folder.error();
    std::unique_ptr<RemoteVault> vault(new RemoteVault(std::move(*folder), workers));
    const Result<void> begun = co_await vault->begin(std::move(access));
    if (!begun) co_return begun.error();
    co_return vault;
}

Awaitable<Result<void>> RemoteVault::begin(Access access) {
    Result<Reached> reached = reach(access, vault::large_store(repository()), access.branch.empty() ? "" : git::branch_ref(access.branch), workers_);
    if (!reached) co_return reached.error();
    reached_ = std::move(*reached);
    std::vector<std::string> prefixes;
    prefixes.emplace_back("HEAD");
    prefixes.emplace_back(git::branch_prefix);
    const Result<remote::Advertisement> listed = co_await reached_.git->ls_refs(std::move(prefixes));
    if (!listed) co_return listed.error();
    Result<Candidates> candidates = candidates_of(*listed, access.branch, reached_.shown);
    if (!candidates) co_return candidates.error();
    branch_ = candidates->first.front().name.substr(git::branch_prefix.size());
    auto make = [this, named = candidates->named]() -> Result<void> {
        const Result<git::Repository> made = git::Repository::open_or_init(repository(), named ? branch_ : "names-nothing");
        if (!made) return made.error();
        return {};
    };
    const Result<void> made = co_await workers_.run(std::move(make));
    if (!made) co_return made.error();
    const Result<void> taken = co_await take_branch(std::move(*candidates));
    if (!taken) co_return taken.error();
    auto look = [this] { return lacking_manifests(repository(), branch_); };
    const Result<std::vector<git::Oid>> manifests = co_await workers_.run(std::move(look));
    if (!manifests) co_return manifests.error();
    co_return co_await fetch_blobs(*manifests);
}

Awaitable<Result<void>> RemoteVault::take_branch(Candidates candidates) {
    std::vector<remote::Ref> wanted = std::move(candidates.first);
    for (;;) {
        remote::FetchRequest request;
        for (const remote::Ref& ref : wanted) request.wants.push_back(ref.oid);
        request.filter = "blob:none";
        const Result<void> fetched = co_await fetch(std::move(request));
        if (!fetched) co_return fetched.error();
        auto point = [this, &wanted]() -> Result<std::string> { return set_branches(repository(), wanted, reached_.shown); };
        const Result<std::string> chosen = co_await workers_.run(std::move(point));
        if (!chosen) co_return chosen.error();
        if (!chosen->empty()) branch_ = *chosen;
        if (!chosen->empty() || candidates.others.empty()) co_return Result<void>();
        wanted = std::exchange(candidates.others, {});
    }
}

Place RemoteVault::place() const {
    Place place;
    place.vault = repository();
    place.branch = branch_;
    place.vault_word = reached_.shown;
    place.fetches = true;
    return place;
}

Awaitable<Result<void>> RemoteVault::fetch(remote::FetchRequest request) {
    git::Fetched pack;
    pack.pack = folder_.path() / ("fetch-" + std::to_string(fetched_++) + ".pack");
    const bool blobs = request.filter.empty();
    const Result<remote::FetchReport> report = co_await reached_.git->fetch(std::move(request), pack.pack);
    if (!report) co_return report.error();
    pack.promisor = report->filtered || blobs;
    pack.shallow = report->shallow;
    pack.stop = stop_asked_by(workers_.stop_token());
    auto adopt = [this, &pack]() -> Result<void> {
        Result<git::Repository> opened = git::Repository::open(repository());
        if (!opened) return opened.error();
        return opened->adopt_pack(pack, "origin", reached_.shown);
    };
    co_return co_await workers_.run(std::move(adopt));
}

Awaitable<Result<void>> RemoteVault::fetch_blobs(std::vector<git::Oid> blobs) {
    for (std::size_t at = 0; at < blobs.size(); at += blobs_per_request) {
        remote::FetchRequest request;
        const std::size_t end = std::min(blobs.size(), at + blobs_per_request);
        request.wants.assign(blobs.begin() + static_cast<std::ptrdiff_t>(at), blobs.begin() + static_cast<std::ptrdiff_t>(end));
        const Result<void> fetched = co_await fetch(std::move(request));
        if (!fetched) co_return fetched;
    }
    co_return Result<void>();
}

Awaitable<Result<void>> RemoteVault::need_trees(std::vector<git::Oid> trees) {
    auto look = [this, trees] { return lacking(repository(), trees); };
    const Result<std::vector<git::Oid>> blobs = co_await workers_.run(std::move(look));
    if (!blobs) co_return blobs.error();
    const Result<void> fetched = co_await fetch_blobs(*blobs);
    if (!fetched) co_return fetched;
    auto look_large = [this, trees] { return lacking_large(repository(), trees); };
    const Result<std::vector<lfs::Pointer>> large = co_await workers_.run(std::move(look_large));
    if (!large) co_return large.error();
    if (large->empty()) co_return Result<void>();
    const Result<lfs::Moved> moved = co_await reached_.large->download(*large);
    if (!moved) co_return moved.error();
    co_return Result<void>();
}

Awaitable<Result<void>> RemoteVault::need(const Snapshot& snapshot) {
    std::vector<git::Oid> trees;
    if (snapshot.in_vault) trees.push_back(snapshot.in_vault->folder);
    co_return co_await need_trees(std::move(trees));
}

Awaitable<Result<void>> RemoteVault::need_side_file(const Snapshot& snapshot) {
    auto look = [this, &snapshot]() -> Result<std::vector<git::Oid>> {
        std::vector<git::Oid> blobs;
        const Result<git::Repository> opened = git::Repository::open(repository());
        if (!opened) return opened.error();
        const Result<std::optional<vault::Held>> held = vault::read_held(*opened, snapshot.in_vault->commit, snapshot.item);
        if (!held) return held.error();
        if (*held && (*held)->details && !opened->has(*(*held)->details)) blobs.push_back(*(*held)->details);
        return blobs;
    };
    if (!snapshot.in_vault) co_return Result<void>();
    const Result<std::vector<git::Oid>> blobs = co_await workers_.run(std::move(look));
    if (!blobs) co_return blobs.error();
    co_return co_await fetch_blobs(*blobs);
}

Awaitable<Result<void>> RemoteVault::need_all() {
    auto look = [this]() -> Result<std::vector<git::Oid>> {
        const Result<std::vector<VaultVersion>> versions = versions_at(repository(), branch_);
        if (!versions) return versions.error();
        std::vector<git::Oid> trees;
        for (const VaultVersion& one : *versions) trees.push_back(one.folder);
        return trees;
    };
    const Result<std::vector<git::Oid>> trees = co_await workers_.run(std::move(look));
    if (!trees) co_return trees.error();
    co_return co_await need_trees(*trees);
}

}  // namespace autobackup::restore
