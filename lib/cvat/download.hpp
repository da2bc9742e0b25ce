// SPDX-License-Identifier: MIT
// Exporter::download(): as many requests as it takes to have the whole of one file. Loop thread only.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "lib/cvat/download_sink.hpp"
#include "lib/cvat/exporter.hpp"
#include "lib/cvat/session.hpp"
#include "lib/cvat/spool_file.hpp"

namespace autobackup::cvat {

/// Whether a URL gives its file once only: the old route deletes the export as the download starts (families
/// A and B).
bool is_single_shot(std::string_view url_path);

/// Borrows the exporter and the observer; lives in one coroutine frame.
class Download {
public:
    Download(Exporter& exporter, Object object, Exporter::Ready ready, std::filesystem::path file,
             ExportObserver& observer);
    Awaitable<Result<ExportedFile>> run();

private:
    enum class Step {
        done,
        again,         ///< the same URL at once, for what is missing
        wait_again,    ///< the same URL after a delay
        export_again,  ///< the export first
        wait_export,   ///< the export after a delay
        give_up        ///< failure_ says why
    };
    Awaitable<Result<ExportedFile>> tries();
    Awaitable<Step> one_try();
    /// What an answer means that brought no file.
    Step after_error(const http::Response& answer);
    Step after_cut(Failure failure, std::uint64_t received);
    Step give_up(Failure failure);
    Awaitable<Result<http::Request>> request();
    Awaitable<Result<void>> export_again();
    Awaitable<Result<void>> restart();
    /// Leaves the file so that a later run can go on with it.
    Awaitable<void> leave();
    Awaitable<Result<ExportedFile>> finish();

    Exporter& exporter_;
    Session& session_;
    Object object_;
    Exporter::Ready ready_;
    std::filesystem::path path_;
    ExportObserver& observer_;
    std::string text_;
    SpoolFile file_;
    ExportedFile out_;
    Failure failure_;
    std::optional<std::uint64_t> approved_total_;
    std::string attach_to_;  ///< rq_id for the next export_again()
    bool condition_ = true;  ///< send If-Match; off after a 412, when only the stamp can tell
    int failures_in_row_ = 0;
    int restarts_ = 0;
    int expired_ = 0;
    int unfinished_ = 0;
    bool result_lost_ =
        false;  ///< family A: the finished job must be got rid of before it can be asked for again
};

}  // namespace autobackup::cvat
