// SPDX-License-Identifier: MIT
// Undoing deflate (RFC 1951): in one go by libdeflate when both ends fit into memory, piece by piece by zlib
// otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "lib/core/failure.hpp"
#include "lib/zip/format.hpp"

namespace autobackup::zip {

/// Takes uncompressed bytes in order; a Failure stops the work.
using Take = std::function<Result<void>(Bytes)>;

/// One at a time, on one thread; used again for the next member. Memory: 1 MiB + 48 KiB, allocated when first
/// needed.
class Inflater {
public:
    /// Largest result that whole() gives.
    static constexpr std::size_t whole_limit = std::size_t{1} << 20;

    Inflater();
    ~Inflater();
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    /// All of a member whose size is at most whole_limit. nullopt: not deflated data, or not of exactly these
    /// lengths.
    std::optional<Bytes> whole(Bytes compressed, std::size_t size);

    /// Begins a member of any size.
    void begin();
    /// Takes a piece of compressed data; `bad` is set when it is not deflated data or goes on after its end.
    Result<void> feed(Bytes compressed, const Take& take, bool& bad);
    /// Whether the compressed data came to its end.
    [[nodiscard]] bool ended() const noexcept { return ended_; }

private:
    struct State;
    std::unique_ptr<State> state_;
    bool ended_ = false;
};

}  // namespace autobackup::zip
