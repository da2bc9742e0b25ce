// SPDX-License-Identifier: MIT
#include "lib/lfs/store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <vector>

namespace autobackup::lfs {
namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10;
constexpr std::string_view temporary_prefix = "autobackupd-";
constexpr std::chrono::hours left_over_after{24};

// Where git-lfs has its temporary files too: on the same file system, and not among the objects.
fs::path temporary_directory(const fs::path& root) { return root.parent_path() / "tmp"; }

// What a killed process left where a temporary file must have a name. A day: another one may be at work.
void remove_left_overs(const fs::path& directory) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory, ignored)) {
        const bool ours = entry.path().filename().string().starts_with(temporary_prefix);
        const fs::file_time_type written = entry.last_write_time(ignored);
        if (ours && !ignored && fs::file_time_type::clock::now() - written > left_over_after) remove_quietly(entry.path());
    }
}

std::string next_temporary_name() {
    static std::atomic<unsigned> counter{0};
    return std::string(temporary_prefix) + std::to_string(::getpid()) + "-" + std::to_string(counter++);
}

}  // namespace

fs::path Store::path_of(const Pointer& object) const {
    return root_ / object.oid.substr(0, 2) / object.oid.substr(2, 2) / object.oid;
}

bool Store::has(const Pointer& object) const {
    struct stat status {};
    return is_oid(object.oid) && ::stat(path_of(object).c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           static_cast<std::uint64_t>(status.st_size) == object.size;
}

Result<Pointer> Store::put(const std::function<Result<void>(const TakeBytes&)>& produce) const {
    Result<Incoming> incoming = Incoming::open(*this);
    if (!incoming) return incoming.error();
    const TakeBytes write = [&incoming](std::span<const std::byte> bytes) { return incoming->write(bytes); };
    const Result<void> produced = produce(write);
    if (!produced) return produced.error();
    return incoming->keep();
}

Result<void> Store::stream(const Pointer& object, const TakeBytes& take) const {
    const fs::path path = path_of(object);
    if (!is_oid(object.oid) || ::access(path.c_str(), F_OK) != 0) {
        return fail(Errc::not_found, "read", "large object " + object.oid, "it is not in " + root_.string());
    }
    const Result<FileDescriptor> file = open_file(path, O_RDONLY);
    if (!file) return file.error();
    const Result<std::uint64_t> size = file_size(file->get(), path);
    if (!size) return size.error();
    std::vector<std::byte> piece(piece_bytes);
    hash::Digest digest(hash::Algorithm::sha256);
    for (std::uint64_t at = 0; at < *size;) {
        const std::span<std::byte> part(piece.data(), static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), *size - at)));
        Result<void> done = read_exactly(file->get(), part, at, path);
        if (done) digest.update(part);
        if (done) done = take(part);
        if (!done) return done;
        at += part.size();
    }
    if (*size == object.size && digest.finish_hex() == object.oid) return {};
    return fail(Errc::content_mismatch, "read", path.string(), "the stored object is damaged: its content is not what its name says");
}

Result<Incoming> Incoming::open(const Store& store) {
    Incoming incoming(store);
    const fs::path directory = temporary_directory(store.root_);
    Result<void> made = make_directories(store.root_, store.directory_mode_);
    if (made) made = make_directories(directory, store.directory_mode_);
    if (!made) return made.error();
    Result<FileDescriptor> fd = open_file(directory, O_TMPFILE | O_WRONLY, store.file_mode_);
    if (!fd) {  // not every file system has nameless files (NFS)
        remove_left_overs(directory);
        incoming.name_ = directory / next_temporary_name();
        fd = open_file(incoming.name_, O_WRONLY | O_CREAT | O_EXCL, store.file_mode_);
        if (!fd) return fd.error();
    }
    incoming.fd_ = std::move(*fd);
    if (::fchmod(incoming.fd_.get(), store.file_mode_) != 0) return fail_errno(errno, "chmod", directory.string());
    return incoming;
}

Incoming::~Incoming() {
    if (fd_.is_open() && !name_.empty()) remove_quietly(name_);
}

Result<void> Incoming::write(std::span<const std::byte> bytes) {
    digest_.update(bytes);
    bytes_ += bytes.size();
    return write_all(fd_.get(), bytes, temporary_directory(store_.root_));
}

Result<void> Incoming::give_name(const fs::path& name) const {
    const std::string self = "/proc/self/fd/" + std::to_string(fd_.get());
    const int done = name_.empty() ? ::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW)
                                   : ::link(name_.c_str(), name.c_str());
    if (done != 0) return fail_errno(errno, "link", name.string());
    return {};
}

Result<void> Incoming::place(const Pointer& object) {
    const fs::path path = store_.path_of(object);
    const fs::path directory = path.parent_path();
    Result<void> done = sync_file(fd_.get(), path);
    if (done) done = make_directories(directory, store_.directory_mode_);
    if (!done) return done;
    // A file of that name with another size is a damaged one: it is replaced. The name in between belongs to this process alone.
    const fs::path between = temporary_directory(store_.root_) / (next_temporary_name() + ".whole");
    done = give_name(between);
    if (!done) return done;
    if (::rename(between.c_str(), path.c_str()) != 0) {
        const Failure failure = fail_errno(errno, "rename", path.string());
        remove_quietly(between);
        return failure;
    }
    // The directories may be new too, up to the git directory.
    fs::path level = directory;
    for (int i = 0; i < 5 && done; ++i, level = level.parent_path()) done = sync_directory(level);
    return done;
}

Result<Pointer> Incoming::keep() {
    Pointer object;
    object.oid = digest_.finish_hex();
    object.size = bytes_;
    if (store_.has(object)) return object;
    const Result<void> placed = place(object);
    if (!placed) return placed.error();
    return object;
}

Result<void> Incoming::keep_as(const Pointer& expected) {
    Pointer found;
    found.oid = digest_.finish_hex();
    found.size = bytes_;
    if (found == expected) return store_.has(expected) ? Result<void>() : place(expected);
    return fail(Errc::content_mismatch, "store", "large object " + expected.oid,
                "what came has " + std::to_string(bytes_) + " bytes and the SHA-256 " + found.oid);
}

}  // namespace autobackup::lfs
