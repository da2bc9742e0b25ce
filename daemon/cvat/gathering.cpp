// SPDX-License-Identifier: MIT
#include "daemon/cvat/gathering.hpp"

#include <algorithm>

#include "daemon/cvat/task_note.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/stop.hpp"

namespace autobackup::cvat_job {
namespace {

constexpr std::uint64_t least_part = std::uint64_t{64} << 20;
constexpr std::uint64_t largest_part = std::uint64_t{1} << 30;  // GitHub takes 2 GB at once
constexpr std::uint64_t least_rest = std::uint64_t{8} << 20, least_alone = std::uint64_t{32} << 20;  // less goes with the branch as fast
constexpr std::uint64_t part_of_sent = 16;

}  // namespace

std::uint64_t next_part(std::uint64_t sent) { return std::clamp(sent / part_of_sent, least_part, largest_part); }

Gathering::Gathering(Context& context, vault::ItemId item, vault::SendAhead* ahead)
    : context_(context), item_(item), ahead_(ahead), large_(vault::policy_of(context.job.git)) {}

bool Gathering::taken(const vault::VersionMember& member) const {
    const bool large = large_.mode != vault::LargeFilePolicy::Mode::plain && member.entry.size > large_.limit;
    return member.produce && !large && member.entry.name != guide_name;
}

// What cannot be cut out now (no descriptor is free, say) goes with a later part, or with the branch.
Gathering::Slices Gathering::cut(std::uint64_t least) {
    Slices slices;
    const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(now().time_since_epoch()).count();
    while (ahead_ != nullptr && pack_->bytes() - cut_bytes_ >= least) {
        // A large task comes at once; a single file that is larger still goes alone.
        const std::size_t last = std::max(pack_->objects_within(cut_bytes_ + largest_part), cut_objects_ + 1);
        Result<git::SlicePack> slice = pack_->slice(cut_objects_, last, seconds, "a part of " + item_.words() + ", which is being put together\n");
        if (!slice) break;
        slices.push_back(std::move(*slice));
        cut_objects_ = last;
        cut_bytes_ = pack_->end_of(last);
    }
    return slices;
}

Result<std::vector<TaskCopy>> Gathering::open(git::Repository& repository) {
    const auto stop = stop_asked_by(context_.workers.stop_token());
    Result<git::GrowingPack> begun = git::GrowingPack::begin(repository, item_.key(), stop);
    if (!begun) return begun.error();
    pack_.emplace(std::move(*begun));
    const auto has = [&](const git::Oid& oid) { return pack_->has(oid) || repository.has(oid); };
    std::vector<TaskCopy> copies;
    for (const std::string& note : pack_->notes()) {
        std::optional<TaskCopy> copy = copy_of_note(note, has);
        if (copy) copies.push_back(std::move(*copy));
    }
    return copies;
}

Awaitable<Result<std::vector<TaskCopy>>> Gathering::begin() {
    auto work = [this](git::Repository& repository) { return open(repository); };
    co_return co_await context_.vault.with(std::move(work));
}

Result<Gathering::Slices> Gathering::write(TaskCopy& copy, bool lasting) {
    std::vector<git::NewBlob> blobs;
    for (vault::VersionMember& member : copy.members) {
        if (taken(member)) blobs.push_back(vault::new_blob(member));
        if (!member.produce || member.entry.name != guide_name) continue;
        Result<vault::VersionMember> held = in_memory(member);
        if (!held) return held.error();
        member = std::move(*held);
    }
    const auto stored = [this](const vault::VersionMember& member) { return taken(member); };
    const Result<void> added = pack_->add(blobs, lasting ? note_of(copy, stored) : std::string());
    if (!added) return added.error();
    for (vault::VersionMember& member : copy.members) {
        if (taken(member)) member.produce = nullptr;
    }
    return cut(next_part(cut_bytes_));
}

void Gathering::send(Slices slices) {
    for (git::SlicePack& slice : slices) ahead_->add(std::move(slice));
}

Awaitable<Result<void>> Gathering::take(TaskCopy& copy, bool lasting) {
    auto work = [this, &copy, lasting](git::Repository&) {
        Result<Slices> slices = write(copy, lasting);
        if (!slices) pack_->give_up();  // a full or broken disk wants its room back
        return slices;
    };
    Result<Slices> slices = co_await context_.vault.with(std::move(work));
    if (!slices) co_return slices.error();
    send(std::move(*slices));
    co_return Result<void>();
}

Awaitable<void> Gathering::end() {
    if (ahead_ == nullptr) co_return;
    auto work = [this](git::Repository&) -> Result<Slices> { return cut(cut_bytes_ == 0 ? least_alone : least_rest); };
    Result<Slices> slices = co_await context_.vault.with(std::move(work));
    if (slices) send(std::move(*slices));
    ahead_->close();
}

Awaitable<void> Gathering::sent() {
    if (ahead_ == nullptr) co_return;
    co_await ahead_->wait();
    context_.targets.front()->keep_ahead(false);
}

}  // namespace autobackup::cvat_job
