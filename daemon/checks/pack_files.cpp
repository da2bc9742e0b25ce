// SPDX-License-Identifier: MIT
#include "daemon/checks/pack_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lib/core/file.hpp"

namespace autobackup::checks {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_index = std::size_t{4} << 30;

}  // namespace

Result<std::vector<git::Oid>> objects_of(const fs::path& index) {
    const Result<std::string> text = read_file(index, longest_index);
    if (!text) return text.error();
    constexpr std::size_t head = 8, fan_out = 256 * 4, name_bytes = 20;
    const auto unsound = [&] { return fail(Errc::repository_invalid, "read", index.string(), "it is no index of a pack"); };
    if (text->size() < head + fan_out || text->compare(0, head, std::string("\377tOc\0\0\0\2", head)) != 0) return unsound();
    std::uint32_t count = 0;
    for (std::size_t i = 0; i < 4; ++i) count = count << 8U | static_cast<unsigned char>((*text)[head + fan_out - 4 + i]);
    if (text->size() < head + fan_out + std::size_t{count} * name_bytes) return unsound();
    std::vector<git::Oid> oids;
    oids.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        git::Oid oid;
        std::memcpy(oid.bytes.data(), text->data() + head + fan_out + i * name_bytes, name_bytes);
        oids.push_back(oid);
    }
    return oids;
}

Result<void> write_frame(const fs::path& file, const fs::path& index_file) {
    const Result<std::string> index = read_file(index_file, longest_index);
    if (!index) return index.error();
    constexpr std::size_t digest = 20, count_at = 8 + 255 * 4;
    const std::uintmax_t size = fs::file_size(file);
    if (index->size() < count_at + 4 + 2 * digest || size < 12 + digest) return fail(Errc::repository_invalid, "mend", file.string(), "it is cut off");
    ::chmod(file.c_str(), 0640);
    const Result<FileDescriptor> fd = open_file(file, O_WRONLY);
    if (!fd) return fd.error();
    const Result<void> head = write_all(fd->get(), std::string("PACK\0\0\0\2", 8) + index->substr(count_at, 4), file);
    if (!head) return head;
    if (::lseek(fd->get(), static_cast<off_t>(size - digest), SEEK_SET) < 0) return fail_errno(errno, "seek", file.string());
    return write_all(fd->get(), std::string_view(*index).substr(index->size() - 2 * digest, digest), file);
}

Result<git::Repository> alone(const fs::path& pack, const fs::path& folder) {
    Result<git::Repository> made = git::Repository::open_or_init(folder, "main");
    if (!made) return made.error();
    std::error_code error;
    for (const char* extension : {".pack", ".idx"}) {
        const fs::path file = fs::path(pack).replace_extension(extension);
        if (fs::exists(file)) fs::create_hard_link(file, folder / "objects/pack" / file.filename(), error);
        if (error) return fail_errno(error.value(), "link", file.string());
    }
    return git::Repository::open(folder);
}

}  // namespace autobackup::checks
