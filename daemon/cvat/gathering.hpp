// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/cvat/context.hpp"
#include "daemon/vault/send_ahead.hpp"
#include "daemon/vault/version.hpp"
#include "lib/git/growing_pack.hpp"

namespace autobackup::cvat_job {

/// The pack of a project's first version while its tasks still come: what a verified ZIP holds goes into it at once, so that the ZIP leaves the
/// spool, and from there, in parts, to the server. Nobody sees any of it before the commit. Loop thread.
class Gathering {
public:
    /// `words` name the item in the parts' commits. `ahead` (may be null): where parts go. All borrowed.
    Gathering(Context& context, std::string words, vault::SendAhead* ahead);

    /// Takes over the contents of `members`, which lose their `produce`. Those that become large files keep it, and a guide, which may be
    /// rewritten, is held in memory. On failure (of the vault's disk; of the spool) the others are as they were.
    Awaitable<Result<void>> take(std::vector<vault::VersionMember>& members);
    /// Nothing more is taken: the last part goes.
    Awaitable<void> end();
    /// For commit_version(); null when nothing was taken.
    [[nodiscard]] git::GrowingPack* pack() { return pack_ ? &*pack_ : nullptr; }
    /// The commit stands: waits until what is on its way to the server is there, or has failed. Then a push may follow.
    Awaitable<void> sent();

private:
    using Slices = std::vector<git::SlicePack>;
    Result<Slices> write(git::Repository& repository, std::vector<vault::VersionMember>& members);
    Slices cut(std::uint64_t least);
    void send(Slices slices);
    [[nodiscard]] bool taken(const vault::VersionMember& member) const;

    Context& context_;
    std::string words_;
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
