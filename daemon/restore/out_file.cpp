// SPDX-License-Identifier: MIT
#include "daemon/restore/out_file.hpp"

namespace autobackup::restore {

namespace fs = std::filesystem;

Result<OutFile> out_file(const fs::path& path, bool force) {
    constexpr int most_links = 40;  // as the kernel's
    std::error_code error;
    OutFile out{path};
    for (int links = 0; fs::is_symlink(out.file, error) && links < most_links; ++links) {
        const fs::path target = fs::read_symlink(out.file, error);
        if (error) return fail(Errc::io_error, "read link", out.file.string(), error.message());
        out.file = target.is_absolute() ? target : out.file.parent_path() / target;
    }
    const fs::file_status status = fs::symlink_status(out.file, error);
    if (!fs::exists(status)) return out;
    if (fs::is_symlink(status)) return fail(Errc::bad_request, "write", path.string(), "its symbolic links lead nowhere");
    if (!force) {
        Failure failure = fail(Errc::bad_request, "write", path.string(), "there is a file of this name already");
        failure.hint = "--force overwrites it";
        return failure;
    }
    out.stream = fs::is_character_file(status) || fs::is_fifo(status);
    if (out.stream || fs::is_regular_file(status)) return out;
    return fail(Errc::bad_request, "write", path.string(), "it is a directory, socket or block device: nothing is written over it");
}

Result<fs::path> bundle_file(const fs::path& path, bool force) {
    Result<OutFile> out = out_file(path, force);
    if (!out) return out.error();
    if (out->stream) return fail(Errc::bad_request, "write", path.string(), "a bundle is written to a plain file alone");
    return std::move(out->file);
}

}  // namespace autobackup::restore
