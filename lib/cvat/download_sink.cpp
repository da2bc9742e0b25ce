// SPDX-License-Identifier: MIT
#include "lib/cvat/download_sink.hpp"

#include "lib/cvat/download_limits.hpp"
#include "lib/cvat/wire.hpp"

namespace autobackup::cvat {

DownloadSink::DownloadSink(SpoolFile& file, async::Workers& workers, ExportObserver& observer,
                           std::optional<std::uint64_t>& approved_total, std::string object)
    : file_(file),
      workers_(workers),
      observer_(observer),
      approved_total_(approved_total),
      object_(std::move(object)),
      offset_(file.size()) {}

bool DownloadSink::accept(const http::ResponseHead& head) {
    head_ = head;
    decision_ = decide_take(head, offset_, file_.stamp());
    if (decision_.action == TakeBody::refuse)
        refusal_ = fail(Errc::bad_response, "GET", object_, decision_.problem);
    if (decision_.action != TakeBody::from_start && decision_.action != TakeBody::append) return false;
    stamp_ = stamp_of(head);
    if (approved_total_ != stamp_.total) {
        const Result<void> agreed = observer_.before_download(stamp_.total);
        if (!agreed) {
            refusal_ = agreed.error();
            return false;
        }
        approved_total_ = stamp_.total;
    }
    buffer_.reserve(download_piece_bytes);
    return true;
}

Awaitable<Result<void>> DownloadSink::write(std::span<const std::byte> bytes) {
    received_ += bytes.size();
    while (!bytes.empty()) {
        const std::size_t room = download_piece_bytes - buffer_.size();
        const auto piece = bytes.first(std::min(room, bytes.size()));
        buffer_.insert(buffer_.end(), piece.begin(), piece.end());
        bytes = bytes.subspan(piece.size());
        if (buffer_.size() < download_piece_bytes) break;
        const Result<void> stored = co_await flush();
        if (!stored) co_return stored;
    }
    const std::uint64_t start = decision_.action == TakeBody::append ? offset_ : 0;
    observer_.progress(start + received_, stamp_.total);
    co_return Result<void>();
}

Awaitable<Result<void>> DownloadSink::flush() {
    if (buffer_.empty()) co_return Result<void>();
    auto job = [this] { return store(); };
    Result<void> stored = co_await workers_.run(std::move(job));
    buffer_.clear();
    co_return stored;
}

/// On a worker; the loop waits for it.
Result<void> DownloadSink::store() {
    if (!begun_) {
        if (decision_.action == TakeBody::from_start) {
            const std::string_view first(reinterpret_cast<const char*>(buffer_.data()),
                                         std::min<std::size_t>(buffer_.size(), 4096));
            // A cut may have left less than a signature: nothing can be said of that, and the next try starts
            // anew.
            if (first.size() < 4) return {};
            if (!looks_like_zip(first)) {
                not_a_zip_ = true;
                return bad_answer("GET", object_, "the answer is not a ZIP file", first);
            }
            const Result<void> restarted = file_.restart();
            if (!restarted) return restarted;
        }
        file_.set_stamp(stamp_);
        begun_ = true;
    }
    return file_.append(std::span<const std::byte>(buffer_));
}

}  // namespace autobackup::cvat
