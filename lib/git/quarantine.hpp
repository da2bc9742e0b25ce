// SPDX-License-Identifier: MIT
// Packs under construction that become visible in one step. Private to lib/git.
#pragma once

#include <string>

#include "lib/core/file.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::git {

/// A directory beside objects/pack, removed with all that is in it; locked, so that others can tell that its
/// maker lives.
class Quarantine {
public:
    static Result<Quarantine> create(const fs::path& objects);
    Quarantine(Quarantine&& other) noexcept;
    Quarantine& operator=(Quarantine&&) = delete;
    ~Quarantine();
    [[nodiscard]] const fs::path& path() const noexcept { return path_; }

private:
    explicit Quarantine(fs::path path);
    fs::path path_;
    FileDescriptor held_;
};

/// Brings pack and index `name` of `from` to the disk and gives them their names in `to`: first .promisor
/// (made when asked for), then the pack, the index last, since it is the index that makes a pack seen.
/// Durable when it returns.
Result<void> move_pack(const fs::path& from, const fs::path& to, const std::string& name, bool promisor);

}  // namespace autobackup::git
