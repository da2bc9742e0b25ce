// SPDX-License-Identifier: MIT
// Making a repository, and tidying up in one.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "lib/core/text.hpp"
#include "lib/git/ref_lock.hpp"
#include "lib/git/ref_store.hpp"
#include "lib/git/repository_impl.hpp"
#include "lib/git/temporary.hpp"

namespace autobackup::git {

namespace {

constexpr std::chrono::hours orphan_age{1}, foreign_age{24};

Result<void> write_synced(const fs::path& path, std::string_view text) {
    const Result<FileDescriptor> file = open_file(path, O_WRONLY | O_CREAT | O_EXCL);
    if (!file) return file.error();
    if (::fchmod(file->get(), 0640) != 0) return fail_errno(errno, "chmod", path.string());
    const Result<void> written = write_all(file->get(), text, path);
    if (!written) return written;
    return sync_file(file->get(), path);
}

Result<void> fill_new_repository(const fs::path& path, const std::string& branch) {
    if (::chmod(path.c_str(), 0750) != 0) return fail_errno(errno, "chmod", path.string());
    for (const char* folder : {"objects/info", "objects/pack", "refs/heads", "refs/tags", "info"}) {
        const Result<void> made = make_directories_durably(path / folder);
        if (!made) return made;
    }
    const Result<void> head = write_synced(path / "HEAD", "ref: refs/heads/" + branch + "\n");
    if (!head) return head;
    const Result<void> config = write_synced(path / "config", new_repository_config);
    if (!config) return config;
    return sync_directory(path);
}

/// In a directory beside `path` that is renamed: there is never half a repository under the name.
Result<void> make_repository(const fs::path& path, const std::string& branch) {
    if (!is_safe_ref_name(branch_ref(branch))) {
        return fail(Errc::config_invalid, "make", path.string(),
                    "\"" + one_line(branch) + "\" is not the name of a branch");
    }
    const fs::path parent = path.parent_path();
    const Result<void> parent_made = make_directories(parent);
    if (!parent_made) return parent_made;
    const std::string prefix = "." + path.filename().string() + ".new-";
    remove_abandoned(parent, prefix, std::chrono::seconds(0));
    std::string temporary = (parent / (prefix + "XXXXXX")).string();
    if (::mkdtemp(temporary.data()) == nullptr) return fail_errno(errno, "make directory", temporary);
    const FileDescriptor held = lock_abandoned(temporary);  // ours: tells others that its maker lives
    Result<void> made = fill_new_repository(temporary, branch);
    if (made) made = rename_durably(temporary, path);
    if (made) return made;
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    // Another process was quicker; what it made is looked at by the caller.
    if (fs::exists(path / "HEAD", ignored)) return {};
    return made;
}

/// A pack whose index was never put into place or went first, and what lies beside a pack that went: nobody can
/// use them.
void remove_orphans(const fs::path& packs) {
    constexpr std::array extensions{".pack", ".promisor", ".rev", ".bitmap"};
    std::error_code error;
    for (fs::directory_iterator entry(packs, error), end; !error && entry != end; entry.increment(error)) {
        const fs::path& path = entry->path();
        const bool ours = std::find(extensions.begin(), extensions.end(), path.extension()) != extensions.end();
        if (!path.filename().native().starts_with("pack-") || !ours) continue;
        std::error_code ignored;
        if (fs::exists(fs::path(path).replace_extension(".idx"), ignored)) continue;
        // Ours is locked while it is being published; git's index-pack puts the index beside it within
        // moments.
        const FileDescriptor held = lock_abandoned(path);
        if (held.is_open() && is_older_than(path, orphan_age)) remove_quietly(path);
    }
}

void tidy_up(const fs::path& path) {
    const fs::path objects = path / "objects";
    remove_abandoned(objects / "pack", new_pack_prefix, std::chrono::seconds(0));
    remove_abandoned(objects / "pack", new_index_prefix, std::chrono::seconds(0));
    remove_abandoned(objects, "tmp_objdir-autobackup-", std::chrono::seconds(0));
    for (const char* foreign : {"tmp_pack_", "tmp_idx_", "pack_git2_"})
        remove_abandoned(objects / "pack", foreign, foreign_age);
    remove_abandoned(objects / "pack", growing_prefix, growing_age);
    remove_orphans(objects / "pack");
    RefLock::remove_leftovers(path);
}

bool is_missing_or_empty(const fs::path& path) {
    std::error_code error;
    const fs::file_status status = fs::symlink_status(path, error);
    if (status.type() == fs::file_type::not_found) return true;
    return status.type() == fs::file_type::directory && fs::is_empty(path, error) && !error;
}

}  // namespace

Result<Repository> Repository::open_or_init(const fs::path& path, const std::string& branch) {
    const fs::path whole = fs::absolute(path).lexically_normal();
    if (is_missing_or_empty(whole)) {
        const Result<void> made = make_repository(whole, branch);
        if (!made) return made.error();
    }
    Result<Repository> opened = open(whole);
    if (opened) tidy_up(opened->path());
    return opened;
}

}  // namespace autobackup::git
