// SPDX-License-Identifier: MIT
#include "lib/git/spill_buffer.hpp"

#include <fcntl.h>

#include <algorithm>

#include "lib/git/temporary.hpp"

namespace autobackup::git {

Result<void> SpillBuffer::open_spill() {
    if (file_.is_open()) return {};
    Result<FileDescriptor> nameless = open_file(directory_, O_RDWR | O_TMPFILE, 0600);
    if (nameless) {
        file_ = std::move(*nameless);
        return {};
    }
    // A file system without O_TMPFILE: a name for a moment.
    const Result<LockedTemporary> named = LockedTemporary::create(directory_, new_pack_prefix);
    if (!named) return named.error();
    Result<FileDescriptor> again = open_file(named->path(), O_RDWR);
    if (!again) return again.error();
    file_ = std::move(*again);
    return {};
}

Result<void> SpillBuffer::append(std::span<const std::byte> bytes) {
    if (spilled_ == 0 && memory_.size() < memory_limit_) {
        const std::size_t take = std::min(bytes.size(), memory_limit_ - memory_.size());
        memory_.insert(memory_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(take));
        bytes = bytes.subspan(take);
    }
    if (bytes.empty()) return {};
    const Result<void> opened = open_spill();
    if (!opened) return opened;
    const Result<void> written = write_all(file_.get(), bytes, directory_);
    if (!written) return written;
    spilled_ += bytes.size();
    return {};
}

Result<void> SpillBuffer::read(std::uint64_t offset, std::span<std::byte> bytes) const {
    if (offset < memory_.size()) {
        const std::size_t take = std::min<std::size_t>(bytes.size(), memory_.size() - offset);
        std::copy_n(memory_.begin() + static_cast<std::ptrdiff_t>(offset), take, bytes.begin());
        bytes = bytes.subspan(take);
        offset += take;
    }
    if (bytes.empty()) return {};
    return read_exactly(file_.get(), bytes, offset - memory_.size(), directory_);
}

}  // namespace autobackup::git
