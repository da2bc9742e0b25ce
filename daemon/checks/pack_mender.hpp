// SPDX-License-Identifier: MIT
// One damaged pack: what of it is good, and a whole one in its place. Private to daemon/checks. Synchronous; worker thread.
#pragma once

#include <filesystem>
#include <stop_token>
#include <vector>

#include "daemon/checks/repair.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::checks {

using Oids = git::OidSet;

/// A directory for work, emptied before, gone afterwards.
class Workshop {
public:
    explicit Workshop(std::filesystem::path path);
    Workshop(const Workshop&) = delete;
    Workshop& operator=(const Workshop&) = delete;
    ~Workshop();
    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

/// What mending is bound to.
struct Bounds {
    std::stop_token stop;
    std::uint64_t reserve = 0;  ///< bytes of the disk that stay free (limits.reserve)
};

/// Writes a pack of these objects of `from` and takes it into `into`, which hashes each; `via` is where the pack lies meanwhile. Errc::reserve: there is no
/// room for both.
Result<void> take_objects(const std::filesystem::path& from, const std::vector<git::Oid>& oids, git::Repository& into, const std::filesystem::path& via,
                          const Bounds& bounds);

class PackMender {
public:
    /// `workshop`: on the file system of the pack.
    PackMender(std::filesystem::path pack, std::filesystem::path workshop, Bounds bounds);

    /// True: every object of it is what its name says.
    Result<bool> whole();
    /// Only the index is damaged when the pack can be indexed anew; only its frame, when it can with the head and the trailer that the index tells. A
    /// whole pack is in mended() then. repository_invalid: there is more damage; reserve: there is no room for two copies of it; cancelled.
    Result<void> index_anew();
    /// The objects that its index names: those that are whole in it, and the others.
    struct Parts {
        std::vector<git::Oid> good;
        Oids bad;
    };
    Result<Parts> parts() const;
    /// Takes the good ones into `into`.
    Result<void> take_good(const Parts& parts, git::Repository& into) const;
    /// A whole repository's packs in place of this one: what is new first, each file under its final name at once; this one goes when everything is there,
    /// and is kept by `aside`.
    Result<void> put_in_place(Aside& aside);
    Result<void> prove(const git::Repository& mended) const;

    [[nodiscard]] const std::filesystem::path& pack() const { return pack_; }
    [[nodiscard]] std::filesystem::path mended() const { return workshop_ / "mended.git"; }
    [[nodiscard]] bool promisor() const;

private:
    Result<void> index_once(bool frame);

    std::filesystem::path pack_;
    Workshop workshop_;
    Bounds bounds_;
    Oids bad_;
};

/// Gives the files of whole packs in `from` (a directory objects/pack) the names that they have there in `to`: each pack before its index, marked .promisor
/// when `promisor`. What is damaged and has the same name goes to `aside` before.
Result<void> give_packs(const std::filesystem::path& from, const std::filesystem::path& to, const std::vector<std::string>& names, bool promisor, Aside& aside);
/// Removes a pack, its index first; `aside` keeps it.
Result<void> retire_pack(const std::filesystem::path& pack, Aside& aside);

}  // namespace autobackup::checks
