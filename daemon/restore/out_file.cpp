// SPDX-License-Identifier: MIT
#include "daemon/restore/out_file.hpp"

namespace autobackup::restore {

namespace fs = std::filesystem;

Failure exists_already(const fs::path& path) {
    Failure failure = fail(Errc::bad_request, "write", path.string(), "there is a file of this name already");
    failure.hint = "--force overwrites it";
    return failure;
}

Result<OutFile> out_file(const fs::path& path, bool force) {
    constexpr int most_links = 40;  // as the kernel's
    std::error_code error;
    OutFile out{path};
    // A pipe behind /dev/stdout or /dev/fd/63 has no name of its own: what its link reads ("pipe:[4711]") leads nowhere, only the system follows it.
    const fs::file_status seen = fs::status(path, error);
    out.stream = fs::is_character_file(seen) || fs::is_fifo(seen);
    if (out.stream && force) return out;
    if (out.stream) return exists_already(path);
    for (int links = 0; fs::is_symlink(out.file, error) && links < most_links; ++links) {
        const fs::path target = fs::read_symlink(out.file, error);
        if (error) return fail(Errc::io_error, "read link", out.file.string(), error.message());
        out.file = target.is_absolute() ? target : out.file.parent_path() / target;
    }
    const fs::file_status status = fs::symlink_status(out.file, error);
    if (!fs::exists(status)) return out;
    if (fs::is_symlink(status)) return fail(Errc::bad_request, "write", path.string(), "its symbolic links lead nowhere");
    if (!force) return exists_already(path);
    if (fs::is_regular_file(status)) return out;
    return fail(Errc::bad_request, "write", path.string(), "it is a directory, socket or block device: nothing is written over it");
}

Result<fs::path> bundle_file(const fs::path& path, bool force) {
    Result<OutFile> out = out_file(path, force);
    if (!out) return out.error();
    if (out->stream) return fail(Errc::bad_request, "write", path.string(), "a bundle is written to a plain file alone");
    return std::move(out->file);
}

}  // namespace autobackup::restore
