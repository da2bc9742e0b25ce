// SPDX-License-Identifier: MIT
#include "daemon/runner/work.hpp"

namespace autobackup::runner {

Awaitable<void> Work::keep_up() { co_return; }

Awaitable<Result<std::unique_ptr<Work>>> make_work(WorkOrder order) {
    if (const auto* cvat = std::get_if<config::CvatSource>(&order.job.source)) co_return co_await make_cvat_work(order, *cvat);
    if (const auto* github = std::get_if<config::GithubSource>(&order.job.source)) co_return co_await make_github_work(order, *github);
    co_return co_await make_mirror_work(order, std::get<config::MirrorSource>(order.job.source));
}

void tell_item(const WorkOrder& order, const model::Item& item) {
    order.shared.progress.clear();
    order.shared.listener.item_done(order.job.name, item);
}

}  // namespace autobackup::runner
