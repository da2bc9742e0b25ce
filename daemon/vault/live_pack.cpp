// SPDX-License-Identifier: MIT
#include "daemon/vault/live_pack.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "lib/core/page_cache.hpp"

namespace autobackup::vault {
namespace {

// A pack ends with the SHA-1 of all before it (gitformat-pack(5)); index-pack refuses one without.
constexpr std::uint64_t trailer_bytes = 20;

constexpr std::uint64_t drop_window = std::uint64_t{8} << 20;

}  // namespace

LivePack::LivePack(asio::any_io_executor loop, async::Workers& workers, std::uint64_t least)
    : loop_(std::move(loop)), workers_(workers), least_(least), changed_(loop_) {}

void LivePack::announce(const git::Oid& commit, const std::optional<git::Oid>& parent) {
    const std::lock_guard lock(mutex_);
    begun_.commit = commit;
    begun_.parent = parent;
}

void LivePack::begin(FileDescriptor file, std::uint64_t content_bytes) {
    {
        const std::lock_guard lock(mutex_);
        file_ = std::move(file);
        state_ = content_bytes >= least_ ? State::writing : State::given_up;
    }
    notify();
}

void LivePack::written(std::uint64_t bytes) {
    {
        const std::lock_guard lock(mutex_);
        written_ = bytes;
    }
    notify();
}

void LivePack::complete(std::uint64_t bytes) {
    {
        const std::lock_guard lock(mutex_);
        total_ = bytes;
    }
    notify();
}

void LivePack::end(State state) {
    {
        const std::lock_guard lock(mutex_);
        if (state_ == State::released || state_ == State::given_up) return;
        state_ = state;
    }
    notify();
}

// The timer belongs to the loop. A notice that comes between a look and the wait runs after the wait has begun: both are on the loop.
void LivePack::notify() {
    auto wake = [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->changed_.cancel();
    };
    asio::post(loop_, std::move(wake));
}

// Ends on a notice, and when the owner cancels: then the next co_await throws.
Awaitable<void> LivePack::wait() {
    changed_.expires_at(asio::steady_timer::time_point::max());
    co_await changed_.async_wait(as_tuple_awaitable);
}

Awaitable<std::optional<LivePack::Begun>> LivePack::begun() {
    for (;;) {
        {
            const std::lock_guard lock(mutex_);
            if (state_ == State::given_up) co_return std::nullopt;
            if (state_ == State::writing || (state_ == State::released && file_.is_open())) co_return begun_;
            if (state_ == State::released) co_return std::nullopt;  // nothing had to be written: the objects were here already
        }
        co_await wait();
    }
}

LivePack::Ready LivePack::ready() {
    const std::lock_guard lock(mutex_);
    Ready now;
    now.failed = state_ == State::given_up;
    const bool released = state_ == State::released;
    const std::uint64_t content = total_ == 0 ? written_ : total_ - trailer_bytes;
    const std::uint64_t end = released ? total_ : content;
    now.bytes = end - sent_;
    now.last = released && now.bytes == 0;
    now.settled = released;
    return now;
}

// What lies on the disk and was read back and sent nobody reads again soon: its memory is of more use to others on this machine, the
// server perhaps among them.
void LivePack::drop_sent() {
    if (sent_ - dropped_ < drop_window) return;
    release_pages(file_.get(), dropped_, sent_);
    dropped_ = sent_;
}

Awaitable<Result<std::size_t>> LivePack::read(std::span<std::byte> buffer) {
    for (;;) {
        const Ready now = ready();
        if (now.failed) co_return fail(Errc::io_error, "push", "the new pack", "it could not be written");
        if (now.last) co_return std::size_t{0};
        if (now.bytes > 0) {
            const auto piece = buffer.first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), now.bytes)));
            auto work = [this, piece, settled = now.settled] {
                if (settled) drop_sent();
                return read_exactly(file_.get(), piece, sent_, "the new pack");
            };
            const Result<void> got = co_await workers_.run(std::move(work));
            if (!got) co_return got.error();
            sent_ += piece.size();
            co_return piece.size();
        }
        co_await wait();
    }
}

}  // namespace autobackup::vault
