// SPDX-License-Identifier: MIT
#include "daemon/runner/work.hpp"

namespace autobackup::runner {

Awaitable<void> Work::keep_up() { co_return; }

Awaitable<Result<std::unique_ptr<Work>>> make_work(WorkOrder order) {
    const auto* cvat = std::get_if<config::CvatSource>(&order.job.source);
    if (cvat == nullptr) co_return fail(Errc::unsupported, "run", "job " + order.job.name, "this kind of job is not in this version");
    co_return co_await make_cvat_work(order, *cvat);
}

void tell_item(const WorkOrder& order, const model::Item& item) {
    order.shared.progress.clear();
    order.shared.listener.item_done(order.job.name, item);
}

}  // namespace autobackup::runner
