// SPDX-License-Identifier: MIT
#include "lib/git/index_file.hpp"

#include <algorithm>

#include "lib/hash/digest.hpp"

namespace autobackup::git {
namespace {

constexpr std::size_t longest_told = 0xFFF;  // a longer path says this length, and ends at its NUL

void add_32(std::string& text, std::uint64_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>((value >> shift) & 0xFF);
}

void add_entry(std::string& text, const IndexFileEntry& entry) {
    const std::size_t begin = text.size();
    const struct stat& status = entry.status;
    add_32(text, static_cast<std::uint64_t>(status.st_ctim.tv_sec));
    add_32(text, static_cast<std::uint64_t>(status.st_ctim.tv_nsec));
    add_32(text, static_cast<std::uint64_t>(status.st_mtim.tv_sec));
    add_32(text, static_cast<std::uint64_t>(status.st_mtim.tv_nsec));
    add_32(text, status.st_dev);
    add_32(text, status.st_ino);
    add_32(text, entry.mode);
    add_32(text, status.st_uid);
    add_32(text, status.st_gid);
    add_32(text, static_cast<std::uint64_t>(status.st_size));
    text.append(reinterpret_cast<const char*>(entry.oid.bytes.data()), entry.oid.bytes.size());
    const std::size_t length = std::min(entry.path.size(), longest_told);
    text += static_cast<char>(length >> 8);
    text += static_cast<char>(length & 0xFF);
    text += entry.path;
    // One to eight NULs, so that the entry takes a multiple of eight bytes.
    text.append(8 - (text.size() - begin) % 8, '\0');
}

}  // namespace

std::string index_file_text(std::vector<IndexFileEntry> entries) {
    std::sort(entries.begin(), entries.end(), [](const IndexFileEntry& a, const IndexFileEntry& b) { return a.path < b.path; });
    std::string text = "DIRC";
    add_32(text, 2);
    add_32(text, entries.size());
    for (const IndexFileEntry& entry : entries) add_entry(text, entry);
    hash::Digest digest(hash::Algorithm::sha1);
    digest.update(text);
    return text + digest.finish();
}

}  // namespace autobackup::git
