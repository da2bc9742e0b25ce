// SPDX-License-Identifier: MIT
#include "lib/git/delta.hpp"

namespace autobackup::git {

namespace {

std::optional<unsigned> take_byte(std::string_view& text) noexcept {
    if (text.empty()) return std::nullopt;
    const auto byte = static_cast<unsigned char>(text.front());
    text.remove_prefix(1);
    return byte;
}

std::optional<std::uint64_t> take_size(std::string_view& text) noexcept {
    std::uint64_t size = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
        const std::optional<unsigned> byte = take_byte(text);
        if (!byte) return std::nullopt;
        size |= static_cast<std::uint64_t>(*byte & 0x7f) << shift;
        if ((*byte & 0x80) == 0) return size;
    }
    return std::nullopt;
}

/// The bytes of a number whose bits in `present` are set, lowest first.
std::optional<std::uint64_t> take_sparse(std::string_view& text, unsigned present) noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0; present != 0; present >>= 1, shift += 8) {
        if ((present & 1) == 0) continue;
        const std::optional<unsigned> byte = take_byte(text);
        if (!byte) return std::nullopt;
        value |= std::uint64_t{*byte} << shift;
    }
    return value;
}

}  // namespace

std::optional<DeltaSizes> take_delta_sizes(std::string_view& delta) noexcept {
    const std::optional<std::uint64_t> base = take_size(delta);
    const std::optional<std::uint64_t> result = base ? take_size(delta) : std::nullopt;
    if (!result) return std::nullopt;
    DeltaSizes sizes;
    sizes.base = *base;
    sizes.result = *result;
    return sizes;
}

std::optional<std::string> apply_delta(std::string_view base, std::string_view delta) {
    const std::optional<DeltaSizes> sizes = take_delta_sizes(delta);
    if (!sizes || sizes->base != base.size()) return std::nullopt;
    std::string result;
    // A copy of at most 16 MiB takes a byte of delta at least.
    if (sizes->result / (std::uint64_t{1} << 24) <= delta.size()) result.reserve(sizes->result);
    while (!delta.empty()) {
        const unsigned order = *take_byte(delta);
        if (order == 0) return std::nullopt;
        if ((order & 0x80) == 0) {
            if (delta.size() < order) return std::nullopt;
            result += delta.substr(0, order);
            delta.remove_prefix(order);
        } else {
            const std::optional<std::uint64_t> offset = take_sparse(delta, order & 0x0f);
            std::optional<std::uint64_t> size = offset ? take_sparse(delta, order >> 4 & 7) : std::nullopt;
            if (!size) return std::nullopt;
            if (*size == 0) size = 0x1'0000;
            if (*offset > base.size() || *size > base.size() - *offset) return std::nullopt;
            result += base.substr(*offset, *size);
        }
        if (result.size() > sizes->result) return std::nullopt;
    }
    if (result.size() != sizes->result) return std::nullopt;
    return result;
}

std::optional<BaseCache::Base> BaseCache::find(const Key& key) const {
    const auto found = bases_.find(key);
    if (found == bases_.end()) return std::nullopt;
    return found->second;
}

void BaseCache::keep(const Key& key, const Base& base) {
    const std::size_t size = base.content->size();
    if (size > limit_ / 8 || !bases_.emplace(key, base).second) return;
    bytes_ += size;
    oldest_first_.push_back(key);
    while (bytes_ > limit_) {
        const auto oldest = bases_.find(oldest_first_.front());
        bytes_ -= oldest->second.content->size();
        bases_.erase(oldest);
        oldest_first_.pop_front();
    }
}

void BaseCache::clear() noexcept {
    bases_.clear();
    oldest_first_.clear();
    bytes_ = 0;
}

}  // namespace autobackup::git
