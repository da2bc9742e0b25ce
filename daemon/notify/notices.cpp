// SPDX-License-Identifier: MIT
#include "daemon/notify/notices.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "daemon/notify/delivery.hpp"
#include "daemon/notify/message.hpp"
#include "lib/async/run.hpp"
#include "lib/core/text.hpp"

namespace autobackup::notify {
namespace {

using NoticePtr = std::shared_ptr<const config::Notice>;
using MessagePtr = std::shared_ptr<const Message>;

struct Letter {
    NoticePtr to;
    MessagePtr message;
};

// What goes to one receiver for one job, in order.
struct Lane {
    std::optional<Letter> current;
    std::string last_failure;  // of the current letter
    std::deque<Letter> waiting;
    asio::cancellation_signal cancel;

    // A newer word of the same receiver makes it pointless to insist on the older one.
    [[nodiscard]] bool overtaken() const {
        if (!std::holds_alternative<config::PingNotice>(current->to->to)) return false;
        if (current->message->signal == Signal::start) return !waiting.empty();
        return std::any_of(waiting.begin(), waiting.end(),
                           [](const Letter& letter) { return letter.message->signal != Signal::start; });
    }
};

}  // namespace

struct Notices::State : std::enable_shared_from_this<Notices::State> {
    explicit State(Services given) : services(std::move(given)) {
        services.secrets.stop_with(cut_off.get_token());
    }

    void tell(const std::string& job, const MessagePtr& message);
    void put(const std::string& lane_name, Letter letter);
    void give_up(const Letter& letter, const std::string& why, Errc code);
    Awaitable<void> work(Lane& lane);
    Awaitable<void> send_current(Lane& lane);
    Awaitable<Result<void>> try_once(const Letter& letter);
    void lane_ended(const std::string& lane_name);
    Awaitable<void> wait_until_empty(Milliseconds limit);

    Services services;
    std::map<std::string, std::vector<NoticePtr>> receivers;  // by job
    std::map<std::string, std::unique_ptr<Lane>> lanes;       // those that have something to do
    std::map<std::string, Instant> ended;                     // by job: end of the latest run
    Counts counts;
    std::stop_source cut_off;  // of secrets that are read on workers
    bool closed = false;
};

void Notices::State::tell(const std::string& job, const MessagePtr& message) {
    const auto found = receivers.find(job);
    if (closed || found == receivers.end()) return;
    for (const NoticePtr& notice : found->second) {
        const bool start_for_others =
            message->signal == Signal::start && !std::holds_alternative<config::PingNotice>(notice->to);
        if (start_for_others || !wanted(*notice, *message)) continue;
        put(job + " " + notice->key_path, Letter{notice, message});
    }
}

void Notices::State::put(const std::string& lane_name, Letter letter) {
    std::unique_ptr<Lane>& place = lanes[lane_name];
    const bool idle = place == nullptr;
    if (idle) place = std::make_unique<Lane>();
    Lane& lane = *place;
    if (lane.waiting.size() >= services.patience.waiting) {
        give_up(lane.waiting.front(), "too many messages wait", Errc::timeout);
        lane.waiting.pop_front();
    }
    lane.waiting.push_back(std::move(letter));
    if (!idle) return;
    auto over = [self = shared_from_this(), lane_name](std::exception_ptr) { self->lane_ended(lane_name); };
    asio::co_spawn(services.executor, work(lane), asio::bind_cancellation_slot(lane.cancel.slot(), std::move(over)));
}

// Whatever is still there was cut off: work() itself leaves nothing behind.
void Notices::State::lane_ended(const std::string& lane_name) {
    const auto found = lanes.find(lane_name);
    Lane& lane = *found->second;
    const std::string why = lane.last_failure.empty() ? "the daemon stopped before it was sent"
                                                      : "the daemon stopped before it could be tried again: " + lane.last_failure;
    if (lane.current) give_up(*lane.current, why, Errc::cancelled);
    for (const Letter& letter : lane.waiting) give_up(letter, "the daemon stopped before it was sent", Errc::cancelled);
    // Not destroyed here: the handler that runs just now is bound to its signal.
    auto last_look = [gone = std::move(found->second)] {};
    lanes.erase(found);
    asio::post(services.executor, std::move(last_look));
}

Awaitable<void> Notices::State::work(Lane& lane) {
    while (!lane.waiting.empty()) {
        lane.current = std::move(lane.waiting.front());
        lane.waiting.pop_front();
        lane.last_failure.clear();
        co_await send_current(lane);
        lane.current.reset();
    }
}

Awaitable<Result<void>> Notices::State::try_once(const Letter& letter) {
    std::string broken;
    try {
        co_return co_await deliver(services, *letter.to, *letter.message);
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw;
        broken = error.what();
    } catch (const std::exception& error) {
        broken = error.what();
    }
    co_return fail(Errc::internal, "send", label(*letter.to), broken);
}

Awaitable<void> Notices::State::send_current(Lane& lane) {
    const Patience& patience = services.patience;
    for (int attempt = 1;; ++attempt) {
        const Result<void> sent = co_await try_once(*lane.current);
        if (sent) {
            ++counts.sent;
            co_return;
        }
        const Failure& failure = sent.error();
        lane.last_failure = describe(failure);
        if (!failure.transient || attempt >= patience.attempts) {
            const std::string tries = attempt == 1 ? "" : " (" + std::to_string(attempt) + " tries)";
            give_up(*lane.current, lane.last_failure + tries, failure.code);
            co_return;
        }
        Milliseconds pause = async::backoff(attempt, patience.delay, patience.max_delay, async::random_fraction());
        if (failure.retry_after) pause = std::clamp<Milliseconds>(*failure.retry_after, pause, std::max(pause, patience.max_delay));
        if (!lane.overtaken()) co_await async::sleep_for(pause);
        if (lane.overtaken()) co_return;
    }
}

void Notices::State::give_up(const Letter& letter, const std::string& why, Errc code) {
    ++counts.failed;
    journal::Entry entry;
    entry.priority = journal::Priority::warning;
    entry.message_id = message_id::notice_failed;
    entry.message = letter.message->job + "  not told by " + label(*letter.to) + ": " + why;
    entry.fields.emplace_back("AUTOBACKUP_JOB", letter.message->job);
    entry.fields.emplace_back("AUTOBACKUP_RUN_ID", letter.message->run_id);
    entry.fields.emplace_back("AUTOBACKUP_NOTICE", label(*letter.to));
    entry.fields.emplace_back("AUTOBACKUP_ERROR_CODE", std::string(autobackup::name(code)));
    services.journal.send(entry);
}

Awaitable<void> Notices::State::wait_until_empty(Milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!lanes.empty() && std::chrono::steady_clock::now() < end) co_await async::sleep_for(Milliseconds(5));
}

Notices::Notices(Services services) : state_(std::make_shared<State>(std::move(services))) {}

Notices::~Notices() {
    state_->closed = true;
}

void Notices::configure(const config::Config& config) {
    state_->receivers.clear();
    for (const auto& [name, job] : config.jobs) {
        std::vector<NoticePtr>& list = state_->receivers[name];
        for (const config::Notice& notice : job.notify) list.push_back(std::make_shared<const config::Notice>(notice));
    }
    std::erase_if(state_->ended, [&config](const auto& entry) { return !config.jobs.contains(entry.first.substr(0, entry.first.find('/'))); });
}

void Notices::run_started(const std::string& job, const std::string& run_id) {
    state_->tell(job, std::make_shared<const Message>(start_message(job, run_id, state_->services.host)));
}

void Notices::run_ended(const model::Run& run, const History& history) {
    History known = history;
    const std::string name = model::history_name(run);
    const auto before = state_->ended.find(name);
    if (before != state_->ended.end()) known.previous_ended_at = before->second;
    const bool counts = run.outcome != model::RunOutcome::cancelled && run.outcome != model::RunOutcome::refused;
    if (counts) state_->ended[name] = run.finished_at;
    if (state_->receivers.find(run.job) == state_->receivers.end()) return;
    state_->tell(run.job, std::make_shared<const Message>(end_message(run, known, state_->services.host)));
}

Awaitable<void> Notices::drain(Milliseconds grace) {
    const std::shared_ptr<State> state = state_;
    state->closed = true;
    co_await state->wait_until_empty(grace);
    std::vector<Lane*> left;  // a lane that ends goes out of the map, but lives until the loop's next turn
    for (const auto& [name, lane] : state->lanes) left.push_back(lane.get());
    for (Lane* lane : left) lane->cancel.emit(asio::cancellation_type::terminal);
    state->cut_off.request_stop();
    // What runs on a worker ends by itself, a command of a secret because it is told; everything has its own limit.
    co_await state->wait_until_empty(state->services.secrets.command_limit + Milliseconds(1'000));
    if (state->services.client) state->services.client->close_idle();
}

Counts Notices::counts() const {
    return state_->counts;
}

std::size_t Notices::pending() const {
    std::size_t sum = 0;
    for (const auto& [name, lane] : state_->lanes) sum += lane->waiting.size() + (lane->current ? 1 : 0);
    return sum;
}

}  // namespace autobackup::notify
