// SPDX-License-Identifier: MIT
#include "lib/cvat/upload_pipe.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

namespace autobackup::cvat {

UploadPipe::UploadPipe(asio::any_io_executor loop, std::size_t capacity)
    : loop_(std::move(loop)), capacity_(capacity), changed_(loop_) {}

Result<void> UploadPipe::put(std::span<const std::byte> bytes) {
    {
        std::unique_lock lock(mutex_);
        // Looking up once a second costs nothing and uses a little processor time: a worker that waits for a
        // slow server is not one that hangs (see WorkerWatch).
        while (!abandoned_ && held_.size() >= capacity_) taken_.wait_for(lock, std::chrono::seconds(1));
        if (abandoned_) return fail(Errc::cancelled, "upload", "the backup", "nobody takes it any more");
        held_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    wake_taker();
    return {};
}

void UploadPipe::end(Result<void> how) {
    {
        const std::lock_guard lock(mutex_);
        end_ = std::move(how);
    }
    wake_taker();
}

void UploadPipe::abandon() {
    {
        const std::lock_guard lock(mutex_);
        abandoned_ = true;
    }
    taken_.notify_all();
}

// The timer belongs to the loop. A notice that comes between a look and the wait runs after the wait has
// begun: both are on the loop.
void UploadPipe::wake_taker() {
    auto wake = [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->changed_.cancel();
    };
    asio::post(loop_, std::move(wake));
}

Awaitable<Result<std::string>> UploadPipe::take(std::size_t bytes) {
    const std::size_t wanted = std::min(bytes, capacity_);
    for (;;) {
        {
            const std::lock_guard lock(mutex_);
            if (end_ && !*end_) co_return end_->error();
            if (end_ || held_.size() >= wanted) {
                std::string piece = held_.substr(0, wanted);
                held_.erase(0, piece.size());
                taken_.notify_all();
                co_return piece;
            }
        }
        changed_.expires_at(asio::steady_timer::time_point::max());
        co_await changed_.async_wait(as_tuple_awaitable);
    }
}

}  // namespace autobackup::cvat
