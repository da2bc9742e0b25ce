// SPDX-License-Identifier: MIT
#include "lib/git/quarantine.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "lib/git/pack_format.hpp"
#include "lib/git/ref_lock.hpp"
#include "lib/git/temporary.hpp"

namespace autobackup::git {

namespace {

Result<void> sync_with_mode(const fs::path& path) {
    const Result<FileDescriptor> file = open_file(path, O_RDONLY);
    if (!file) return file.error();
    if (::fchmod(file->get(), pack_mode) != 0) return fail_errno(errno, "chmod", path.string());
    return sync_file(file->get(), path);
}

}  // namespace

Result<Quarantine> Quarantine::create(const fs::path& objects) {
    std::string name = (objects / "tmp_objdir-autobackup-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return fail_errno(errno, "make directory", name);
    return Quarantine(name);
}

Quarantine::Quarantine(fs::path path) : path_(std::move(path)), held_(lock_abandoned(path_)) {}

Quarantine::Quarantine(Quarantine&& other) noexcept
    : path_(std::exchange(other.path_, fs::path())), held_(std::move(other.held_)) {}

Quarantine::~Quarantine() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
}

Result<void> move_pack(const fs::path& from, const fs::path& to, const std::string& name, bool promisor) {
    const Result<void> folder = make_directories_durably(to);
    if (!folder) return folder;
    std::vector<std::string> files{name + ".pack", name + ".idx"};
    if (promisor) {
        const Result<void> marked = write_file_durably(from / (name + ".promisor"), {}, pack_mode);
        if (!marked) return marked;
        files.insert(files.begin(), name + ".promisor");
    }
    for (const std::string& file : files) {
        const Result<void> synced = sync_with_mode(from / file);
        if (!synced) return synced;
    }
    for (const std::string& file : files) {
        if (::rename((from / file).c_str(), (to / file).c_str()) != 0)
            return fail_errno(errno, "rename", (from / file).string());
    }
    return sync_directory(to);
}

}  // namespace autobackup::git
