// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>

#include "lib/hash/digest.hpp"

namespace autobackup::git {

/// A SHA-1 object name.
struct Oid {
    std::array<unsigned char, 20> bytes{};
    [[nodiscard]] std::string hex() const;        ///< 40 lower-case digits
    [[nodiscard]] std::string short_hex() const;  ///< the first 8
    [[nodiscard]] bool is_zero() const noexcept;
    static std::optional<Oid> parse(std::string_view hex40);  ///< nothing unless exactly 40 hex digits
    friend auto operator<=>(const Oid&, const Oid&) = default;
};

struct OidHash {
    std::size_t operator()(const Oid& oid) const noexcept {
        std::size_t value = 0;
        std::memcpy(&value, oid.bytes.data(), sizeof value);
        return value;
    }
};
using OidSet = std::unordered_set<Oid, OidHash>;

enum class ObjectType : unsigned char { commit = 1, tree = 2, blob = 3, tag = 4 };

/// Name of an object of that type and content: SHA-1 of "<type> <size>\0" + content.
Oid hash_object(ObjectType type, std::string_view content);

/// The name of an object whose content comes in pieces. Its size must be known before, since it stands in
/// front of the content.
class ObjectHasher {
public:
    ObjectHasher(ObjectType type, std::uint64_t size);
    void update(std::span<const std::byte> bytes) { digest_.update(bytes); }
    /// The name, provided that exactly `size` bytes were given. The hasher is spent; use restart() for the
    /// next object.
    Oid finish();
    /// Begins another object (cheaper than a new hasher).
    void restart(ObjectType type, std::uint64_t size);

private:
    hash::Digest digest_;
};

/// The same for a blob, e.g. a member of a ZIP file while it is unpacked.
class BlobHasher : public ObjectHasher {
public:
    explicit BlobHasher(std::uint64_t size) : ObjectHasher(ObjectType::blob, size) {}
};

}  // namespace autobackup::git
