// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/process/child.hpp"
#include "lib/remote/advertisement.hpp"
#include "lib/remote/pkt_line.hpp"
#include "lib/remote/route.hpp"

namespace autobackup::remote {

/// A git service as a child process, with packets on its pipes. Loop thread. Dies with its owner.
class ServiceChild {
public:
    /// Starts what a Route has prepared. What goes over its pipes is added to `traffic`, which is borrowed.
    static Result<std::unique_ptr<ServiceChild>> start(const asio::any_io_executor& executor,
                                                       process::Command command, Milliseconds no_progress,
                                                       Traffic& traffic);

    /// The next packet; its payload is valid until the next call. connection_closed at the end of the output.
    Awaitable<Result<Packet>> next();
    /// Gives packets to `parser.take()` until it is complete.
    template <class Parser>
    Awaitable<Result<void>> read_all(Parser& parser) {
        while (!parser.complete()) {
            const Result<Packet> packet = co_await next();
            if (!packet) co_return packet.error();
            const Result<void> taken = parser.take(*packet);
            if (!taken) co_return taken;
        }
        co_return Result<void>();
    }
    Awaitable<Result<void>> send(std::string_view text);
    Awaitable<Result<void>> send(std::span<const std::byte> bytes);
    void close_input() { child_->close_input(); }
    /// Lets it end by itself, for some seconds.
    Awaitable<void> finish();
    /// The failure with what the child said on stderr before it ended, and the code that `route` reads from
    /// those words.
    Awaitable<Failure> explain(Failure failure, Route& route);

private:
    ServiceChild(std::unique_ptr<process::Child> child, Milliseconds no_progress, Traffic& traffic)
        : child_(std::move(child)), no_progress_(no_progress), traffic_(traffic), buffer_(buffer_bytes) {}
    static constexpr std::size_t buffer_bytes = std::size_t{256} << 10;

    std::unique_ptr<process::Child> child_;
    Milliseconds no_progress_;
    Traffic& traffic_;
    std::vector<std::byte> buffer_;
    std::string_view rest_;  // of buffer_, not looked at yet
    PacketReader reader_;
};

}  // namespace autobackup::remote
