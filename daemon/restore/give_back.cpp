// SPDX-License-Identifier: MIT
#include "daemon/restore/give_back.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <set>
#include <utility>

#include "daemon/restore/out_file.hpp"
#include "lib/zip/archive.hpp"

namespace autobackup::restore {
namespace {

constexpr unsigned no_replace = 1;  // RENAME_NOREPLACE of renameat2(2)

// What is wrong on our side of the copy: another copy would not help.
bool is_ours(const Failure& failure, bool output_failed) {
    return output_failed || failure.code == Errc::cancelled || failure.code == Errc::bad_request || failure.code == Errc::disk_full;
}

// Gives `write_copy` one copy after the other until one is whole.
Result<Given> try_copies(const Request& request, bool members, const std::function<Result<Given>(const Content&, bool& output_failed)>& write_copy) {
    std::vector<std::string> warnings;
    std::optional<Failure> first;
    for (const Prefer copy : order_of(request)) {
        const Result<Content> content = content_of(request, copy, members);
        bool output_failed = false;
        Result<Given> given = content ? write_copy(*content, output_failed) : Result<Given>(content.error());
        if (given) {
            given->from = content->from;
            for (const std::string& one : content->warnings) warnings.push_back(one);
            if (first) warnings.push_back("it was restored from " + content->from + " instead");
            given->warnings = std::move(warnings);
            return given;
        }
        if (is_ours(given.error(), output_failed)) return given;
        warnings.push_back("a copy is not whole: " + describe(given.error()));
        if (!first) first = given.error();
    }
    if (first) return *first;
    return fail(Errc::unsupported, "restore", request.snapshot.id, "there is no copy of it: " + request.snapshot.reason);
}

Result<void> give_name(const fs::path& temporary, const fs::path& file, bool force) {
    if (force) return rename_durably(temporary, file);
    if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, file.c_str(), no_replace) != 0) {
        if (errno == EEXIST) return exists_already(file);
        std::error_code ignored;
        // Not every file system knows it.
        if (errno != EINVAL && errno != ENOSYS) return fail_errno(errno, "rename", file.string());
        if (fs::exists(file, ignored)) return exists_already(file);
        return rename_durably(temporary, file);
    }
    return sync_directory(file.has_parent_path() ? file.parent_path() : fs::path("."));
}

fs::path temporary_beside(const fs::path& path) {
    return path.parent_path() / ("." + path.filename().string() + "." + std::to_string(::getpid()) + ".part");
}

Result<void> write_member(const vault::VersionMember& member, const fs::path& file, bool& output_failed) {
    Result<void> made = make_directories(file.parent_path());
    if (!made) {
        output_failed = true;
        return made;
    }
    if (member.entry.name.ends_with('/')) return {};
    const Result<FileDescriptor> fd = open_file(file, O_WRONLY | O_CREAT | O_TRUNC);
    if (!fd) {
        output_failed = true;
        return fd.error();
    }
    std::uint32_t crc = 0;
    const git::TakeBytes take = [&](std::span<const std::byte> bytes) -> Result<void> {
        crc = zip::crc32(crc, bytes);
        const Result<void> written = write_all(fd->get(), bytes, file);
        output_failed = !written;
        return written;
    };
    const Result<void> produced = member.produce(take);
    if (!produced) return produced;
    if (crc != member.entry.crc32)
        return fail(Errc::content_mismatch, "read", "member \"" + member.entry.name + "\"", "its content does not have the CRC-32 of the manifest");
    const Result<void> synced = sync_file(fd->get(), file);
    output_failed = !synced;
    return synced;
}

Result<Given> write_members(const Content& content, const fs::path& directory, const std::stop_token& stop, bool& output_failed) {
    Given given;
    std::set<std::string> names;
    for (const vault::VersionMember& member : content.members) {
        if (stop.stop_requested()) return fail_cancelled("write", directory.string());
        const std::string& name = member.entry.name;
        if (const auto unsafe = zip::unsafe_name(name.ends_with('/') ? name.substr(0, name.size() - 1) : name))
            return fail(Errc::archive_invalid, "write", "member \"" + name + "\"", "its name is no safe path: " + *unsafe);
        const Result<void> written = write_member(member, directory / name, output_failed);
        if (!written) return written.error();
        given.bytes += member.entry.size;
        if (names.insert(name).second) ++given.members;
    }
    return given;
}

}  // namespace

std::vector<Prefer> order_of(const Request& request) {
    std::vector<Prefer> order;
    const bool dated = request.snapshot.dated && request.snapshot.dated->bytes && request.prefer != Prefer::vault;
    const bool known_bad = dated && request.snapshot.dated->manifest && request.snapshot.dated->manifest->verified_level == archive::failed_level;
    if (dated && !known_bad) order.push_back(Prefer::archive);
    if (request.snapshot.in_vault && request.prefer != Prefer::archive) order.push_back(Prefer::vault);
    if (known_bad) order.push_back(Prefer::archive);
    return order;
}

Result<Content> content_of(const Request& request, Prefer copy, bool members) {
    if (copy == Prefer::archive) return content_of_archive(request.snapshot, request.task, members, request.stop);
    return content_of_vault(request.place, request.snapshot, request.task, request.stop);
}

Result<Given> to_zip(const Request& request, const fs::path& path, bool force) {
    const Result<OutFile> out_to = out_file(path, force);
    if (!out_to) return out_to.error();
    const fs::path& file = out_to->file;
    if (out_to->stream) {
        const Result<FileDescriptor> fd = open_file(file, O_WRONLY);
        return fd ? to_stream(request, fd->get()) : Result<Given>(fd.error());
    }
    const fs::path temporary = temporary_beside(file);
    const auto write_copy = [&](const Content& content, bool& output_failed) -> Result<Given> {
        Result<FileDescriptor> fd = open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
        output_failed = !fd;
        if (!fd) return fd.error();
        archive::HashingFile out{std::move(*fd), temporary, request.stop};
        out.drop_behind = true;
        out.hashes = content.file.empty() || content.sha256.empty();  // else write() compares with it
        const zip::Output output = [&](std::span<const std::byte> piece) {
            Result<void> written = out.write(piece);
            output_failed = !written;
            return written;
        };
        Result<void> done = write(content, output, request.stop);
        if (!done) return done.error();
        done = sync_file(out.fd.get(), temporary);
        if (done) done = give_name(temporary, file, force);
        output_failed = !done;
        if (!done) return done.error();
        Given given;
        given.bytes = out.bytes;
        given.members = content.members.size();
        given.sha256 = out.hashes ? out.digest.finish_hex() : content.sha256;
        return given;
    };
    Result<Given> given = try_copies(request, false, write_copy);
    if (!given) remove_quietly(temporary);
    return given;
}

Result<Given> to_stream(const Request& request, int fd) {
    const auto write_copy = [&](const Content& content, bool& output_failed) -> Result<Given> {
        if (!content.file.empty()) {
            const Result<void> whole = write(content, [](std::span<const std::byte>) -> Result<void> { return {}; }, request.stop);
            if (!whole) return whole.error();
        }
        archive::HashingFile out{FileDescriptor(::dup(fd)), "standard output", request.stop};
        const zip::Output output = [&](std::span<const std::byte> piece) { return out.write(piece); };
        const Result<void> done = write(content, output, request.stop);
        output_failed = out.bytes > 0;
        if (!done) return done.error();
        Given given;
        given.bytes = out.bytes;
        given.members = content.members.size();
        given.sha256 = out.digest.finish_hex();
        return given;
    };
    return try_copies(request, false, write_copy);
}

Result<void> free_directory(const fs::path& directory) {
    std::error_code ignored;
    const fs::path whole = directory.has_filename() ? directory : directory.parent_path();
    if (fs::exists(whole, ignored) && !(fs::is_directory(whole, ignored) && fs::is_empty(whole, ignored)))
        return fail(Errc::bad_request, "write", whole.string(), "it exists and is no empty directory");
    return {};
}

Result<Given> to_directory(const Request& request, const fs::path& directory) {
    std::error_code ignored;
    const Result<void> free = free_directory(directory);
    if (!free) return free.error();
    const fs::path whole = directory.has_filename() ? directory : directory.parent_path();
    const fs::path temporary = temporary_beside(whole);
    const auto write_copy = [&](const Content& content, bool& output_failed) -> Result<Given> {
        fs::remove_all(temporary, ignored);
        const Result<void> made = make_directories(temporary);
        output_failed = !made;
        if (!made) return made.error();
        return write_members(content, temporary, request.stop, output_failed);
    };
    Result<Given> given = try_copies(request, true, write_copy);
    if (given) {
        const Result<void> placed = rename_durably(temporary, whole);
        if (!placed) given = placed.error();
    }
    if (!given) fs::remove_all(temporary, ignored);
    return given;
}

}  // namespace autobackup::restore
