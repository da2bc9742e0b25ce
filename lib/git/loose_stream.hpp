// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>

#include "lib/git/pack_format.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::git {

/// Takes "blob 123\0" off the front of a loose object's content; nothing when it is not there.
std::optional<EntryHead> take_loose_header(std::span<const std::byte>& bytes);

/// Takes a loose object apart while it is unpacked: header, content to `take`, name.
class LooseStream {
public:
    LooseStream(const TakeBytes& take, std::optional<ObjectType> expected)
        : take_(take), expected_(expected) {}
    Result<void> operator()(std::span<const std::byte> bytes);
    /// The header was not one, or told another type than expected.
    [[nodiscard]] bool wrong() const noexcept { return wrong_; }
    [[nodiscard]] const EntryHead& head() const noexcept { return head_; }
    Oid name() { return hasher_.finish(); }

private:
    const TakeBytes& take_;
    std::optional<ObjectType> expected_;
    ObjectHasher hasher_{ObjectType::blob, 0};
    EntryHead head_;
    bool wrong_ = false;
};

}  // namespace autobackup::git
