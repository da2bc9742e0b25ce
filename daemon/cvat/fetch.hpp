// SPDX-License-Identifier: MIT
// One object from the server to a verified ZIP in the spool: the stages export, download, verify. Loop thread.
#pragma once

#include "daemon/cvat/context.hpp"
#include "daemon/cvat/held_media.hpp"
#include "daemon/cvat/verified_zip.hpp"

namespace autobackup::cvat_job {

/// So often a project or task that is edited while it is fetched is fetched.
inline constexpr int most_rounds = 3;

/// What the fetches of one item add up to, for its report.
struct FetchLog {
    double export_s = 0, download_s = 0, verify_s = 0;
    int exports = 0, export_attempts = 0, resumed = 0;
    std::uint64_t bytes = 0;
    std::vector<model::Stage> failed;  ///< one per object that failed

    std::vector<std::string>* in_work = nullptr;  ///< Item::in_work of the item, borrowed; may be null

    /// One fetch goes from the stage `from` ("": it begins) to `to` ("": it is at its end).
    void move(const std::string& from, const std::string& to);
    /// The stages export, download, verify (as far as they happened), then the failed ones.
    void add_stages(std::vector<model::Stage>& stages) const;
};

/// A verified file; it is removed from the spool when the last owner lets go.
struct FetchedZip {
    VerifiedZip zip;
    std::filesystem::path file;
    std::uint64_t bytes = 0;   ///< that came
    std::string sha256;        ///< "" when it has holes
    [[nodiscard]] bool whole() const { return zip.absent.empty(); }
    std::string content_disposition;  ///< of the answer: the server's own name for the file
    std::shared_ptr<void> spool_guard;
};

/// Exports, downloads and verifies. `media` (borrowed): what need not come because the vault has it. A file that does not verify is removed and fetched once more, whole (a damaged
/// transfer), then failed. The failure is also noted in `log` (with `task` set for a task of a project).
Awaitable<Result<FetchedZip>> fetch_object(Context& context, cvat::Object object, const HeldMedia& media, FetchLog& log);

}  // namespace autobackup::cvat_job
