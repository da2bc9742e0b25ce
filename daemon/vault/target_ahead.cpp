// SPDX-License-Identifier: MIT
// The part of Target that takes parts of a commit before the commit.
#include "daemon/vault/target.hpp"
#include "lib/remote/pack_source.hpp"

namespace autobackup::vault {

void Target::set_spare(std::vector<std::unique_ptr<remote::Remote>> remotes) { spare_ = std::move(remotes); }

std::size_t Target::ahead_lanes() const noexcept { return looked_at_ ? spare_.size() : 0; }

Awaitable<Result<void>> Target::send_ahead(std::size_t lane, git::SlicePack part) {
    WentAhead sent;
    sent.tip = part.tip;
    sent.blobs = std::move(part.blobs);
    sent.bytes = part.pack.size();
    remote::RefUpdate update;
    update.name = remote::part_ref(sent.tip, 1);
    update.new_oid = sent.tip;
    const std::string ref = update.name;
    std::vector<remote::RefUpdate> updates;
    updates.push_back(std::move(update));
    auto source = std::make_shared<remote::PackSource>(vault_.workers(), std::move(part.pack));
    // Noted before the answer: should it be lost, the listing before the push tells whether the part is there.
    ahead_[ref] = std::move(sent);
    const Result<remote::PushReport> report = co_await spare_[lane]->push(std::move(updates), source);
    if (!report) co_return report.error();
    if (!report->accepted()) co_return refused_part(ref, *report);
    co_return Result<void>();
}

// Only what the server lists counts: another job that shares the repository may have removed a ref.
git::OidSet Target::went_ahead(PushOutcome& outcome) {
    git::OidSet there;
    for (auto& [ref, sent] : ahead_) {
        const auto listed = parts_.find(ref);
        if (listed == parts_.end() || listed->second != sent.tip) continue;
        there.insert(sent.blobs.begin(), sent.blobs.end());
        if (!keep_ahead_) outcome.bytes += std::exchange(sent.bytes, 0);  // told once, however often the push is tried
    }
    return there;
}

// Of parts that nobody needs any more.
Awaitable<std::string> Target::remove_parts() {
    remote::PartRefs parts = std::exchange(parts_, {});
    if (keep_ahead_) std::erase_if(parts, [this](const auto& part) { return ahead_.contains(part.first); });
    if (!keep_ahead_) ahead_.clear();
    co_return co_await remote::remove_part_refs(std::move(parts), *remote_, settings_.url, "the next push tries again");
}

Awaitable<std::string> Target::drop_ahead() {
    const auto sent = std::exchange(ahead_, {});
    if (sent.empty()) co_return std::string();
    const Result<std::optional<git::Oid>> listed = co_await remote_tip(/*for_push=*/true);
    if (!listed) co_return std::string();  // whoever can push to it again removes them
    remote::PartRefs parts;
    for (const auto& [ref, part] : sent) {
        if (parts_.contains(ref)) parts[ref] = part.tip;
    }
    co_return co_await remote::remove_part_refs(std::move(parts), *remote_, settings_.url, "the next push tries again");
}

}  // namespace autobackup::vault
