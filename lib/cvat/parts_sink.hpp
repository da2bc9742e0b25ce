// SPDX-License-Identifier: MIT
// Takes the body of one Range request to its place in a file with holes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "lib/async/workers.hpp"
#include "lib/cvat/parts_file.hpp"
#include "lib/cvat/resume.hpp"
#include "lib/http/client.hpp"

namespace autobackup::cvat {

/// Borrows the workers for one request. Loop thread only.
class PartsSink final : public http::BodySink {
public:
    /// `range`: what was asked for, of the file that `known` tells; nullopt: its end, however long it is.
    PartsSink(std::shared_ptr<PartsFile> file, async::Workers& workers, std::optional<ByteRange> range, const FileStamp& known);

    bool accept(const http::ResponseHead& head) override;
    Awaitable<Result<void>> write(std::span<const std::byte> bytes) override;
    /// Brings what was received to the file; call it after every request, also after one that was cut.
    Awaitable<Result<void>> flush();

    /// The answer was the part asked for.
    [[nodiscard]] bool taken() const noexcept { return taken_; }
    /// The file could not be written.
    [[nodiscard]] bool store_failed() const noexcept { return store_failed_; }
    [[nodiscard]] const FileStamp& stamp() const noexcept { return stamp_; }
    /// What the answer covers.
    [[nodiscard]] const ByteRange& range() const noexcept { return range_; }
    /// Bytes of it that are in the file (after flush()).
    [[nodiscard]] std::uint64_t received() const noexcept { return received_; }
    std::function<void(std::uint64_t received)> on_progress;

private:
    std::shared_ptr<PartsFile> file_;
    async::Workers& workers_;
    std::optional<ByteRange> wanted_;
    const FileStamp& known_;
    FileStamp stamp_;
    ByteRange range_;
    std::vector<std::byte> buffer_;
    std::uint64_t received_ = 0;
    std::uint64_t stored_ = 0;
    bool taken_ = false;
    bool store_failed_ = false;
};

}  // namespace autobackup::cvat
