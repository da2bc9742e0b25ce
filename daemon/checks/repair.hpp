// SPDX-License-Identifier: MIT
// Mending a damaged copy from a whole one: dated ZIPs from the vault, the vault from a clone of its target and from dated ZIPs. Synchronous;
// worker thread; the caller holds the job's lock.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/model/config.hpp"
#include "daemon/restore/verify.hpp"

namespace autobackup::checks {

/// Borrowed.
struct RepairOrder {
    const config::Config& config;
    const config::Job& job;
    std::filesystem::path clone;  ///< a repository that holds the whole history of a target, with its large files; empty: none
    std::stop_token stop;
};

/// One sentence for each copy.
struct Repaired {
    std::vector<std::string> mended;
    std::vector<std::string> left;  ///< and why
};

/// Mends the damaged ones of `copies`. Whatever is put in place was proved first: a ZIP has the digest that its manifest tells, or its manifest is
/// made anew from the vault's; of a pack every object is there and has its name. The damaged file is moved to <storage>/damaged/<job>/<UTC>/ and is
/// nobody's any more; it is never removed here.
Repaired repair(const RepairOrder& order, const std::vector<restore::Checked>& copies);

/// Where damaged files go, made when the first one comes.
class Aside {
public:
    Aside(const std::filesystem::path& storage, const std::string& job);
    /// Keeps its name below `group` ("packs", "project-12").
    Result<void> take(const std::filesystem::path& file, const std::string& group);
    /// The same, and the file stays where it is too: for what something whole is about to be put over, or what is removed right after.
    Result<void> keep(const std::filesystem::path& file, const std::string& group);
    /// Where; "" as long as nothing came.
    [[nodiscard]] std::string folder() const;

private:
    [[nodiscard]] Result<std::filesystem::path> place_for(const std::filesystem::path& file, const std::string& group) const;
    std::filesystem::path folder_;
};

/// The parts of repair(): packs and large files of the vault; dated ZIPs.
void repair_vault(const RepairOrder& order, const restore::Place& place, const restore::Checked& vault, Aside& aside, Repaired& repaired);
void repair_large(const RepairOrder& order, const restore::Place& place, const restore::Checked& vault, Aside& aside, Repaired& repaired);
void repair_dated(const RepairOrder& order, const restore::Place& place, const restore::Checked& copy, Aside& aside, Repaired& repaired);

}  // namespace autobackup::checks
