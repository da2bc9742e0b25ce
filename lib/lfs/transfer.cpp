// SPDX-License-Identifier: MIT
#include "lib/lfs/transfer.hpp"

#include <fcntl.h>

#include <algorithm>

namespace autobackup::lfs {

Awaitable<Result<void>> ObjectSource::open() {
    auto work = [this]() -> Result<void> {
        if (!store_.has(object_)) {
            return fail(Errc::not_found, "read", "large object " + object_.oid,
                        "it is not in " + store_.root().string() + ", or has not the size that it must have");
        }
        Result<FileDescriptor> file = open_file(store_.path_of(object_), O_RDONLY);
        if (!file) return file.error();
        file_ = std::move(*file);
        return {};
    };
    co_return co_await workers_.run(std::move(work));
}

Result<std::size_t> ObjectSource::read_now(std::span<std::byte> buffer) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), object_.size - at_));
    if (count == 0) return std::size_t{0};
    const std::filesystem::path path = store_.path_of(object_);
    const Result<void> read = read_exactly(file_.get(), buffer.first(count), at_, path);
    if (!read) return read.error();
    digest_.update(buffer.first(count));
    at_ += count;
    if (at_ == object_.size && digest_.finish_hex() != object_.oid) {
        Failure damaged = fail(Errc::content_mismatch, "read", path.string(), "the stored object is damaged: its content is not what its name says");
        damaged.hint = "remove the file; the next export of what it belongs to stores it again";
        return damaged;
    }
    return count;
}

Awaitable<Result<std::size_t>> ObjectSource::read(std::span<std::byte> buffer) {
    auto work = [this, buffer] { return read_now(buffer); };
    co_return co_await workers_.run(std::move(work));
}

bool ObjectSource::rewind() {
    at_ = 0;
    digest_ = hash::Digest(hash::Algorithm::sha256);
    return true;
}

Result<void> ObjectSink::write_now(std::span<const std::byte> bytes) {
    if (!incoming_) {
        Result<Incoming> opened = Incoming::open(store_);
        if (!opened) return opened.error();
        incoming_.emplace(std::move(*opened));
    }
    if (incoming_->bytes() + bytes.size() > object_.size) {
        return fail(Errc::content_mismatch, "store", "large object " + object_.oid, "more came than the " + std::to_string(object_.size) + " bytes that it has");
    }
    return incoming_->write(bytes);
}

Awaitable<Result<void>> ObjectSink::write(std::span<const std::byte> bytes) {
    auto work = [this, bytes] { return write_now(bytes); };
    co_return co_await workers_.run(std::move(work));
}

Awaitable<Result<void>> ObjectSink::keep() {
    auto work = [this]() -> Result<void> {
        const Result<void> opened = write_now({});  // an empty object has had no bytes
        if (!opened) return opened;
        return incoming_->keep_as(object_);
    };
    co_return co_await workers_.run(std::move(work));
}

}  // namespace autobackup::lfs
