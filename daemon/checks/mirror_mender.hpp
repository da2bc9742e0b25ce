// SPDX-License-Identifier: MIT
// A damaged mirror beside a whole one that is put together from what is good in it and from what others give; joined when nothing is missing.
// Synchronous; worker thread; the caller holds the job's lock.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/checks/pack_mender.hpp"
#include "daemon/checks/ref_mender.hpp"

namespace autobackup::checks {

/// A repository that was fetched anew, or unpacked, to take objects and refs from.
struct Supply {
    std::string words;                 ///< "its source", "the copy at …", "the bundle …"
    std::filesystem::path repository;  ///< bare, whole
    KnownRefs known;                   ///< of what it has
    std::string head;                  ///< "ref: refs/heads/main"; empty: it does not tell
    bool is_source = false;            ///< the mirror's own refs follow its
};

class MirrorMender {
public:
    /// `url`: of the source, for a configuration that has to be written anew; may be empty.
    MirrorMender(std::filesystem::path mirror, std::string url, Bounds bounds);

    /// Where work is done: below the mirror's own directory.
    static std::filesystem::path workshop_of(const std::filesystem::path& mirror);
    /// Where a supply can be put.
    [[nodiscard]] std::filesystem::path room_for(const std::string& name) const { return workshop_ / name; }

    /// Looks at every file, and puts together what is good.
    Result<void> begin();
    /// Nobody else needs to be asked: every ref is known, and everything that refs need is there.
    [[nodiscard]] bool has_all() const { return missing_.empty() && knows_refs() && !refs_.head.empty(); }
    /// The same, and every pack was looked into: all of it can be mended.
    [[nodiscard]] bool complete() const { return has_all() && no_room_.empty(); }
    /// Where refs stood that cannot be read any more, by what was noted of them.
    Result<void> know(const KnownRefs& noted);
    /// Takes what is missing, as far as it is there.
    Result<void> take_from(const Supply& supply);
    /// Gives the mirror what it lacked, then puts damaged files aside: only where everything that they held and that can be read, and everything that refs
    /// need, is elsewhere in the mirror. What was done, in words; without complete() what could be had is given, and nothing is put aside.
    Result<std::vector<std::string>> join(Aside& aside);
    /// What could not be mended, ref by ref.
    std::vector<std::string> left();

private:
    Result<void> leave_for_want_of_room(const Failure& why);
    Result<void> look_at_pack(const std::filesystem::path& pack);
    Result<void> link_pack(const std::filesystem::path& pack);
    Result<void> link_loose();
    Result<void> write_refs();
    Result<void> find_missing();
    static void name_broken(const git::Repository& whole, std::vector<std::string>& lines);
    void mend_refs_here();
    void mend_refs_from(const KnownRefs& known);
    KnownRefs with_pulls(const Supply& supply);
    [[nodiscard]] bool knows_refs() const { return refs_.bad.empty() && refs_.nameless.empty(); }
    Result<void> give_new_packs(Aside& aside, std::vector<std::string>& done);
    Result<void> retire_damaged(Aside& aside, std::vector<std::string>& done);
    Result<void> mend_files(Aside& aside, std::vector<std::string>& done);
    Result<void> mend_config(Aside& aside, std::vector<std::string>& done);

    std::filesystem::path mirror_;
    std::string url_;
    Bounds bounds_;
    Workshop workshop_;
    std::filesystem::path whole_;  ///< the repository that is put together
    SalvagedRefs refs_;
    RefMap mended_refs_;
    bool head_mended_ = false;
    bool index_mended_ = false;
    std::set<std::string> linked_;  ///< names of packs of the mirror that are sound
    std::vector<std::filesystem::path> damaged_packs_;
    std::vector<std::filesystem::path> damaged_loose_;
    Oids bad_;      ///< objects of damaged files that are not whole there
    Oids missing_;  ///< what refs need and nobody gave yet
    std::set<std::string> givers_;
    std::optional<RefMap> pulls_;       ///< of the source, once it was asked
    std::vector<std::string> no_room_;  ///< packs that were not looked into, and why
};

}  // namespace autobackup::checks
