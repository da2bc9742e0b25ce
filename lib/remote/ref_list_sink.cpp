// SPDX-License-Identifier: MIT
#include "lib/remote/ref_list_sink.hpp"

#include "lib/remote/http_parts.hpp"

namespace autobackup::remote {

bool RefListSink::accept(const http::ResponseHead& head) {
    answer_ = is_answer_of_type(head, "application/x-git-upload-pack-result");
    measured_ = head.content_length.has_value() || head.headers.find("Transfer-Encoding") != nullptr;
    return answer_ && measured_;
}

Awaitable<Result<void>> RefListSink::write(std::span<const std::byte> bytes) {
    const Result<void> taken = take(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    if (!taken) unreadable_ = taken.error();
    co_return taken;
}

Result<void> RefListSink::take(std::string_view bytes) {
    bytes_ += bytes.size();
    if (bytes_ > most_) return fail(Errc::response_too_large, "read", "the git protocol", "the list of refs is longer than " + std::to_string(most_) + " bytes");
    for (;;) {
        const Result<std::optional<Packet>> packet = reader_.next(bytes);
        if (!packet) return packet.error();
        if (!*packet) return {};
        const Result<void> taken = parser_.take(**packet);
        if (!taken) return taken;
    }
}

}  // namespace autobackup::remote
