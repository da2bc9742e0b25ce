// SPDX-License-Identifier: MIT
#include "lib/remote/fetch_sink.hpp"

namespace autobackup::remote {

Awaitable<Result<void>> FetchSink::write(std::span<const std::byte> bytes) {
    std::string_view input(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (;;) {
        const Result<std::optional<Packet>> packet = reader_.next(input);
        if (!packet) co_return packet.error();
        if (!*packet) co_return Result<void>();
        const Result<std::string_view> content = answer_.take(**packet);
        if (!content) co_return content.error();
        if (!file_.add(*content)) continue;
        const Result<void> written = co_await file_.write();
        if (!written) co_return written;
    }
}

}  // namespace autobackup::remote
