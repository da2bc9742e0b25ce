// SPDX-License-Identifier: MIT
// Private to this room: where the answer to a fetch over HTTP goes.
#pragma once

#include "lib/http/client.hpp"
#include "lib/remote/answers.hpp"
#include "lib/remote/http_parts.hpp"
#include "lib/remote/pack_file.hpp"
#include "lib/remote/pkt_line.hpp"

namespace autobackup::remote {

/// Cuts the answer of a fetch into packets while it arrives, and puts the pack's bytes into the file.
class FetchSink final : public http::BodySink {
public:
    FetchSink(FetchAnswer& answer, PackFile& file) : answer_(answer), file_(file) {}
    bool accept(const http::ResponseHead& head) override {
        accepted_ = is_answer_of_type(head, "application/x-git-upload-pack-result");
        return accepted_;
    }
    Awaitable<Result<void>> write(std::span<const std::byte> bytes) override;
    [[nodiscard]] bool accepted() const noexcept { return accepted_; }

private:
    FetchAnswer& answer_;
    PackFile& file_;
    PacketReader reader_;
    bool accepted_ = false;
};

}  // namespace autobackup::remote
