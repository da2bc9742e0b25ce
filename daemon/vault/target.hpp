// SPDX-License-Identifier: MIT
// One git target of a job: keeping the vault on top of it, pushing, and proving that the branch stands at our commit. Loop thread.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "daemon/vault/live_pack.hpp"
#include "daemon/vault/push_plan.hpp"
#include "daemon/vault/vault.hpp"
#include "lib/git/growing_pack.hpp"
#include "lib/lfs/remote.hpp"
#include "lib/remote/part_refs.hpp"
#include "lib/remote/remote.hpp"

namespace autobackup::vault {

/// Refs of the vault that speak of a target, by its address as configured and its branch: where its branch was last seen
/// (refs/remotes/<hash of the address>/<branch>), and up to which commit of the vault's branch it holds everything.
std::string tracking_ref(const std::string& address, const std::string& branch);
std::string settled_ref(const std::string& address, const std::string& branch, bool leads);

struct TargetSettings {
    std::string url;     ///< without user-info; named in reports
    std::string address; ///< as configured: names the refs that remember the target (empty: the URL)
    std::string branch;
    bool leads = true;   ///< the vault's branch stands on this target's; every other one has a line of its own
    bool adopt = false;  ///< a branch that somebody rewrote or deleted is taken as it is (run --adopt-remote)
    std::filesystem::path spool;  ///< directory for packs in flight
    int attempts = 4;    ///< tries in all of a step that fails for a passing reason
    Milliseconds retry_delay{5'000}, retry_max_delay{300'000};
    std::uint64_t largest_push = 2'000'000'000;  ///< bytes; a larger pack goes in parts. GitHub takes 2 GB at once
};

struct PushOutcome {
    git::Oid commit;         ///< where the branch stands now: seen by ls-refs, not believed
    bool sent = false;       ///< false: it stood there already
    std::uint64_t bytes = 0;  ///< of packs and large files
    int attempts = 1;
    bool rebuilt = false;    ///< the branch had moved: our commits were built anew on top
    std::string warning;     ///< "" or what was left behind
};

class Target {
public:
    /// `large`: where the large files go; null: a commit with large files cannot be pushed.
    Target(Vault& vault, std::unique_ptr<remote::Remote> remote, TargetSettings settings, std::unique_ptr<lfs::Remote> large = nullptr);

    [[nodiscard]] const TargetSettings& settings() const noexcept { return settings_; }
    /// What git's protocol moved over ssh so far; HTTP's bytes are its client's to tell.
    [[nodiscard]] remote::Traffic traffic() const noexcept { return remote_->traffic(); }
    void adopt_remote() { settings_.adopt = true; }
    /// Ref of the vault that remembers where the target's branch was last seen: refs/remotes/<hash of the URL>/<branch>.
    [[nodiscard]] std::string tracking_ref() const;
    /// Ref of the vault that remembers up to which commit of the vault's branch the target holds everything.
    [[nodiscard]] std::string settled_ref() const;

    /// Whether the branch is there; a failure says why it could not be pushed to (asks for the push advertisement, changes nothing).
    Awaitable<Result<bool>> branch_exists();

    /// Before the first commit of a run, of the target that leads: when its branch holds what the vault does not, it is fetched (commits
    /// and trees only where the server can, otherwise shallow) and our unpushed commits are built on top. Never loses a local commit.
    Awaitable<Result<void>> prepare();

    /// Whether push_live() may be tried for a commit on `parent`: the target takes HTTP requests and stood there when it was last looked at.
    [[nodiscard]] bool takes_live(const std::optional<git::Oid>& parent) const;
    /// Sends the pack of `commit` while the vault still writes it (LivePack holds its end back until the commit stands in the vault), and
    /// proves the result as push() does. Any failure leaves everything to push(). The vault is held by the caller.
    Awaitable<Result<PushOutcome>> push_live(std::shared_ptr<LivePack> pack, git::Oid commit);

    /// Connections of their own for send_ahead(); without them nothing goes ahead.
    void set_spare(std::vector<std::unique_ptr<remote::Remote>> remotes);
    /// So many parts may go ahead at once; 0 until the target was looked at.
    [[nodiscard]] std::size_t ahead_lanes() const noexcept;
    /// Sends a part of a commit that is still put together, under a ref of its own (remote::part_prefix): the next push() leaves out what the
    /// server lists of it then, and removes the ref. `lane` < ahead_lanes(), each used for one part at a time. The vault need not be held.
    Awaitable<Result<void>> send_ahead(std::size_t lane, git::SlicePack part);
    /// Whether more parts come, or their commit is not made yet: until then the pushes of other items leave their refs alone.
    void keep_ahead(bool keep) noexcept { keep_ahead_ = keep; }
    /// The commit will not come: removes the refs of what went ahead. A warning when that failed, else "".
    Awaitable<std::string> drop_ahead();

    /// Brings the branch to the vault's tip (a target that does not lead: to our items as they stand there, on a line of its own when
    /// its history is another): never forced; a branch that moved on is followed (at most five times), one that was rewritten or
    /// deleted is a remote_moved that does not pass. The answer of the server is read for the ref, and ls-refs proves the result. A
    /// lost answer is resolved by ls-refs too.
    Awaitable<Result<PushOutcome>> push();

private:
    Awaitable<Result<std::optional<git::Oid>>> remote_tip(bool for_push);
    Awaitable<Result<void>> expect(std::optional<git::Oid> theirs);
    Awaitable<Result<void>> give_up_known(git::Oid known);
    Awaitable<Result<std::optional<git::Oid>>> wanted_tip(std::optional<git::Oid> theirs, PushOutcome& outcome);
    Awaitable<Result<std::optional<git::Oid>>> lead(std::optional<git::Oid> theirs, PushOutcome& outcome);
    Awaitable<Result<std::optional<git::Oid>>> own_line(std::optional<git::Oid> theirs, PushOutcome& outcome);
    Awaitable<Result<void>> follow(std::optional<git::Oid> tip);
    Result<void> rebuild_on(git::Repository& repository, std::optional<git::Oid> tip) const;
    Awaitable<Result<void>> hold(git::Oid tip);
    Awaitable<Result<void>> fetch_tip(git::Oid tip);
    Awaitable<Result<PushOutcome>> push_once();
    Awaitable<Result<void>> send_all(git::Oid ours, std::optional<git::Oid> theirs, PushOutcome& outcome);
    Awaitable<Result<std::uint64_t>> send_large(git::Oid ours, std::optional<git::Oid> theirs);
    Awaitable<Result<void>> send_part(const PushStep& step, PushOutcome& outcome);
    Awaitable<Result<void>> send(const PushStep& step, PushOutcome& outcome);
    Awaitable<Result<void>> prove(git::Oid commit);
    Awaitable<Result<void>> judge(remote::PushReport report);
    [[nodiscard]] Failure refused_part(const std::string& ref, const remote::PushReport& report) const;
    [[nodiscard]] git::OidSet went_ahead(PushOutcome& outcome);
    Awaitable<std::string> remove_parts();
    Awaitable<Result<void>> remember(git::Oid seen);
    [[nodiscard]] const std::string& address() const { return settings_.address.empty() ? settings_.url : settings_.address; }
    Vault& vault_;
    std::unique_ptr<remote::Remote> remote_;
    TargetSettings settings_;
    bool looked_at_ = false;
    std::optional<git::Oid> seen_;  ///< where the branch stood; nullopt: it was not there
    std::unique_ptr<lfs::Remote> large_;
    remote::PartRefs parts_;  // refs of parts on the target, as last seen or made
    struct WentAhead {
        git::Oid tip;
        std::vector<git::Oid> blobs;
        std::uint64_t bytes = 0;
    };
    std::map<std::string, WentAhead> ahead_;  // by ref; whether they arrived is told by the listing
    bool keep_ahead_ = false;
    std::vector<std::unique_ptr<remote::Remote>> spare_;
};

}  // namespace autobackup::vault
