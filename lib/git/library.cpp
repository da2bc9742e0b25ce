// SPDX-License-Identifier: MIT
#include <cerrno>
#include <mutex>
#include <string_view>

#include "lib/git/handle.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::git {

namespace {

void set_options() {
    git_libgit2_init();
    // The files of whoever runs us must not change how a backup is read or written.
    for (const git_config_level_t level : {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
                                           GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL}) {
        git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    }
    // Packs are read through mapped windows; the defaults (1 GiB each, 8 GiB together) let a big pack fill
    // MemoryMax.
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, std::size_t{16} << 20);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, std::size_t{256} << 20);
    git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, static_cast<ssize_t>(32) << 20);
}

bool names_errno(std::string_view text, int error) {
    return text.find(std::strerror(error)) != std::string_view::npos;
}

Errc code_of(int rc, std::string_view text) {
    // libgit2 keeps errno only as words at the end of its message.
    if (names_errno(text, ENOSPC) || names_errno(text, EDQUOT) || names_errno(text, EFBIG))
        return Errc::disk_full;
    if (rc == GIT_ENOTFOUND) return Errc::not_found;
    const git_error* error = git_error_last();
    if (error != nullptr && error->klass == GIT_ERROR_OS) return Errc::io_error;
    return Errc::repository_invalid;
}

}  // namespace

void initialise_library() {
    static std::once_flag once;
    std::call_once(once, set_options);
}

std::string library_version() {
    int major = 0;
    int minor = 0;
    int revision = 0;
    git_libgit2_version(&major, &minor, &revision);
    return "libgit2 " + std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(revision);
}

Failure git_failure(int rc, std::string operation, std::string object) {
    const git_error* error = git_error_last();
    std::string text =
        error != nullptr && error->message != nullptr ? error->message : "error " + std::to_string(rc);
    const Errc code = code_of(rc, text);
    return fail(code, std::move(operation), std::move(object), std::move(text));
}

}  // namespace autobackup::git
