// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/git/oid.hpp"

namespace autobackup::git {

inline constexpr std::uint32_t mode_file = 0100644;
inline constexpr std::uint32_t mode_tree = 0040000;

struct TreeEntry {
    std::string name;
    std::uint32_t mode = mode_file;
    Oid oid;
    friend bool operator==(const TreeEntry&, const TreeEntry&) = default;
};

/// An object that is still to be written; `oid` is its name.
struct RawObject {
    ObjectType type = ObjectType::tree;
    Oid oid;
    std::string content;
};

/// Canonical tree object of `entries` (any order; sorted as git does, a directory as if its name ended in
/// '/'). Precondition: unique names without '/' and NUL.
RawObject make_tree(std::vector<TreeEntry> entries);

/// A directory tree under construction: paths with '/' to blobs, or whole existing subtrees.
class Folder {
public:
    /// The last one of a path wins. A path that is a file and also a prefix of another is resolved in favour
    /// of the directory; the names so dropped are returned by collisions().
    void add_file(std::string_view path, const Oid& blob, std::uint32_t mode = mode_file);
    /// Puts an existing tree object at `path`.
    void add_tree(std::string_view path, const Oid& tree);
    [[nodiscard]] bool empty() const noexcept { return entries_.empty() && folders_.empty(); }
    [[nodiscard]] const std::vector<std::string>& collisions() const noexcept { return collisions_; }
    /// Appends the tree objects, children first, and returns the root's name.
    Oid build(std::vector<RawObject>& objects) const;

private:
    Folder& folder_for(std::string_view& path);
    std::map<std::string, TreeEntry, std::less<>> entries_;
    std::map<std::string, Folder, std::less<>> folders_;
    std::vector<std::string> collisions_;
};

struct Signature {
    std::string name;
    std::string email;
    std::int64_t unix_seconds = 0;  ///< written with offset +0000
};

/// A commit object. `<`, `>` and line ends in names are dropped as git does.
RawObject make_commit(const Oid& tree, const std::vector<Oid>& parents, const Signature& author,
                      std::string_view message);

struct Commit {
    Oid tree;
    std::vector<Oid> parents;
    std::string author_line;  ///< "A U Thor <a@b> 1700000000 +0000"
    std::string committer_line;
    std::string message;
    std::int64_t unix_seconds = 0;  ///< committer time
};

}  // namespace autobackup::git
