// SPDX-License-Identifier: MIT
// Fetching only those parts of a backup ZIP that the caller does not hold, by Range requests on one ETag
// (families C and D, whose URL can be asked again). Loop thread only.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "lib/cvat/exporter.hpp"
#include "lib/cvat/parts_plan.hpp"
#include "lib/cvat/resume.hpp"
#include "lib/cvat/session.hpp"

namespace autobackup::cvat {

class PartsFile;

/// Borrows the exporter, `held` and the observer; lives in one coroutine frame. Used once.
class PartsDownload {
public:
    /// `file`: where the file is put together, with holes for what does not come; an old one is overwritten.
    PartsDownload(Exporter& exporter, Object object, Exporter::Ready ready, std::filesystem::path file,
                  const HeldContent& held, ExportObserver& observer);
    ~PartsDownload();

    /// Goes on where an earlier process stopped; leaves what has come when it is stopped, or when the connection breaks for ever.
    /// nullopt: nothing came of it (no ranges here, another file meanwhile, a directory that makes no sense, little to spare,
    /// no room, such a connection): fetch the whole, which says what is wrong.
    Awaitable<std::optional<ExportedFile>> run();

private:
    Awaitable<bool> fetch();
    Awaitable<bool> fetch_tail();
    Awaitable<bool> fetch_range(ByteRange range);
    Awaitable<bool> fetch_missing(ByteRange range);
    /// Keeps, leaves or removes the file.
    Awaitable<void> close(bool fetched, bool stopped);
    /// One request. `wanted`: a Range header's words. Moves `done` by what came.
    enum class Outcome { whole, broken, useless };
    Awaitable<Outcome> ask(std::string wanted, std::optional<ByteRange> range, std::uint64_t& done);
    Awaitable<bool> wait_after_break(std::uint64_t received);
    Awaitable<bool> plan();

    Exporter& exporter_;
    Session& session_;
    Object object_;
    Exporter::Ready ready_;
    std::filesystem::path path_;
    const HeldContent& held_;
    ExportObserver& observer_;
    std::string text_;
    std::shared_ptr<PartsFile> file_;
    FileStamp stamp_;
    std::uint64_t have_from_ = 0;  ///< from here on the file is there
    PartsPlan plan_;
    ExportedFile out_;
    std::uint64_t expected_ = 0;  ///< bytes that come in all, once that is known
    Failure failure_;
    int failures_in_row_ = 0;
    bool broken_ = false;  ///< the connection broke once too often
};

}  // namespace autobackup::cvat
