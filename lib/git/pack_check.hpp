// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "lib/core/stop.hpp"
#include "lib/git/object_reader.hpp"

namespace autobackup::git {

/// Looks at every byte of a pack and its index: their SHA-1s, the CRC-32 of each entry, and that each object
/// has its name. Private to lib/git.
class PackCheck {
public:
    /// In words, and which object it is about, if about one.
    using Problem = std::function<void(std::string, std::optional<Oid>)>;
    /// `reader` reads through a store that holds the packs; `problem` hears what is wrong. `stop` (may be
    /// empty) is asked between objects.
    PackCheck(ObjectReader& reader, Problem problem, StopAsked stop = {})
        : reader_(reader), problem_(std::move(problem)), stop_(std::move(stop)) {}
    /// Number of objects looked at.
    std::uint64_t check(PackFile& pack);

private:
    Result<void> check_bytes(PackFile& pack, int fd);
    [[nodiscard]] bool stopped() const { return stop_ && stop_(); }

    ObjectReader& reader_;
    Problem problem_;
    StopAsked stop_;
};

}  // namespace autobackup::git
