// SPDX-License-Identifier: MIT
// Making, opening and closing a repository.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/core/text.hpp"
#include "lib/git/ref_lock.hpp"
#include "lib/git/repository_impl.hpp"

namespace autobackup::git {

namespace {

constexpr std::chrono::hours orphan_age{1};

constexpr std::string_view config_text =
    "[core]\n"
    "\trepositoryformatversion = 0\n"
    "\tfilemode = true\n"
    "\tbare = true\n"
    "\tlogAllRefUpdates = true\n"
    // Nobody else repacks here: packs are read and pushed as they were written, and a git command that a user runs must not start
    // a clean-up in the background that races with a backup.
    "[gc]\n"
    "\tauto = 0\n";

Failure invalid(const fs::path& path, std::string what) {
    return fail(Errc::repository_invalid, "open", path.string(), std::move(what));
}

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
    const Result<void> config = write_synced(path / "config", config_text);
    if (!config) return config;
    return sync_directory(path);
}

/// In a directory beside `path` that is renamed: there is never half a repository under the name.
Result<void> make_repository(const fs::path& path, const std::string& branch) {
    if (!is_safe_ref_name("refs/heads/" + branch)) {
        return fail(Errc::config_invalid, "make", path.string(), "\"" + one_line(branch) + "\" is not the name of a branch");
    }
    const fs::path parent = path.parent_path();
    const Result<void> parent_made = make_directories(parent);
    if (!parent_made) return parent_made;
    const std::string prefix = "." + path.filename().string() + ".new-";
    remove_abandoned(parent, prefix, /*ours=*/true);
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

/// A pack whose index was never put into place, and an index without its pack: nobody can use them.
void remove_orphans(const fs::path& packs) {
    std::error_code error;
    for (fs::directory_iterator entry(packs, error), end; !error && entry != end; entry.increment(error)) {
        const fs::path& path = entry->path();
        if (!path.filename().native().starts_with("pack-") || path.extension() != ".pack") continue;
        std::error_code ignored;
        if (fs::exists(fs::path(path).replace_extension(".idx"), ignored)) continue;
        // Ours is locked while it is being published; git's index-pack puts the index beside it within moments.
        const FileDescriptor held = lock_abandoned(path);
        if (held.is_open() && is_older_than(path, orphan_age)) remove_quietly(path);
    }
}

void tidy_up(const fs::path& path) {
    const fs::path objects = path / "objects";
    remove_abandoned(objects / "pack", "tmp_pack_autobackup_", /*ours=*/true);
    remove_abandoned(objects / "pack", "tmp_idx_autobackup_", /*ours=*/true);
    remove_abandoned(objects, "tmp_objdir-autobackup-", /*ours=*/true);
    for (const char* foreign : {"tmp_pack_", "tmp_idx_", "pack_git2_"}) remove_abandoned(objects / "pack", foreign, /*ours=*/false);
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

Result<void> Repository::Impl::read_settings() {
    ConfigHandle config;
    const int rc = git_repository_config(out(config), repository.get());
    if (rc < 0) return git_failure(rc, "read the configuration of", path.string());
    // All entries, since looking for some by a regular expression leaks 20 KiB a time (libgit2 1.5.1 with PCRE2).
    git_config_iterator* raw = nullptr;
    const int listed = git_config_iterator_new(&raw, config.get());
    const std::unique_ptr<git_config_iterator, Freer<&git_config_iterator_free>> entries(raw);
    if (listed < 0) return git_failure(listed, "read the configuration of", path.string());
    partial = false;
    git_config_entry* entry = nullptr;
    while (git_config_next(&entry, entries.get()) == 0) {
        const std::string_view name = entry->name;
        if (!name.starts_with("remote.") || !name.ends_with(".promisor")) continue;
        int promised = 0;
        if (git_config_parse_bool(&promised, entry->value) == 0 && promised != 0) partial = true;
    }
    shallow.clear();
    std::error_code ignored;
    if (!fs::exists(path / "shallow", ignored)) return {};
    const Result<std::string> text = read_file(path / "shallow");
    if (!text) return text.error();
    for (const std::string_view line : split(*text, '\n')) {
        if (const std::optional<Oid> oid = Oid::parse(trim(line))) shallow.push_back(*oid);
    }
    std::sort(shallow.begin(), shallow.end());
    return {};
}

Result<std::unique_ptr<Repository::Impl>> open_impl(const fs::path& path) {
    initialise_library();
    auto impl = std::make_unique<Repository::Impl>(path);
    std::error_code error;
    if (!fs::is_directory(path, error)) return invalid(path, "there is no directory of this name");
    const unsigned flags = GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_NO_DOTGIT;
    const int opened = git_repository_open_ext(out(impl->repository), path.c_str(), flags, nullptr);
    if (opened < 0) {
        Failure failure = git_failure(opened, "open", path.string());
        if (failure.code == Errc::not_found) failure.code = Errc::repository_invalid;
        return failure;
    }
    if (git_repository_is_bare(impl->repository.get()) != 1) return invalid(path, "it is a git repository, but not a bare one");
    if (fs::exists(path / "objects/info/alternates", error)) {
        return invalid(path, "it borrows objects from another repository (objects/info/alternates); git repack -a makes it whole");
    }
    const Result<void> settings = impl->read_settings();
    if (!settings) return settings.error();
    const Result<std::optional<Oid>> head = impl->ref_store.resolve("HEAD");
    if (!head) return head.error();
    impl->packs.refresh();
    return impl;
}

Result<Repository> Repository::open_or_init(const fs::path& path, const std::string& branch) {
    initialise_library();
    const fs::path whole = fs::absolute(path).lexically_normal();
    if (is_missing_or_empty(whole)) {
        const Result<void> made = make_repository(whole, branch);
        if (!made) return made.error();
    } else {
        tidy_up(whole);
    }
    return open(whole);
}

Result<Repository> Repository::open(const fs::path& path) {
    fs::path whole = fs::absolute(path).lexically_normal();
    if (!whole.has_filename()) whole = whole.parent_path();
    Result<std::unique_ptr<Impl>> impl = open_impl(whole);
    if (!impl) return impl.error();
    return Repository(std::move(*impl));
}

Repository::Repository(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;
Repository::~Repository() = default;

const fs::path& Repository::path() const noexcept { return impl_->path; }

bool Repository::partial() const { return impl_->partial; }

}  // namespace autobackup::git
