// SPDX-License-Identifier: MIT
#include "daemon/serve/telling.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include "lib/async/run.hpp"

namespace autobackup::serve {
namespace {

namespace asio = boost::asio;

metrics::Services publisher_services(notify::Services& notices, std::filesystem::path storage, std::function<metrics::Snapshot()> collect) {
    return metrics::Services{notices.workers, notices.journal, std::move(collect), std::move(storage)};
}

bool same(const config::Metrics& one, const config::Metrics& other) {
    const auto listener = [](const config::Metrics& where) {
        const config::MetricsListener none;
        const config::MetricsListener& listen = where.listen ? *where.listen : none;
        return std::make_tuple(where.listen.has_value(), listen.socket, listen.address, listen.port);
    };
    return one.file == other.file && listener(one) == listener(other);
}

metrics::JobFacts recalled(const std::string& job, const JobFacts& facts) {
    metrics::JobFacts recalled = facts.told;
    recalled.job = job;
    return recalled;
}

notify::History history_of(const JobFacts& before, const JobFacts& now) {
    notify::History history;
    history.failures_before = before.failures;
    history.failures_now = now.failures;
    history.first_failed_at = now.failing_since ? now.failing_since : before.failing_since;
    history.previous_ended_at = before.last_judged;
    history.last_success_at = now.last_success;
    return history;
}

}  // namespace

Telling::Telling(notify::Services notices, std::filesystem::path storage, Complete complete)
    : executor_(notices.executor),
      publisher_(publisher_services(notices, std::move(storage), [this] { return snapshot(); })),
      notices_(std::move(notices)),
      complete_(std::move(complete)) {}

Telling::~Telling() = default;

metrics::Snapshot Telling::snapshot() {
    metrics::Snapshot snapshot;
    snapshot.api_requests = api_requests_;
    snapshot.bytes_received = bytes_received_;
    snapshot.bytes_sent = bytes_sent_;
    const notify::Counts counts = notices_.counts();
    snapshot.notices_sent = counts.sent;
    snapshot.notices_failed = counts.failed;
    for (const auto& [name, job] : jobs_) snapshot.jobs.push_back(job);
    complete_(snapshot);
    return snapshot;
}

void Telling::configure(const config::Config& config, const std::map<std::string, JobFacts>& facts) {
    notices_.configure(config);
    for (const auto& [name, known] : facts) jobs_.try_emplace(name, recalled(name, known));
    std::erase_if(jobs_, [&](const auto& one) { return !config.jobs.contains(one.first); });
    const bool moved = !same(where_, config.metrics);
    where_ = config.metrics;
    if (publishing_ && moved) {
        again_ = true;
        stop_publishing_->emit(asio::cancellation_type::terminal);
    } else if (!publishing_) {
        publish();
    }
    changed();
}

void Telling::publish() {
    if (closing_) return;
    again_ = false;
    publishing_ = true;
    stop_publishing_ = std::make_unique<asio::cancellation_signal>();
    auto ended = [this](std::exception_ptr) {
        publishing_ = false;
        if (!again_) return;
        // Not from within the handler that is bound to the signal which publish() replaces.
        auto once_more = [this] { publish(); };
        asio::post(executor_, std::move(once_more));
    };
    asio::co_spawn(executor_, publisher_.run(where_), asio::bind_cancellation_slot(stop_publishing_->slot(), std::move(ended)));
}

void Telling::run_started(const std::string& job, const std::string& run_id) {
    notices_.run_started(job, run_id);
    changed();
}

void Telling::run_ended(const model::Run& run, const JobFacts& before, const JobFacts& now) {
    notices_.run_ended(run, history_of(before, now));
    api_requests_ += run.api_requests;
    bytes_received_ += run.bytes_received;
    bytes_sent_ += run.bytes_sent;
    if (const auto job = jobs_.find(run.job); job != jobs_.end()) job->second.remember(run);
    changed();
}

void Telling::check_ended(const model::Run& run, const JobFacts& before, const JobFacts& now) {
    notices_.run_ended(run, history_of(before, now));
    changed();
}

Awaitable<void> Telling::close(Milliseconds grace) {
    closing_ = true;
    co_await notices_.drain(grace);
    if (stop_publishing_) stop_publishing_->emit(asio::cancellation_type::terminal);
    while (publishing_) co_await async::sleep_for(Milliseconds(10));
}

}  // namespace autobackup::serve
