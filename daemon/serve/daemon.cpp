// SPDX-License-Identifier: MIT
#include "daemon/serve/daemon.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

#include "daemon/report/outgoing.hpp"
#include "daemon/serve/clock.hpp"
#include "daemon/serve/control_verbs.hpp"
#include "daemon/serve/messages.hpp"
#include "lib/async/run.hpp"
#include "lib/systemd/manager.hpp"

namespace autobackup::serve {
namespace {

namespace asio = boost::asio;

constexpr Milliseconds longest_sleep{30'000};  // the wall clock may be set, and a machine may sleep
constexpr std::chrono::seconds stop_takes{15};
constexpr Milliseconds notices_may_take{2'000};

scheduler::Options scheduler_options(const config::Config& config) {
    scheduler::Options options;
    options.runs = config.limits.runs;
    return options;
}

bool is_abort(const boost::system::system_error& error) { return error.code() == asio::error::operation_aborted; }

}  // namespace

Daemon::Daemon(Settings settings, config::Config first)
    : settings_(std::move(settings)), scheduler_(scheduler_options(first)), checks_(*this), since_(now()) {
    auto generation = std::make_shared<Generation>();
    generation->config = std::move(first);
    generation->loaded_at = now();
    generation_ = std::move(generation);
}

Daemon::~Daemon() = default;

void Daemon::log(journal::Priority priority, const char* message_id, std::string message,
                 std::vector<std::pair<std::string, std::string>> fields) {
    journal::Entry entry;
    entry.priority = priority;
    entry.message_id = message_id;
    entry.message = report::outgoing_line(message);
    entry.fields = std::move(fields);
    settings_.journal->send(entry);
}

void Daemon::kick() {
    rung_ = true;
    if (bell_) bell_->cancel();
}

void Daemon::hang_up() {
    reload_wanted_ = true;
    kick();
}

Awaitable<void> Daemon::pause_until_something_is_due() {
    if (rung_) {
        rung_ = false;
        co_return;
    }
    Milliseconds pause = longest_sleep;
    if (watchdog_.count() > 0) pause = std::min(pause, std::chrono::duration_cast<Milliseconds>(watchdog_ / 4));
    if (!live_.empty()) pause = std::min(pause, Milliseconds(5'000));  // STATUS= is kept alive
    for (const auto& due : {scheduler_.wake(), checks_.wake()}) {
        if (due) pause = std::clamp(std::chrono::duration_cast<Milliseconds>(*due - wall_clock()), Milliseconds(0), pause);
    }
    bell_->expires_after(pause);
    boost::system::error_code rung;
    co_await bell_->async_wait(asio::redirect_error(asio::use_awaitable, rung));
    rung_ = false;
}

Awaitable<void> Daemon::follow_schedule() {
    for (;;) {
        if (reload_wanted_) {
            reload_wanted_ = false;
            const control::Answer answer = co_await reload();
            if (!answer.ok) spdlog::error("the configuration was not loaded again: {}", answer.message);
        }
        const std::vector<scheduler::Start> starts = scheduler_.tick(wall_clock(), steady_clock());
        tell_notes();
        co_await save_memories(scheduler_, scheduler_.changed());  // before the starts: then a crash is seen as an interrupted run
        for (const scheduler::Start& start : starts) begin(start);
        co_await checks_.tick();
        tell_status();
        feed_watchdog();
        co_await pause_until_something_is_due();
    }
}

// Everything that a run holds is given back before the process ends; what it saved until now stays.
Awaitable<void> Daemon::stop_runs() {
    stopping_ = true;
    systemd::Manager::stopping("stopping " + std::to_string(live_.size()) + " runs");
    systemd::Manager::extend_timeout(stop_takes);
    for (const auto& [ticket, live] : live_) live->stop();
    checks_.stop();
    while (!live_.empty() || checks_.running()) {
        bell_->expires_after(Milliseconds(1'000));
        boost::system::error_code rung;
        co_await bell_->async_wait(asio::redirect_error(asio::use_awaitable, rung));
    }
    co_await save_memories(scheduler_, scheduler_.changed());
    co_await telling_->close(notices_may_take);
    log(journal::Priority::info, message_id::stopped, "autobackupd stopped in order");
}

Awaitable<int> Daemon::run() {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    bell_ = std::make_unique<asio::steady_timer>(executor);
    watchdog_ = systemd::Manager::watchdog();
    std::unique_ptr<control::Server> server;
    asio::cancellation_signal stop_server;
    bool server_runs = false;
    try {
        const Result<void> opened = co_await open();
        if (!opened) {
            spdlog::error("{}", describe(opened.error()));
            co_return opened.error().code == Errc::busy ? 4 : 1;
        }
        ControlVerbs verbs(*this);
        if (!settings_.socket.empty()) {
            server = verbs.server(executor);
            const Result<void> listening = server->listen();
            if (!listening) {
                spdlog::error("{}", describe(listening.error()));
                if (listening.error().code == Errc::busy) co_return 4;
                // Backups matter more than being asked about them.
                control_error_ = "no control socket: " + describe(listening.error());
            } else {
                server_runs = true;
                auto server_ended = [this, &server_runs](std::exception_ptr) {
                    server_runs = false;
                    kick();
                };
                asio::co_spawn(executor, server->run(), asio::bind_cancellation_slot(stop_server.slot(), std::move(server_ended)));
            }
        }
        std::exception_ptr failure;
        try {
            co_await resume_interrupted();
            co_await checks_.resume_interrupted();
            systemd::Manager::ready(status_line());
            log(journal::Priority::info, message_id::started,
                "autobackupd " + settings_.version + " (" + settings_.commit + ") runs " + std::to_string(generation_->config.jobs.size()) + " jobs of " + settings_.config_path);
            co_await follow_schedule();
        } catch (...) {
            failure = std::current_exception();
        }
        // What follows is the orderly stop itself.
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        stopping_ = true;
        stop_server.emit(asio::cancellation_type::terminal);
        co_await stop_runs();
        while (server_runs) co_await async::sleep_for(Milliseconds(10));
        if (failure) std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
        if (!is_abort(error)) throw;
    }
    co_return 0;
}

}  // namespace autobackup::serve
