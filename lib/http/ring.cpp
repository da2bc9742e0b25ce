// SPDX-License-Identifier: MIT
#include "lib/http/ring.hpp"

#include <algorithm>

namespace autobackup::http {

std::span<std::byte> Ring::reserve(std::size_t least) noexcept {
    if (wrapped_) {
        const std::size_t free = begin_ - front_;
        return free >= least ? std::span(memory_.get() + front_, free) : std::span<std::byte>();
    }
    if (begin_ == end_) begin_ = end_ = 0;
    if (capacity_ - end_ >= least) return {memory_.get() + end_, capacity_ - end_};
    if (begin_ < least) return {};
    wrapped_ = true;
    return {memory_.get(), begin_};
}

void Ring::commit(std::size_t bytes) noexcept {
    (wrapped_ ? front_ : end_) += bytes;
}

std::span<const std::byte> Ring::filled(std::size_t most) const noexcept {
    return {memory_.get() + begin_, std::min(most, end_ - begin_)};
}

void Ring::release(std::size_t bytes) noexcept {
    begin_ += bytes;
    if (begin_ < end_ || !wrapped_) return;
    begin_ = 0;
    end_ = front_;
    front_ = 0;
    wrapped_ = false;
}

}  // namespace autobackup::http
