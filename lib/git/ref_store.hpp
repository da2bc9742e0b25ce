// SPDX-License-Identifier: MIT
// The refs of a repository as files: loose ones, packed-refs, their locks and logs (gitrepository-layout(5)).
// Private to lib/git. Own code rather than libgit2's: a lock left behind by a killed process is recognised
// and removed, modes do not depend on the umask, and a damaged ref is an error rather than a ref that is not
// listed.
#pragma once

#include <sys/stat.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/file.hpp"
#include "lib/git/oid.hpp"
#include "lib/git/packed_refs.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::git {

/// What refs of a folder stand for; nothing for a symbolic one whose end is not there.
using LooseRefs = std::map<std::string, std::optional<Oid>, std::less<>>;

/// What a loose ref file holds.
struct RefValue {
    Oid oid;
    std::string symbolic;  ///< name of the ref that it stands for; empty for an object
};

/// Removes the directories above `file` that became empty, but not those directly below `stop` ("refs" or "logs/refs").
void remove_empty_parents(const fs::path& file, const fs::path& stop);

/// Name of a ref that cannot be beside `name`: "refs/a" and "refs/a/b" cannot both be, one would be the directory of the other. Empty: there
/// is none among `names`, which tell whether they have one, and the first that begins so (empty: none).
template <class Names>
std::string name_in_the_way(const std::string& name, const Names& names) {
    const std::string_view below = names.first_below(name + "/");
    if (!below.empty()) return std::string(below);
    for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
        const std::string above = name.substr(0, slash);
        if (names.contains(above)) return above;
    }
    return {};
}

/// Only the letters and forms of git-check-ref-format(1), below refs/.
bool is_safe_ref_name(const std::string& name);

class RefStore {
public:
    explicit RefStore(fs::path repository) : root_(std::move(repository)) {}

    /// Follows symbolic refs; nothing when there is no such ref (or HEAD's branch is not born).
    Result<std::optional<Oid>> resolve(const std::string& name) const;
    Result<std::vector<std::pair<std::string, Oid>>> list(const std::string& prefix) const;
    Result<void> set(const RefChange& change, const std::string& message);
    Result<void> set_many(const std::vector<RefChange>& changes, const std::string& message, const PeelTag& peel);
    Result<void> remove(const std::string& name);
    Result<void> replace(const std::vector<RefChange>& changes, const PeelTag& peel);
    Result<void> set_head(const std::string& branch);
    Result<void> detach_head(const Oid& commit);
    Result<std::optional<std::string>> head_target() const;

private:
    [[nodiscard]] fs::path file_of(const std::string& name) const { return root_ / name; }
    /// Nothing when there is no such file.
    Result<std::optional<RefValue>> read_loose(const std::string& name) const;
    Result<const PackedRefs*> packed() const;
    /// What packed-refs says of one ref: of the rows that were read, or else by a look at a few of them.
    Result<std::optional<Oid>> find_packed(const std::string& name) const;
    Result<void> list_loose(const std::string& folder, LooseRefs& refs) const;
    Result<void> check_expected(const RefChange& change) const;
    /// Whether the refs can stand beside each other after `changes`.
    Result<void> check_final(const std::vector<RefChange>& changes) const;
    Result<void> check_room(const std::string& name, const PackedRefs& packed) const;
    Result<void> set_packed(const std::vector<RefChange>& changes, const PeelTag& peel);
    Result<void> remove_packed(const std::string& name);
    Result<void> append_log(const std::string& name, const Oid& before, const Oid& after,
                            const std::string& message) const;

    fs::path root_;
    mutable PackedRefs packed_;
    mutable struct stat packed_status_ {};  ///< of the file that packed_ was read from
};

}  // namespace autobackup::git
