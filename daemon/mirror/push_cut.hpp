// SPDX-License-Identifier: MIT
// Updates of refs, put into steps whose packs are small enough. Private to daemon/mirror. Synchronous: on a worker.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/mirror/push_plan.hpp"

namespace autobackup::mirror {

class PushCutter {
public:
    /// Borrows all of them. `theirs`: what the other side has, without the refs of parts, which are in `parts_there`. `limit`: bytes of a pack.
    PushCutter(git::Repository& repository, std::uint64_t limit, const RefMap& theirs, const RefMap& parts_there);
    /// Adds steps for them, which come after all of those before.
    Result<void> add(const std::vector<remote::RefUpdate>& updates);

    std::vector<PushStep> steps;
    std::vector<std::string> parts;  ///< see PushPlan

private:
    using Oids = std::vector<git::Oid>;
    Result<void> add_some(std::vector<remote::RefUpdate> updates);
    void take(std::vector<remote::RefUpdate> updates, Oids objects);
    [[nodiscard]] Result<Oids> line_to(const git::Oid& tip) const;
    Result<void> cut(remote::RefUpdate update);
    Result<void> take_one(const remote::RefUpdate& update, Oids objects);
    Result<void> take_single(const remote::RefUpdate& update, Oids objects);

    git::Repository& repository_;
    std::uint64_t limit_;
    const RefMap& parts_there_;
    Oids known_;  // tips that the peer has after the steps so far
};

}  // namespace autobackup::mirror
