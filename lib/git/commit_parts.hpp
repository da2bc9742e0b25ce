// SPDX-License-Identifier: MIT
// A commit that is larger than a server takes at once (GitHub: 2 GB), cut by its blobs. Synchronous; worker thread.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/git/repository.hpp"

namespace autobackup::git {

/// A commit without parents whose tree names blobs of the large one: a ref that stands on it holds these on the other side.
struct CommitPart {
    Oid tip;
    std::vector<Oid> objects;  ///< the commit, its tree, the blobs
};

struct CommitParts {
    std::vector<CommitPart> ahead;  ///< to be sent before, in this order
    std::vector<Oid> rest;          ///< what is to be sent with the commit then
};

/// What a ref of a part stands on: a tree that names the blobs, and a commit of it without parents.
struct PartObjects {
    RawObject tree, commit;
};
PartObjects part_objects(const std::vector<Oid>& blobs, std::int64_t unix_seconds, const std::string& message);

/// `objects`: what the other side lacks of `commit` (its tip). No pack of a part is larger than `limit`, unless a single blob is; the rest is not
/// either, unless it is so without any blob of the commit's own tree. The same commit is cut into the same parts each time, so that an
/// interrupted push goes on. Trees and commits of the parts are written to the repository, where no ref names them.
Result<CommitParts> cut_commit(Repository& repository, const Oid& commit, std::vector<Oid> objects, std::uint64_t limit);

/// Bytes of a pack of these objects.
Result<std::uint64_t> pack_size(const Repository& repository, const std::vector<Oid>& objects);

}  // namespace autobackup::git
