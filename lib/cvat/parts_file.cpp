// SPDX-License-Identifier: MIT
#include "lib/cvat/parts_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/cvat/resume_file.hpp"
#include "lib/cvat/spool_file.hpp"

namespace autobackup::cvat {

namespace {

std::uint64_t sum_of(const std::vector<ByteRange>& ranges) {
    std::uint64_t bytes = 0;
    for (const ByteRange& range : ranges) bytes += range.bytes();
    return bytes;
}

}  // namespace

Result<void> PartsFile::open() {
    Result<FileDescriptor> file = open_file(path_, O_RDWR | O_CREAT, 0600);
    if (!file) return file.error();
    file_ = std::move(*file);
    const std::optional<ResumeNote> note = believable_note(path_, object_);
    const Result<std::uint64_t> there = file_size(file_.get(), path_);
    if (!note || !there || *there != note->stamp.total) return {};
    stamp_ = note->stamp;
    for (const auto& [begin, end] : note->ranges) add(ByteRange{begin, end});
    return {};
}

Result<void> PartsFile::begin(const FileStamp& stamp) {
    if (same_file(stamp_, stamp)) {
        left_over_ = sum_of(have_);
        stamp_ = stamp;
        return {};
    }
    remove_quietly(side_file(path_));  // first: it must never describe other bytes
    have_.clear();
    stamp_ = stamp;
    const Result<void> emptied = set_length(file_.get(), 0, path_);
    if (!emptied) return emptied;
    return set_length(file_.get(), stamp.total, path_);
}

Result<void> PartsFile::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (::lseek(file_.get(), static_cast<off_t>(offset), SEEK_SET) < 0) return fail_errno(errno, "seek", path_.string());
    const Result<void> written = write_all(file_.get(), bytes, path_);
    if (!written) return written;
    add(ByteRange{offset, offset + bytes.size()});
    since_note_ += bytes.size();
    if (since_note_ < SpoolFile::note_every) return {};
    since_note_ = 0;
    return write_note(path_, note_now());
}

void PartsFile::add(ByteRange range) {
    std::vector<ByteRange> merged;
    for (const ByteRange& one : have_) {
        if (one.end < range.begin || one.begin > range.end) {
            merged.push_back(one);
            continue;
        }
        range.begin = std::min(range.begin, one.begin);
        range.end = std::max(range.end, one.end);
    }
    merged.push_back(range);
    std::sort(merged.begin(), merged.end(), [](const ByteRange& a, const ByteRange& b) { return a.begin < b.begin; });
    have_ = std::move(merged);
}

std::vector<ByteRange> PartsFile::missing(ByteRange range) const {
    std::vector<ByteRange> out;
    for (const ByteRange& one : have_) {
        if (one.end <= range.begin || one.begin >= range.end) continue;
        if (one.begin > range.begin) out.push_back(ByteRange{range.begin, one.begin});
        range.begin = one.end;
        if (range.begin >= range.end) return out;
    }
    out.push_back(range);
    return out;
}

ResumeNote PartsFile::note_now() const {
    ResumeNote note;
    note.stamp = stamp_;
    note.object = object_;
    note.bytes = sum_of(have_);
    for (const ByteRange& range : have_) note.ranges.emplace_back(range.begin, range.end);
    return note;
}

void PartsFile::keep() noexcept {
    file_.reset();
    remove_quietly(side_file(path_));
}

void PartsFile::leave() noexcept {
    if (!file_.is_open()) return;
    if (have_.empty() || stamp_.total == 0) return remove();
    if (!leave_note(file_.get(), path_, note_now())) return remove();
    file_.reset();
}

void PartsFile::remove() noexcept {
    if (!file_.is_open()) return;
    file_.reset();
    remove_quietly(side_file(path_));
    remove_quietly(path_);
}

}  // namespace autobackup::cvat
