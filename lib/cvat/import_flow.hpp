// SPDX-License-Identifier: MIT
// One try to restore one ZIP: upload, finish, wait. Loop thread only.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "lib/cvat/importer.hpp"
#include "lib/cvat/session.hpp"
#include "lib/cvat/upload_pipe.hpp"

namespace autobackup::cvat {

/// Borrows everything; lives in the frame of Importer::run().
class ImportFlow {
public:
    ImportFlow(Session& session, async::Workers& workers, const ImportPolicy& policy, const ImportFile& file,
               const std::string& organization, ImportObserver& observer);

    enum class How {
        done,     ///< `id` is the new object
        refused,  ///< the import failed on the content: `failure`
        again     ///< nothing came of it and nothing is left of it: the upload was lost, or a worker died
    };
    struct End {
        How how = How::again;
        std::int64_t id = 0;
        Failure failure{};  ///< of refused and again
    };
    /// A Failure is one that another try does not mend, or after which another could make a second object.
    Awaitable<Result<End>> run();

    /// Whether a failure came from the production of the ZIP.
    [[nodiscard]] bool source_failed() const noexcept { return source_failed_; }

private:
    using Clock = std::chrono::steady_clock;

    // import_upload.cpp
    /// Not a bool: a copy of a failed Result<bool> that is not const holds `false` (common-errors.md).
    enum class Sent { all, lost };  ///< lost: by the server
    Awaitable<Result<Sent>> upload();
    Awaitable<void> produce(std::shared_ptr<UploadPipe> pipe);
    Awaitable<Result<Sent>> send(std::shared_ptr<UploadPipe> pipe);
    Awaitable<Result<void>> create();
    /// One chunk, however often it takes.
    Awaitable<Result<Sent>> put_chunk(std::string chunk, bool last);
    Awaitable<Result<http::Response>> patch(const std::string& bytes);
    struct Offset {
        enum class Kind { known, gone, unclear } kind = Kind::unclear;
        std::uint64_t at = 0;
    };
    Awaitable<Result<Offset>> ask_offset();
    [[nodiscard]] bool old_end_of_upload(Offset::Kind told) const;
    Failure too_large(const http::Response& answer) const;

    // import_finish.cpp
    /// What was there before the finish, so that what it made can be told from it.
    Awaitable<Result<void>> remember();
    /// The id of the import; "" = it was taken, but the answer that names it was lost for good; nullopt: the
    /// upload is gone.
    Awaitable<Result<std::optional<std::string>>> finish();
    Awaitable<Result<std::optional<std::string>>> import_since();
    Awaitable<Result<std::set<std::string>>> import_requests();
    /// An object that is new since remember(), ours, and has the name.
    Awaitable<Result<std::optional<std::int64_t>>> object_since();

    // import_wait.cpp
    static End done(std::int64_t id);
    Awaitable<Result<End>> wait(std::string rq_id);
    Awaitable<Result<std::optional<RequestRecord>>> record_of(std::string rq_id, bool from_list);
    Awaitable<Result<End>> wait_old(std::string rq_id);
    Awaitable<Result<End>> wait_for_object();
    Awaitable<Result<End>> forgotten(std::string why);
    Awaitable<Result<End>> failed(std::string message);
    [[nodiscard]] Failure timed_out() const;

    [[nodiscard]] Call call_to(http::Method method, std::string path) const;
    [[nodiscard]] std::string route() const;  ///< "/api/projects/backup/"
    [[nodiscard]] Milliseconds elapsed() const;
    Awaitable<void> pause(int tries);

    Session& session_;
    async::Workers& workers_;
    const ImportPolicy& policy_;
    const ImportFile& file_;
    const std::string& organization_;
    ImportObserver& observer_;
    std::string text_;  ///< "new project of lab"
    bool source_failed_ = false;

    std::string upload_path_;   ///< of PATCH and HEAD
    std::string upload_name_;   ///< of the finish
    std::uint64_t offset_ = 0;  ///< bytes that the server has
    std::size_t chunk_ = 0;

    std::set<std::string> requests_before_;
    std::int64_t newest_before_ = 0;
    Clock::time_point finished_at_{};
};

}  // namespace autobackup::cvat
