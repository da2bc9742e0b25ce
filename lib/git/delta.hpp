// SPDX-License-Identifier: MIT
// Deltas of pack entries (gitformat-pack(5), "Deltified representation"), and the contents they are applied
// to. Private to lib/git.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace autobackup::git {

/// Sizes of the base and of the result, as the delta itself tells them; takes them off its front.
struct DeltaSizes {
    std::uint64_t base = 0;
    std::uint64_t result = 0;
};
std::optional<DeltaSizes> take_delta_sizes(std::string_view& delta) noexcept;

/// What the delta makes of `base`; nothing when it is damaged or meant for another base. No more memory is
/// taken than the delta can really fill.
std::optional<std::string> apply_delta(std::string_view base, std::string_view delta);

/// Contents that deltas were lately applied to, by pack and offset: the entries of a chain mostly follow one
/// another.
class BaseCache {
public:
    using Content = std::shared_ptr<const std::string>;
    using Key = std::pair<const void*, std::uint64_t>;
    struct Base {
        unsigned type = 0;
        Content content;
    };

    explicit BaseCache(std::size_t limit = std::size_t{32} << 20) : limit_(limit) {}
    [[nodiscard]] std::optional<Base> find(const Key& key) const;
    /// Keeps it for a while; the oldest ones make room. Big contents are not kept at all.
    void keep(const Key& key, const Base& base);
    void clear() noexcept;

private:
    struct Hash {
        std::size_t operator()(const Key& key) const noexcept {
            return std::hash<const void*>()(key.first) ^ (key.second * 0x9e37'79b9'7f4a'7c15U);
        }
    };
    std::size_t limit_;
    std::size_t bytes_ = 0;
    std::unordered_map<Key, Base, Hash> bases_;
    std::list<Key> oldest_first_;
};

}  // namespace autobackup::git
