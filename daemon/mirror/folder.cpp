// SPDX-License-Identifier: MIT
#include "daemon/mirror/folder.hpp"

#include "lib/core/file.hpp"

namespace autobackup::mirror {
namespace {

bool has_directory(const fs::path& path) {
    std::error_code ignored;
    return fs::is_directory(path, ignored);
}

}  // namespace

bool is_bare_repository(const fs::path& path) { return has_directory(path / "objects") && has_directory(path / "refs") && is_there(path / "HEAD"); }

bool was_bare_repository(const fs::path& path) {
    return is_bare_repository(path) || (has_directory(path / "objects/pack") && (has_directory(path / "refs") || is_there(path / "packed-refs")));
}

bool is_repository(const fs::path& path) { return is_bare_repository(path) || is_bare_repository(path / ".git"); }

}  // namespace autobackup::mirror
