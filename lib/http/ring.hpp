// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace autobackup::http {

/// A bounded buffer between one who writes and one who reads, whose free and filled parts are contiguous
/// memory, so that a socket can read straight into it. Not thread-safe: both sides are coroutines of one
/// loop. Pure.
class Ring {
public:
    explicit Ring(std::size_t capacity) : memory_(new std::byte[capacity]), capacity_(capacity) {}

    /// A free piece of at least `least` bytes, or an empty span: wait until something was released. The piece
    /// stays valid while it is written to, whatever is released meanwhile; it is given back by commit().
    std::span<std::byte> reserve(std::size_t least) noexcept;
    /// The first `bytes` bytes of the reserved piece are filled.
    void commit(std::size_t bytes) noexcept;
    /// The oldest filled bytes that lie together, at most `most`; empty when there is nothing.
    [[nodiscard]] std::span<const std::byte> filled(std::size_t most) const noexcept;
    /// The oldest `bytes` bytes of filled() are done with.
    void release(std::size_t bytes) noexcept;
    [[nodiscard]] bool empty() const noexcept { return begin_ == end_ && front_ == 0; }

private:
    // Filled are [begin_, end_) and, written after those, [0, front_). While `wrapped_`, writing goes on at
    // front_; when the older part is released, the front part takes its place, and a piece reserved at front_
    // is then the one at end_.
    std::unique_ptr<std::byte[]> memory_;
    std::size_t capacity_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t front_ = 0;
    bool wrapped_ = false;
};

}  // namespace autobackup::http
