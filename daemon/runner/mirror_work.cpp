// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>

#include "daemon/mirror/only.hpp"
#include "daemon/mirror/spoken.hpp"
#include "daemon/runner/mirror_services.hpp"
#include "daemon/runner/mirror_upkeep.hpp"
#include "daemon/runner/services.hpp"
#include "daemon/runner/work.hpp"
#include "lib/core/text.hpp"

namespace autobackup::runner {
namespace {

// Asking for refs is cheap: so many repositories are looked at together. What is fetched holds a place of limits.per_host.
constexpr std::size_t at_once = 16;

bool names(std::string_view entry, std::string_view name) {
    return entry == name || (is_glob(entry) && glob_match(entry, name));
}

class MirrorWork final : public Work {
public:
    MirrorWork(WorkOrder order, std::unique_ptr<MirrorServices> services)
        : order_(order), services_(std::move(services)),
          context_{order.shared.workers, order.shared.progress, order.shared.config.limits, order.job.retry, order.job.name, order.options} {
        context_.outlets = services_->outlets.get();
        context_.item_done = [this](const model::Item& item) {
            tell_item(order_, item);
            if (item.outcome == model::ItemOutcome::saved || item.outcome == model::ItemOutcome::partial) changed_.push_back(item.name);
        };
    }

    Awaitable<void> run(model::Run& run) override {
        const std::filesystem::path folder = order_.shared.config.storage / "mirrors" / order_.job.name;
        auto sweep = [folder] { mirror::sweep(folder); };
        co_await order_.shared.workers.run(std::move(sweep));
        std::vector<mirror::Repository> chosen = choose(run);
        const std::set<std::string> asked = co_await recall_spoken(chosen);
        co_await mirror::mirror_all(context_, std::move(chosen), at_once, run);
        note_spoken(asked);
    }
    void account(model::Run& run) const override {
        const http::Traffic traffic = services_->client->traffic();
        run.api_requests += traffic.requests;
        add_traffic(run, traffic);
        add_traffic(run, context_.over_ssh);
        for (const auto& one : services_->ssh) add_traffic(run, one->traffic());
        account_outlets(*services_->outlets, run);
    }
    Awaitable<void> keep_up() override;
    void close() const override {
        services_->client->close_idle();
        close_outlets(*services_->outlets);
    }

private:
    // Which servers spoke protocol v2 in the last run: of those the refs are asked for at once. Returns who is asked over HTTP.
    Awaitable<std::set<std::string>> recall_spoken(const std::vector<mirror::Repository>& chosen) {
        std::set<std::string> asked;
        for (const mirror::Repository& one : chosen) {
            const Result<http::Url> url = http::Url::parse(one.source.url);
            if (url) asked.insert(url->origin());
        }
        auto read = [this] { return order_.store.value(order_.job.name, mirror::spoken_key); };
        const Result<std::optional<std::string>> held = co_await order_.shared.workers.run(std::move(read));
        if (held && *held) spoken_ = mirror::parse_spoken(**held);
        for (const auto& [origin, v2] : spoken_) {
            if (v2) services_->speak_v2->insert(origin);
        }
        co_return asked;
    }

    void note_spoken(const std::set<std::string>& asked) {
        mirror::Spoken now = mirror::learnt(spoken_, asked, *services_->speak_v2);
        if (now == spoken_) return;
        auto write = [&store = order_.store, job = order_.job.name, text = mirror::text_of(now)] {
            static_cast<void>(store.set_value(job, mirror::spoken_key, text));  // forgotten: learnt again
        };
        order_.shared.workers.post_serial(std::move(write));
        spoken_ = std::move(now);
    }

    // What --only names. Of what it names in vain is told first.
    std::vector<mirror::Repository> choose(model::Run& run) const {
        const std::vector<std::string>& only = order_.options.only;
        std::vector<mirror::Repository> chosen;
        for (const mirror::Repository& one : services_->repositories) {
            const auto named = [&one](const std::string& entry) { return names(entry, one.name); };
            if (only.empty() || std::any_of(only.begin(), only.end(), named)) chosen.push_back(one);
        }
        std::vector<std::string> found;
        for (const mirror::Repository& one : chosen) found.push_back(one.name);
        const mirror::OnlyRule rule{.kind = "mirror", .message = "the job names no repository like this", .matches = names, .is_pattern = is_glob};
        mirror::tell_unmatched(context_, rule, found, run);
        return chosen;
    }

    WorkOrder order_;
    std::unique_ptr<MirrorServices> services_;
    mirror::Context context_;
    mirror::Spoken spoken_;
    std::vector<std::string> changed_;  // names of mirrors that may have a pack more
};

Awaitable<void> MirrorWork::keep_up() {
    std::vector<MirrorPlace> places;
    for (const mirror::Repository& one : services_->repositories) {
        if (std::find(changed_.begin(), changed_.end(), one.name) != changed_.end()) places.push_back(MirrorPlace{one.name, one.path});
    }
    co_await join_mirrors(order_, std::move(places));
}

}  // namespace

Awaitable<Result<std::unique_ptr<Work>>> make_mirror_work(WorkOrder order, config::MirrorSource source) {
    Result<std::unique_ptr<MirrorServices>> services = co_await make_mirror_services(order.shared, order.job, source);
    if (!services) co_return services.error();
    std::unique_ptr<Work> work = std::make_unique<MirrorWork>(order, std::move(*services));
    co_return work;
}

}  // namespace autobackup::runner
