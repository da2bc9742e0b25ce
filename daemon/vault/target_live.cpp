// SPDX-License-Identifier: MIT
// The part of Target that sends a pack while it is written.
#include "daemon/vault/target.hpp"

namespace autobackup::vault {

bool Target::takes_live(const std::optional<git::Oid>& parent) const {
    return remote::is_http_url(settings_.url) && looked_at_ && seen_ == parent;
}

Awaitable<Result<PushOutcome>> Target::push_live(std::shared_ptr<LivePack> pack, git::Oid commit) {
    remote::RefUpdate update;
    update.name = git::branch_ref(settings_.branch);
    if (seen_) update.old_oid = *seen_;
    update.new_oid = commit;
    looked_at_ = false;  // however it ends, the branch may be elsewhere now
    std::vector<remote::RefUpdate> updates;
    updates.push_back(std::move(update));
    Result<remote::PushReport> report = co_await remote_->push(std::move(updates), pack);
    if (!report) co_return report.error();
    const Result<void> judged = co_await judge(std::move(*report));
    if (!judged) co_return judged.error();
    const Result<void> proved = co_await prove(commit);
    if (!proved) co_return proved.error();
    const Result<void> remembered = co_await remember(commit);
    if (!remembered) co_return remembered.error();
    PushOutcome outcome;
    outcome.commit = commit;
    outcome.sent = true;
    outcome.bytes = pack->sent();
    co_return outcome;
}

}  // namespace autobackup::vault
