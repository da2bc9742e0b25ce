// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/cvat/context.hpp"
#include "daemon/cvat/parts.hpp"
#include "daemon/vault/send_ahead.hpp"
#include "daemon/vault/version.hpp"
#include "lib/git/growing_pack.hpp"

namespace autobackup::cvat_job {

/// The pack of a project's first version while its tasks still come: what a verified ZIP holds goes into it at once, so that the ZIP leaves the
/// spool, and from there, in parts, to the server. Nobody sees any of it before the commit. When the run is stopped or killed before that, the
/// next one goes on with it. Loop thread.
class Gathering {
public:
    /// `ahead` (may be null): where parts go. All borrowed.
    Gathering(Context& context, vault::ItemId item, vault::SendAhead* ahead);

    /// Begins; the tasks that an earlier run, which was stopped or killed, had put into this project's pack, each read back.
    Awaitable<Result<std::vector<TaskCopy>>> begin();
    /// Takes over the contents of the copy's members, which lose their `produce`. Those that become large files keep it, and a guide, which
    /// may be rewritten, is held in memory. `lasting`: a later run may go on with this copy. On failure (of the vault's disk; of the spool)
    /// the other tasks are as they were, and nothing stays for a later run.
    Awaitable<Result<void>> take(TaskCopy& copy, bool lasting);
    /// Nothing more is taken: the last part goes.
    Awaitable<void> end();
    /// For commit_version(); null before begin().
    [[nodiscard]] git::GrowingPack* pack() { return pack_ ? &*pack_ : nullptr; }
    /// The commit stands: waits until what is on its way to the server is there, or has failed. Then a push may follow.
    Awaitable<void> sent();

private:
    using Slices = std::vector<git::SlicePack>;
    Result<std::vector<TaskCopy>> open(git::Repository& repository);
    Result<Slices> write(TaskCopy& copy, bool lasting);
    Slices cut(std::uint64_t least);
    void send(Slices slices);
    [[nodiscard]] bool taken(const vault::VersionMember& member) const;

    Context& context_;
    vault::ItemId item_;
    vault::SendAhead* ahead_;
    vault::LargeFilePolicy large_;
    std::optional<git::GrowingPack> pack_;  // with the vault held
    std::size_t cut_objects_ = 0;           // that went into parts; likewise
    std::uint64_t cut_bytes_ = 0;
};

/// Bytes of the part that follows so many: 64 MiB, which two connections keep moving, and more of a large project, so that its server is not
/// left with hundreds of small packs.
std::uint64_t next_part(std::uint64_t sent);

}  // namespace autobackup::cvat_job
