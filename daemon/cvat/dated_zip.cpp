// SPDX-License-Identifier: MIT
#include "daemon/cvat/dated_zip.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "daemon/archive/shelf.hpp"
#include "daemon/archive/version_zip.hpp"
#include "lib/core/file.hpp"

namespace autobackup::cvat_job {
namespace {

struct WrittenZip {
    std::uint64_t bytes = 0;
    std::string sha256;
};

Result<WrittenZip> write_zip(git::Repository& vault, const vault::Version& version, const fs::path& temporary, std::stop_token stop) {
    Result<FileDescriptor> fd = open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0640);
    if (!fd) return fd.error();
    ::fchmod(fd->get(), 0640);
    archive::HashingFile file{std::move(*fd), temporary, stop};
    Result<void> done = archive::write_zip(&vault, version.members, [&](std::span<const std::byte> piece) { return file.write(piece); });
    if (done) done = sync_file(file.fd.get(), temporary);
    if (!done) return done.error();
    return WrittenZip{file.bytes, file.digest.finish_hex()};
}

// The downloaded file itself is the dated ZIP: a second name for it where the file system can.
Result<WrittenZip> link_zip(const FetchedZip& whole, const fs::path& temporary, std::stop_token stop) {
    remove_quietly(temporary);
    if (::link(whole.file.c_str(), temporary.c_str()) != 0) return fail_errno(errno, "link", temporary.string());
    ::chmod(temporary.c_str(), 0640);
    const Result<FileDescriptor> fd = open_file(temporary, O_RDONLY);
    if (!fd) return fd.error();
    const Result<void> synced = sync_file(fd->get(), temporary);  // the spool does not
    if (!synced) return synced.error();
    if (!whole.sha256.empty()) return WrittenZip{whole.bytes, whole.sha256};
    const Result<std::string> digest = archive::read_through(fd->get(), whole.bytes, temporary, stop);
    if (!digest) return digest.error();
    return WrittenZip{whole.bytes, *digest};
}

std::vector<std::string> apply_keep(const fs::path& directory, const config::Keep& keep) {
    const std::vector<archive::DatedCopy> copies = archive::dated_copies(directory);
    const Result<std::vector<retention::Decision>> plan = archive::plan_keep(copies, keep, now());
    if (!plan) return {describe(plan.error())};
    std::vector<std::string> warnings;
    for (const retention::Decision& decision : *plan) {
        if (decision.keep) continue;
        const Result<void> removed = archive::remove_copy(copies[decision.index]);
        if (!removed) warnings.push_back(describe(removed.error()));
    }
    return warnings;
}

}  // namespace

Result<DatedZip> write_dated_zip(git::Repository& vault, const Places& places, const vault::Version& version, const FetchedZip* whole,
                                 const std::optional<config::Keep>& keep, std::stop_token stop) {
    const fs::path directory = places.archives() / version.manifest.item.key();
    const Result<void> made = make_directories(directory);
    if (!made) return made.error();
    const std::string stem = archive::next_stem(directory, version.time);
    const fs::path temporary = directory / ("." + stem + ".zip.part");
    Result<WrittenZip> written = whole != nullptr ? link_zip(*whole, temporary, stop) : write_zip(vault, version, temporary, stop);
    if (!written && whole != nullptr) written = write_zip(vault, version, temporary, stop);
    if (!written) {
        remove_quietly(temporary);
        return written.error();
    }
    vault::Manifest manifest = version.manifest;
    manifest.zip_bytes = written->bytes;
    manifest.zip_sha256 = written->sha256;
    // The manifest first: a ZIP is never there without it.
    Result<void> placed = write_file_durably(directory / (stem + ".json"), vault::to_text(manifest));
    if (placed) placed = rename_durably(temporary, directory / (stem + ".zip"));
    if (!placed) {
        remove_quietly(temporary);
        remove_quietly(directory / (stem + ".json"));
        return placed.error();
    }
    DatedZip dated;
    dated.file.path = fs::relative(directory / (stem + ".zip"), places.storage).string();
    dated.file.bytes = written->bytes;
    dated.file.sha256 = written->sha256;
    if (keep && keep->any()) dated.warnings = apply_keep(directory, *keep);
    return dated;
}

}  // namespace autobackup::cvat_job
