// SPDX-License-Identifier: MIT
#include "lib/cvat/parts_sink.hpp"

#include <algorithm>

#include "lib/cvat/download_limits.hpp"

namespace autobackup::cvat {

PartsSink::PartsSink(std::shared_ptr<PartsFile> file, async::Workers& workers, std::optional<ByteRange> range,
                     const FileStamp& known)
    : file_(std::move(file)), workers_(workers), wanted_(range), known_(known) {}

bool PartsSink::accept(const http::ResponseHead& head) {
    if (head.status != 206) return false;
    const auto told = parse_content_range(head.headers.value_or("Content-Range", std::string()));
    if (!told || !told->first || !told->last || !told->total) return false;
    stamp_ = stamp_of(head);
    if (stamp_.etag.empty() || *told->last >= *told->total) return false;
    range_.begin = *told->first;
    range_.end = *told->last + 1;
    if (head.content_length && *head.content_length != range_.bytes()) return false;
    if (wanted_) {
        if (range_.begin != wanted_->begin || range_.end != wanted_->end) return false;
        // If-Match has asked for it already; a server that does not know that header must not mix two files.
        if (stamp_.etag != known_.etag || stamp_.total != known_.total) return false;
    } else if (range_.end != *told->total) {
        return false;
    }
    buffer_.reserve(download_piece_bytes);
    taken_ = true;
    return true;
}

Awaitable<Result<void>> PartsSink::write(std::span<const std::byte> bytes) {
    if (bytes.size() > range_.bytes() - received_) bytes = bytes.first(static_cast<std::size_t>(range_.bytes() - received_));
    received_ += bytes.size();
    while (!bytes.empty()) {
        const auto piece = bytes.first(std::min(download_piece_bytes - buffer_.size(), bytes.size()));
        buffer_.insert(buffer_.end(), piece.begin(), piece.end());
        bytes = bytes.subspan(piece.size());
        if (buffer_.size() < download_piece_bytes) break;
        const Result<void> stored = co_await flush();
        if (!stored) co_return stored;
    }
    if (on_progress) on_progress(received_);
    co_return Result<void>();
}

Awaitable<Result<void>> PartsSink::flush() {
    if (buffer_.empty()) co_return Result<void>();
    auto job = [this]() -> Result<void> {
        if (stored_ == 0 && !wanted_) {
            const Result<void> begun = file_->begin(stamp_);
            if (!begun) return begun;
        }
        return file_->write(range_.begin + stored_, buffer_);
    };
    Result<void> stored = co_await workers_.run(std::move(job));
    if (!stored) store_failed_ = true;
    stored_ += buffer_.size();
    buffer_.clear();
    co_return stored;
}

}  // namespace autobackup::cvat
