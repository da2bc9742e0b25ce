// SPDX-License-Identifier: MIT
#include "daemon/cvat/dated_zip.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "daemon/retention/plan.hpp"
#include "lib/core/file.hpp"
#include "lib/core/text.hpp"
#include "lib/hash/digest.hpp"
#include "lib/zip/writer.hpp"

namespace autobackup::cvat_job {
namespace {

// data/ members carry the mode that the server's os.walk found, generated ones python's default (contract §6.1).
std::uint32_t attributes_of(const std::string& name) {
    const bool media = name.starts_with("data/") || name.find("/data/") != std::string::npos;
    return media ? 0x81a40000U : 0x01800000U;
}

// Of several ZIPs of one second the one with the higher number is newer.
int number_in_second(const std::string& stem) {
    const std::size_t dash = stem.find('-');
    return dash == std::string::npos ? 1 : std::atoi(stem.c_str() + dash + 1);
}

// The next name of that second: …Z.zip, …Z-2.zip, … A number that was removed is not used again: names would lose their order.
std::string next_stem(const fs::path& directory, Instant time) {
    const std::string base = compact_utc(time);
    int highest = 0;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory, ignored)) {
        const std::string stem = entry.path().stem().string();
        if (stem == base || stem.starts_with(base + "-")) highest = std::max(highest, number_in_second(stem));
    }
    return highest == 0 ? base : base + "-" + std::to_string(highest + 1);
}

// Writes bytes to a file and hashes them on the way; a stop ends it.
struct HashingFile {
    FileDescriptor fd;
    fs::path path;
    std::stop_token stop;
    hash::Digest digest{hash::Algorithm::sha256};
    std::uint64_t bytes = 0;

    Result<void> write(std::span<const std::byte> piece) {
        if (stop.stop_requested()) return fail(Errc::cancelled, "write", path.string(), "stopped by request");
        digest.update(piece);
        bytes += piece.size();
        return write_all(fd.get(), piece, path);
    }
};

Result<void> write_members(git::Repository& vault, const vault::Version& version, HashingFile& file) {
    std::vector<std::byte> buffer;
    buffer.reserve(std::size_t{1} << 20);
    const auto flush = [&]() -> Result<void> {
        const Result<void> written = file.write(buffer);
        buffer.clear();
        return written;
    };
    zip::Writer writer([&](std::span<const std::byte> piece) -> Result<void> {
        buffer.insert(buffer.end(), piece.begin(), piece.end());
        if (buffer.size() < (std::size_t{1} << 20)) return {};
        return flush();
    });
    const git::TakeBytes take = [&](std::span<const std::byte> piece) { return writer.data(piece); };
    for (const vault::VersionMember& member : version.members) {
        zip::NewMember entry;
        entry.name = member.entry.name;
        entry.size = member.entry.size;
        entry.crc32 = member.entry.crc32;
        entry.dos_time = member.entry.dos_time;
        entry.external_attributes = attributes_of(entry.name);
        Result<void> done = writer.begin(entry);
        if (done) done = member.produce ? member.produce(take) : vault.stream_blob(member.oid, take);
        if (!done) return done;
    }
    const Result<void> finished = writer.finish();
    if (!finished) return finished;
    return flush();
}

struct WrittenZip {
    std::uint64_t bytes = 0;
    std::string sha256;
};

Result<WrittenZip> write_zip(git::Repository& vault, const vault::Version& version, const fs::path& temporary, std::stop_token stop) {
    Result<FileDescriptor> fd = open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0640);
    if (!fd) return fd.error();
    ::fchmod(fd->get(), 0640);
    HashingFile file{std::move(*fd), temporary, stop};
    Result<void> done = write_members(vault, version, file);
    if (done) done = sync_file(file.fd.get(), temporary);
    if (!done) return done.error();
    return WrittenZip{file.bytes, file.digest.finish_hex()};
}

Result<std::string> digest_of(int fd, std::uint64_t bytes, const fs::path& path, const std::stop_token& stop) {
    hash::Digest digest(hash::Algorithm::sha256);
    std::vector<std::byte> buffer(std::size_t{1} << 20);
    for (std::uint64_t at = 0; at < bytes;) {
        if (stop.stop_requested()) return fail(Errc::cancelled, "read", path.string(), "stopped by request");
        const auto piece = std::span(buffer).first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), bytes - at)));
        const Result<void> read = read_exactly(fd, piece, at, path);
        if (!read) return read.error();
        digest.update(piece);
        at += piece.size();
    }
    return digest.finish_hex();
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
    const Result<std::string> digest = digest_of(fd->get(), whole.bytes, temporary, stop);
    if (!digest) return digest.error();
    return WrittenZip{whole.bytes, *digest};
}

std::vector<std::string> apply_keep(const fs::path& directory, const config::Keep& keep) {
    std::vector<retention::Snapshot> snapshots;
    std::vector<std::string> warnings;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory, ignored)) {
        if (entry.path().extension() != ".zip") continue;
        const std::string stem = entry.path().stem().string();
        const std::optional<Instant> time = parse_compact_utc(stem.substr(0, stem.find('-')));
        if (!time) continue;
        retention::Snapshot snapshot;
        snapshot.time = *time;
        // Written by a run that verified it; a missing or damaged manifest takes that away.
        const Result<std::string> text = read_file(directory / (stem + ".json"));
        snapshot.verified = text && vault::parse_manifest(*text, stem);
        snapshot.path = entry.path().string();
        snapshots.push_back(std::move(snapshot));
    }
    std::sort(snapshots.begin(), snapshots.end(), [](const auto& a, const auto& b) {
        const auto rank = [](const auto& one) { return std::pair(one.time, number_in_second(fs::path(one.path).stem().string())); };
        return rank(a) < rank(b);
    });
    const Result<std::vector<retention::Decision>> plan = retention::plan(snapshots, keep, now());
    if (!plan) return {describe(plan.error())};
    for (const retention::Decision& decision : *plan) {
        if (decision.keep) continue;
        fs::path zip = snapshots[decision.index].path;
        if (::unlink(zip.c_str()) != 0) warnings.push_back(describe(fail_errno(errno, "remove", zip.string())));
        remove_quietly(zip.replace_extension(".json"));
    }
    return warnings;
}

}  // namespace

Result<DatedZip> write_dated_zip(git::Repository& vault, const Places& places, const vault::Version& version, const FetchedZip* whole,
                                 const std::optional<config::Keep>& keep, std::stop_token stop) {
    const fs::path directory = places.archives() / version.manifest.item.key();
    const Result<void> made = make_directories(directory);
    if (!made) return made.error();
    const std::string stem = next_stem(directory, version.time);
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
