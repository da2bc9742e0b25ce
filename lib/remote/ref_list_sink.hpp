// SPDX-License-Identifier: MIT
// Private to this room: where the answer to ls-refs over HTTP goes.
#pragma once

#include <cstdint>
#include <optional>

#include "lib/http/client.hpp"
#include "lib/remote/advertisement.hpp"

namespace autobackup::remote {

/// Reads the list of refs while it arrives: a server needs a while to send tens of thousands, and they are read meanwhile. Nothing of the
/// answer is kept but the refs.
class RefListSink final : public http::BodySink {
public:
    /// `most`: bytes of an answer; a longer one is response_too_large. `parser` is borrowed.
    RefListSink(RefListParser& parser, std::uint64_t most) : parser_(parser), most_(most) {}
    /// An answer of another kind is refused, and one whose end only the connection's end tells: the client does not stream those.
    bool accept(const http::ResponseHead& head) override;
    Awaitable<Result<void>> write(std::span<const std::byte> bytes) override;
    /// It is an answer to ls-refs.
    [[nodiscard]] bool is_answer() const noexcept { return answer_; }
    /// It was refused for want of a length alone.
    [[nodiscard]] bool without_length() const noexcept { return answer_ && !measured_; }
    /// Why what came could not be read; nothing when it could, or the connection broke.
    [[nodiscard]] const std::optional<Failure>& unreadable() const noexcept { return unreadable_; }

private:
    Result<void> take(std::string_view bytes);

    RefListParser& parser_;
    PacketReader reader_;
    std::uint64_t most_;
    std::uint64_t bytes_ = 0;
    bool answer_ = false;
    bool measured_ = false;
    std::optional<Failure> unreadable_;
};

}  // namespace autobackup::remote
