// SPDX-License-Identifier: MIT
#include "daemon/metrics/publisher.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <optional>
#include <vector>

#include "daemon/metrics/responder.hpp"
#include "lib/async/run.hpp"
#include "lib/core/file.hpp"

namespace autobackup::metrics {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::hours told_again{24};
constexpr Milliseconds listen_again{30'000};

// A failure that lasts: told when it begins, when it is another one, and once a day.
struct Trouble {
    std::string text;
    Clock::time_point told;

    bool is_news(const std::string& now_said) {
        if (text == now_said && Clock::now() - told < told_again) return false;
        text = now_said;
        told = Clock::now();
        return true;
    }
    void over() { text.clear(); }
};

// While it lives, changed() rings this timer.
class BellHanging {
public:
    BellHanging(asio::steady_timer*& place, asio::steady_timer& timer) : place_(place) { place_ = &timer; }
    BellHanging(const BellHanging&) = delete;
    BellHanging& operator=(const BellHanging&) = delete;
    ~BellHanging() { place_ = nullptr; }

private:
    asio::steady_timer*& place_;
};

// What a process that was killed while it wrote has left behind.
void remove_leftovers(const fs::path& file) {
    const std::string beginning = file.filename().string() + ".tmp-";
    std::error_code error;
    for (fs::directory_iterator at(file.parent_path(), error), end; !error && at != end; at.increment(error)) {
        if (at->path().filename().string().starts_with(beginning)) remove_quietly(at->path());
    }
}

}  // namespace

struct Publisher::State {
    explicit State(Services given) : services(std::move(given)) {}

    Awaitable<void> keep_fresh(fs::path file);
    Awaitable<void> listen(config::MetricsListener where);
    Awaitable<void> publish_once(const fs::path& file);
    Awaitable<void> wait_for_change();
    [[nodiscard]] Snapshot snapshot() const;
    void warn(Trouble& trouble, const std::string& what, const Failure& failure);

    Services services;
    std::optional<std::uint64_t> free;      // of the storage, when it was looked at last
    asio::steady_timer* bell = nullptr;     // in the frame of wait_for_change()
    bool dirty = false;
    Trouble file_trouble, listen_trouble;
};

Snapshot Publisher::State::snapshot() const {
    Snapshot out = services.collect();
    out.storage_free = free;
    out.at = now();
    return out;
}

void Publisher::State::warn(Trouble& trouble, const std::string& what, const Failure& failure) {
    const std::string text = what + ": " + describe(failure);
    if (!trouble.is_news(text)) return;
    journal::Entry entry;
    entry.priority = journal::Priority::warning;
    entry.message_id = message_id::metrics_failed;
    entry.message = text;
    entry.fields.emplace_back("AUTOBACKUP_ERROR_CODE", std::string(name(failure.code)));
    services.journal.send(entry);
}

// Without a file it is the free space alone that is looked at, for those who ask the listener.
Awaitable<void> Publisher::State::publish_once(const fs::path& file) {
    auto look = [storage = services.storage] { return free_bytes(storage); };
    const Result<std::uint64_t> found = co_await services.workers.run(std::move(look));
    free.reset();
    if (found) free = *found;
    if (file.empty()) co_return;
    auto write = [file, body = text(snapshot())] { return write_file_durably(file, body, 0644); };
    const Result<void> written = co_await services.workers.run(std::move(write));
    if (written) {
        file_trouble.over();
        co_return;
    }
    Failure failure = written.error();
    failure.object = file.string();  // and not the temporary name, which is another each time
    warn(file_trouble, "the metrics file cannot be written", failure);
}

Awaitable<void> Publisher::State::wait_for_change() {
    if (dirty) co_return;
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, services.every);
    const BellHanging hanging(bell, timer);
    const auto [error] = co_await timer.async_wait(as_tuple_awaitable);
    if (error && !dirty) throw boost::system::system_error(error);  // cancelled by our owner, and not by changed()
}

Awaitable<void> Publisher::State::keep_fresh(fs::path file) {
    auto clean = [file] {
        if (!file.empty()) remove_leftovers(file);
    };
    co_await services.workers.run(std::move(clean));
    for (;;) {
        dirty = false;
        co_await publish_once(file);
        co_await wait_for_change();
    }
}

Awaitable<void> Publisher::State::listen(config::MetricsListener where) {
    const std::function<std::string()> metrics = [this] { return text(snapshot()); };
    const std::function<void()> ready = [this] { listen_trouble.over(); };
    for (;;) {
        const Result<void> ended = co_await respond(where, services.workers, metrics, ready);
        if (!ended) warn(listen_trouble, "the metrics cannot be listened for", ended.error());
        co_await async::sleep_for(listen_again);
    }
}

Publisher::Publisher(Services services) : state_(std::make_shared<State>(std::move(services))) {}

Publisher::~Publisher() = default;

Awaitable<void> Publisher::run(config::Metrics where) {
    const std::shared_ptr<State> state = state_;
    if (where.file.empty() && !where.listen) co_return;
    std::vector<Awaitable<void>> parts;
    parts.push_back(state->keep_fresh(where.file));
    if (where.listen) parts.push_back(state->listen(*where.listen));
    co_await async::all_of(std::move(parts));
}

void Publisher::changed() {
    state_->dirty = true;
    if (state_->bell != nullptr) state_->bell->cancel();
}

}  // namespace autobackup::metrics
