// SPDX-License-Identifier: MIT
#include "daemon/github/github_job.hpp"
#include "daemon/runner/github_services.hpp"
#include "daemon/runner/mirror_upkeep.hpp"
#include "daemon/runner/services.hpp"
#include "daemon/runner/work.hpp"

namespace autobackup::runner {
namespace {

class GithubWork final : public Work {
public:
    GithubWork(WorkOrder order, config::GithubSource source, std::unique_ptr<GithubServices> services)
        : order_(order), source_(std::move(source)), services_(std::move(services)),
          mirrors_{order.shared.workers, order.shared.progress, order.shared.config.limits, order.job.retry, order.job.name, order.options} {
        mirrors_.outlets = services_->outlets.get();
        mirrors_.item_done = [this](const model::Item& item) { tell_item(order_, item); };
    }

    Awaitable<void> run(model::Run& run) override {
        Shared& shared = order_.shared;
        GithubServices& s = *services_;
        async::Turnstile& gate = shared.gates.transfers(s.session->settings().rest.origin(), shared.config.limits.per_host);
        github_job::Context context{order_.job, source_, mirrors_, order_.store, *s.session, *s.client, s.access, gate, shared.config.storage / "github"};
        co_await github_job::back_up(context, run);
        for (const auto& [name, path] : context.changed) changed_.push_back(MirrorPlace{name, path});
    }
    Awaitable<void> keep_up() override { co_await join_mirrors(order_, changed_); }
    void account(model::Run& run) const override {
        services_->account(run);
        add_traffic(run, mirrors_.over_ssh);
    }
    void close() const override { services_->close(); }

private:
    WorkOrder order_;
    config::GithubSource source_;
    std::unique_ptr<GithubServices> services_;
    mirror::Context mirrors_;
    std::vector<MirrorPlace> changed_;
};

}  // namespace

Awaitable<Result<std::unique_ptr<Work>>> make_github_work(WorkOrder order, config::GithubSource source) {
    Result<std::unique_ptr<GithubServices>> services = co_await make_github_services(order.shared, order.job, source);
    if (!services) co_return services.error();
    std::unique_ptr<Work> work = std::make_unique<GithubWork>(order, std::move(source), std::move(*services));
    co_return work;
}

}  // namespace autobackup::runner
