// SPDX-License-Identifier: MIT
#include "lib/remote/service_child.hpp"

#include <algorithm>

#include "lib/core/text.hpp"

namespace autobackup::remote {
namespace {

constexpr Milliseconds time_to_end{5'000};

}  // namespace

Result<std::unique_ptr<ServiceChild>> ServiceChild::start(const asio::any_io_executor& executor,
                                                          process::Command command,
                                                          Milliseconds no_progress, Traffic& traffic) {
    Result<std::unique_ptr<process::Child>> child = process::Child::start(executor, std::move(command));
    if (!child) return child.error();
    return std::unique_ptr<ServiceChild>(new ServiceChild(std::move(*child), no_progress, traffic));
}

Awaitable<Result<Packet>> ServiceChild::next() {
    for (;;) {
        const Result<std::optional<Packet>> packet = reader_.next(rest_);
        if (!packet) co_return packet.error();
        if (*packet) co_return **packet;
        const Result<std::size_t> got = co_await child_->read(buffer_, no_progress_);
        if (!got) co_return got.error();
        if (*got == 0)
            co_return fail(Errc::connection_closed, "read from", "git", "git ended before its answer did");
        traffic_.bytes_received += *got;
        rest_ = std::string_view(reinterpret_cast<const char*>(buffer_.data()), *got);
    }
}

Awaitable<Result<void>> ServiceChild::send(std::string_view text) {
    const Result<void> sent = co_await send(std::as_bytes(std::span(text.data(), text.size())));
    co_return sent;
}

Awaitable<Result<void>> ServiceChild::send(std::span<const std::byte> bytes) {
    const Result<void> sent = co_await child_->write(bytes, no_progress_);
    if (sent) traffic_.bytes_sent += bytes.size();
    co_return sent;
}

Awaitable<void> ServiceChild::finish() {
    child_->close_input();
    // Its exit code says nothing that the answer did not: receive-pack exits with 1 after a report that
    // refuses a ref.
    static_cast<void>(co_await child_->wait(time_to_end));
}

Awaitable<Failure> ServiceChild::explain(Failure failure, Route& route) {
    if (failure.code != Errc::connection_closed) {
        if (failure.peer.empty()) failure.peer = cut_peer_words(trim(child_->error_text()));
        co_return failure;
    }
    child_->close_input();
    const Result<int> code = co_await child_->wait(time_to_end);
    const std::string words(trim(child_->error_text()));
    PeerWords last;
    last.add(words);
    failure.peer = last.text();
    int exit_code = 0;
    if (code) exit_code = *code;
    failure = co_await route.explain(std::move(failure), words, exit_code);
    co_return failure;
}

}  // namespace autobackup::remote
