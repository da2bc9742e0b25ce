// SPDX-License-Identifier: MIT
#include "daemon/runner/mirror_upkeep.hpp"

#include "daemon/mirror/mirror.hpp"
#include "lib/core/text.hpp"

namespace autobackup::runner {

Awaitable<void> join_mirrors(const WorkOrder& order, std::vector<MirrorPlace> places) {
    const RunListener& listener = order.shared.listener;
    order.shared.progress.phase("keeping up the mirrors");
    for (const MirrorPlace& one : places) {
        const Result<git::Joined> joined = co_await mirror::join_packs(order.shared.workers, one.path, order.shared.config.limits.reserve);
        const std::string words = "of the mirror " + one_line(one.name) + " of job " + order.job.name;
        if (!joined && joined.error().code == Errc::cancelled) co_return;
        if (!joined) listener.warning("small packs " + words + " were not joined: " + describe(joined.error()));
        if (!joined || joined->packs == 0 || !listener.note) continue;
        listener.note("joined " + std::to_string(joined->packs) + " small packs " + words + ": " + std::to_string(joined->objects) + " objects, " +
                      human_bytes(joined->bytes));
    }
}

}  // namespace autobackup::runner
