// SPDX-License-Identifier: MIT
// The index of a work tree as a file (gitformat-index(5), version 2). Pure.
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "lib/git/oid.hpp"

namespace autobackup::git {

struct IndexFileEntry {
    std::string path;  ///< below the work tree, parts joined by '/'
    std::uint32_t mode = 0;  ///< 100644, 100755, 120000 or 160000 (octal)
    Oid oid;
    struct stat status {};   ///< of the file as it lies there: git takes it for unchanged as long as it looks so
};

/// The bytes of .git/index. Sorts the entries by path, as git does.
std::string index_file_text(std::vector<IndexFileEntry> entries);

}  // namespace autobackup::git
