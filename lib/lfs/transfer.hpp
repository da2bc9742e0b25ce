// SPDX-License-Identifier: MIT
// An object as a request's body, and an answer's body as an object. Private to lib/lfs. Loop thread; the disk is used on a worker.
#pragma once

#include <optional>

#include "lib/async/workers.hpp"
#include "lib/http/client.hpp"
#include "lib/lfs/store.hpp"

namespace autobackup::lfs {

/// Sends an object of the store and proves it on the way: a damaged one fails with content_mismatch before its last byte is sent.
class ObjectSource final : public http::BodySource {
public:
    ObjectSource(async::Workers& workers, Store store, Pointer object)
        : workers_(workers), store_(std::move(store)), object_(std::move(object)) {}

    /// not_found when the store does not hold it.
    Awaitable<Result<void>> open();
    [[nodiscard]] std::optional<std::uint64_t> size() const override { return object_.size; }
    Awaitable<Result<std::size_t>> read(std::span<std::byte> buffer) override;
    bool rewind() override;

private:
    Result<std::size_t> read_now(std::span<std::byte> buffer);

    async::Workers& workers_;
    Store store_;
    Pointer object_;
    FileDescriptor file_;
    hash::Digest digest_{hash::Algorithm::sha256};
    std::uint64_t at_ = 0;
};

/// Writes what arrives with status 200 into the store.
class ObjectSink final : public http::BodySink {
public:
    ObjectSink(async::Workers& workers, Store store, Pointer object)
        : workers_(workers), store_(std::move(store)), object_(std::move(object)) {}

    bool accept(const http::ResponseHead& head) override { return accepted_ = head.status == 200; }
    Awaitable<Result<void>> write(std::span<const std::byte> bytes) override;
    [[nodiscard]] bool accepted() const noexcept { return accepted_; }
    /// After the last byte: the object gets its name; content_mismatch when it is another one.
    Awaitable<Result<void>> keep();

private:
    Result<void> write_now(std::span<const std::byte> bytes);

    async::Workers& workers_;
    Store store_;
    Pointer object_;
    std::optional<Incoming> incoming_;
    bool accepted_ = false;
};

}  // namespace autobackup::lfs
