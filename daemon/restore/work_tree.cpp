// SPDX-License-Identifier: MIT
#include "daemon/restore/work_tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/core/file.hpp"
#include "lib/core/text.hpp"
#include "lib/git/index_file.hpp"

namespace autobackup::restore {
namespace {

constexpr std::uint32_t mode_executable = 0100755;
constexpr std::uint32_t mode_link = 0120000;
constexpr std::uint32_t mode_submodule = 0160000;

// Names with which a tree could reach out of its directory, or into .git (git's own checks leave out what other systems make of names).
bool is_unsafe(const std::string& name) {
    return name.empty() || name == "." || name == ".." || to_lower(name) == ".git" || name.find('/') != std::string::npos || name.find('\0') != std::string::npos;
}

// Git looks into each file that is as young as the index, and finds that a large one is not its pointer where git-lfs is not set up. An index
// that is a little younger than every file keeps it from that.
Result<void> make_younger(const fs::path& index) {
    struct timespec times[2] = {{0, UTIME_OMIT}, {}};
    if (::clock_gettime(CLOCK_REALTIME, &times[1]) != 0) return fail_errno(errno, "read the clock for", index.string());
    times[1].tv_sec += 2;
    if (::utimensat(AT_FDCWD, index.c_str(), times, 0) != 0) return fail_errno(errno, "date", index.string());
    return {};
}

class Checkout {
public:
    Checkout(const git::Repository& repository, const lfs::Store& store, const std::stop_token& stop)
        : repository_(repository), store_(store), stop_(stop) {}

    Result<void> tree(const git::Oid& tree, const fs::path& directory, const std::string& path) {
        const Result<std::vector<git::TreeEntry>> entries = repository_.read_tree(tree);
        if (!entries) return entries.error();
        for (const git::TreeEntry& entry : *entries) {
            if (stop_.stop_requested()) return fail_cancelled("write", directory.string());
            if (is_unsafe(entry.name)) return fail(Errc::bad_response, "write", one_line(path + entry.name), "a file of this name would lie outside of the directory, or in .git");
            const fs::path file = directory / entry.name;
            const Result<void> done = entry.mode == git::mode_tree ? folder(entry, file, path + entry.name) : leaf(entry, file, path + entry.name);
            if (!done) return done;
        }
        return {};
    }

    std::vector<git::IndexFileEntry> index;

private:
    // mkdir fails where something lies already: a tree that names a link and a folder alike leads nowhere.
    static Result<void> make_folder(const fs::path& place) {
        if (::mkdir(place.c_str(), 0777) == 0) return {};
        return fail_errno(errno, "make directory", place.string());
    }

    Result<void> folder(const git::TreeEntry& entry, const fs::path& place, const std::string& path) {
        const Result<void> made = make_folder(place);
        return made ? tree(entry.oid, place, path + "/") : made;
    }

    Result<void> leaf(const git::TreeEntry& entry, const fs::path& file, const std::string& path) {
        Result<void> done;
        if (entry.mode == mode_submodule) {
            done = make_folder(file);
        } else if (entry.mode == mode_link) {
            const Result<std::string> target = repository_.read_blob(entry.oid, std::size_t{1} << 16);
            if (!target) return target.error();
            if (::symlink(target->c_str(), file.c_str()) != 0) done = fail_errno(errno, "make link", file.string());
        } else {
            done = write(entry, file);
        }
        if (!done) return done;
        git::IndexFileEntry noted;
        noted.path = path;
        noted.mode = entry.mode == mode_link || entry.mode == mode_submodule || entry.mode == mode_executable ? entry.mode : git::mode_file;
        noted.oid = entry.oid;
        if (::lstat(file.c_str(), &noted.status) != 0) return fail_errno(errno, "look at", file.string());
        index.push_back(std::move(noted));
        return {};
    }

    Result<void> write(const git::TreeEntry& entry, const fs::path& file) const {
        const Result<FileDescriptor> fd = open_file(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, entry.mode == mode_executable ? 0777 : 0666);
        if (!fd) return fd.error();
        const auto take = [&](std::span<const std::byte> bytes) { return write_all(fd->get(), bytes, file); };
        const Result<std::uint64_t> size = repository_.blob_size(entry.oid);
        if (!size) return size.error();
        if (*size <= lfs::longest_pointer) {
            const Result<std::string> text = repository_.read_blob(entry.oid);
            if (!text) return text.error();
            const std::optional<lfs::Pointer> pointer = lfs::read_pointer(*text);
            if (pointer && store_.has(*pointer)) return store_.stream(*pointer, take);
            return write_all(fd->get(), *text, file);
        }
        return repository_.stream_blob(entry.oid, take);
    }

    const git::Repository& repository_;
    const lfs::Store& store_;
    const std::stop_token& stop_;
};

}  // namespace

Result<std::optional<git::Oid>> commit_of(const git::Repository& repository, const git::Oid& tip) {
    if (repository.read_commit(tip)) return std::optional<git::Oid>(tip);
    // Of what a tag reaches, its own commit comes first.
    const Result<std::vector<git::Oid>> reached = repository.missing_objects({tip}, {});
    if (!reached) return reached.error();
    const bool commit = !reached->empty() && repository.read_commit(reached->front());
    return commit ? std::optional<git::Oid>(reached->front()) : std::nullopt;
}

Result<std::uint64_t> write_work_tree(const git::Repository& repository, const git::Oid& tip, const fs::path& directory, const lfs::Store& store,
                                      const std::stop_token& stop) {
    const Result<std::optional<git::Oid>> commit = commit_of(repository, tip);
    if (!commit) return commit.error();
    if (!*commit) return std::uint64_t{0};
    const Result<git::Commit> read = repository.read_commit(**commit);
    if (!read) return read.error();
    Checkout checkout(repository, store, stop);
    Result<void> done = checkout.tree(read->tree, directory, std::string());
    if (!done) return done.error();
    const std::uint64_t files = checkout.index.size();
    done = write_file_durably(repository.path() / "index", git::index_file_text(std::move(checkout.index)));
    if (done) done = make_younger(repository.path() / "index");
    if (!done) return done.error();
    return files;
}

}  // namespace autobackup::restore
