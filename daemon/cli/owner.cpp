// SPDX-License-Identifier: MIT
#include "daemon/cli/owner.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace autobackup::cli {
namespace {

// What the system says of its owner; nothing for what does not belong to another user.
bool belongs_to_another(const std::filesystem::path& storage, struct stat& status) {
    return ::geteuid() == 0 && ::stat(storage.c_str(), &status) == 0 && status.st_uid != 0;
}

// As systemd does for User=: the groups that the user is in. One that no list of users knows (it was removed) is in none.
int take_groups(uid_t user, gid_t group) {
    std::array<char, 16384> space{};
    struct passwd entry {};
    struct passwd* found = nullptr;
    const bool known = ::getpwuid_r(user, &entry, space.data(), space.size(), &found) == 0 && found != nullptr;
    return known ? ::initgroups(found->pw_name, group) : ::setgroups(0, nullptr);
}

}  // namespace

bool is_root_in_anothers(const std::filesystem::path& storage) {
    struct stat status {};
    return belongs_to_another(storage, status);
}

Result<void> become_owner(const std::filesystem::path& storage) {
    struct stat status {};
    if (!belongs_to_another(storage, status)) return {};
    const bool done = take_groups(status.st_uid, status.st_gid) == 0 && ::setgid(status.st_gid) == 0 && ::setuid(status.st_uid) == 0;
    if (!done) return fail_errno(errno, "become the owner of", storage.string());
    return {};
}

}  // namespace autobackup::cli
