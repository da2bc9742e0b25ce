// SPDX-License-Identifier: MIT
#include "daemon/cvat/cvat_job.hpp"
#include "daemon/runner/cvat_services.hpp"
#include "daemon/runner/work.hpp"
#include "daemon/vault/upkeep.hpp"
#include "lib/core/text.hpp"

namespace autobackup::runner {
namespace {

class CvatWork final : public Work {
public:
    CvatWork(WorkOrder order, config::CvatSource source, std::unique_ptr<CvatServices> services)
        : order_(order), source_(std::move(source)), services_(std::move(services)) {}

    Awaitable<void> run(model::Run& run) override {
        if (order_.options.adopt_remote) {
            for (const auto& target : services_->targets) target->adopt_remote();
        }
        cvat_job::Places places;
        places.storage = order_.shared.config.storage;
        places.job = order_.job.name;
        CvatServices& s = *services_;
        cvat_job::Context context{order_.job,  source_,      order_.shared.config.limits, order_.options, places,  order_.shared.workers,
                                  order_.store, order_.shared.progress, *s.client, *s.exporter, *s.vault, s.targets};
        context.started_at = run.started_at;
        context.item_done = [this](const model::Item& item) { tell_item(order_, item); };
        co_await cvat_job::back_up(context, run);
    }
    void account(model::Run& run) const override { services_->account(run); }
    void close() const override { services_->close(); }
    Awaitable<void> keep_up() override;

private:
    WorkOrder order_;
    config::CvatSource source_;
    std::unique_ptr<CvatServices> services_;
};

Awaitable<void> CvatWork::keep_up() {
    const RunListener& listener = order_.shared.listener;
    order_.shared.progress.phase("keeping up the vault");
    const Result<git::Joined> joined = co_await vault::join_packs(*services_->vault, order_.shared.config.limits.reserve);
    const std::string vault = "the vault of job " + order_.job.name;
    if (!joined) {
        if (joined.error().code != Errc::cancelled) listener.warning("small packs of " + vault + " were not joined: " + describe(joined.error()));
        co_return;
    }
    if (joined->no_room) listener.warning("small packs of " + vault + " were not joined: there is not enough space (limits.reserve is kept free)");
    if (joined->packs == 0 || !listener.note) co_return;
    listener.note("joined " + std::to_string(joined->packs) + " small packs of " + vault + ": " + std::to_string(joined->objects) + " objects, " +
                  human_bytes(joined->bytes));
}

}  // namespace

Awaitable<Result<std::unique_ptr<Work>>> make_cvat_work(WorkOrder order, config::CvatSource source) {
    const config::Config& all = order.shared.config;
    if (!source.organization) source.organization = std::get<config::CvatServer>(all.servers.at(source.server).what).organization;
    Result<std::unique_ptr<CvatServices>> services = co_await make_cvat_services(order.shared, order.job, source);
    if (!services) co_return services.error();
    std::unique_ptr<Work> work = std::make_unique<CvatWork>(order, std::move(source), std::move(*services));
    co_return work;
}

}  // namespace autobackup::runner
