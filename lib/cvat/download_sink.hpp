// SPDX-License-Identifier: MIT
// Takes the body of one download request into a SpoolFile: decides by the head, checks the first bytes,
// writes and hashes on workers in pieces. Loop thread only.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "lib/async/workers.hpp"
#include "lib/cvat/exporter.hpp"
#include "lib/cvat/resume.hpp"
#include "lib/cvat/spool_file.hpp"
#include "lib/http/client.hpp"

namespace autobackup::cvat {

/// Borrows file, workers and observer for one request.
class DownloadSink final : public http::BodySink {
public:
    /// `approved_total`: length that before_download() has agreed to already, kept over the tries; in and
    /// out.
    DownloadSink(SpoolFile& file, async::Workers& workers, ExportObserver& observer,
                 std::optional<std::uint64_t>& approved_total, std::string object);

    bool accept(const http::ResponseHead& head) override;
    Awaitable<Result<void>> write(std::span<const std::byte> bytes) override;
    /// Brings what was received to disk; call it after every request, also after one that was cut.
    Awaitable<Result<void>> flush();

    [[nodiscard]] const TakeDecision& decision() const noexcept { return decision_; }
    /// Why the body was refused by us: before_download(), or the head is no file's.
    [[nodiscard]] const std::optional<Failure>& refusal() const noexcept { return refusal_; }
    [[nodiscard]] const http::ResponseHead& head() const noexcept { return head_; }
    [[nodiscard]] std::uint64_t received() const noexcept { return received_; }
    /// The first bytes were no ZIP: nothing of them was written.
    [[nodiscard]] bool not_a_zip() const noexcept { return not_a_zip_; }

private:
    Result<void> store();

    SpoolFile& file_;
    async::Workers& workers_;
    ExportObserver& observer_;
    std::optional<std::uint64_t>& approved_total_;
    std::string object_;
    TakeDecision decision_;
    std::optional<Failure> refusal_;
    http::ResponseHead head_;
    FileStamp stamp_;
    std::vector<std::byte> buffer_;
    std::uint64_t offset_;
    std::uint64_t received_ = 0;
    bool begun_ = false;
    bool not_a_zip_ = false;
};

}  // namespace autobackup::cvat
