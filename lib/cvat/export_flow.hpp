// SPDX-License-Identifier: MIT
// One asking for an export: from the request to the server until it says finished or failed. Loop thread
// only.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "lib/cvat/exporter.hpp"
#include "lib/cvat/session.hpp"

namespace autobackup::cvat {

/// Borrows everything; lives in the frame of Exporter::ready().
class ExportFlow {
public:
    ExportFlow(Session& session, const ExportPolicy& policy, Object object, ExportObserver& observer);

    /// The deadline counts from the first call of this.
    void start_clock();
    [[nodiscard]] Milliseconds elapsed() const;

    /// Asks (or attaches to `known_request`) and waits. A failed export is export_failed or what its message
    /// means.
    Awaitable<Result<Exporter::Ready>> run(std::string known_request);

    /// Family A: gets rid of a finished job whose file is gone; needs no write permission.
    Awaitable<Result<void>> escape();

private:
    using Clock = std::chrono::steady_clock;
    struct Posted {
        std::string rq_id;
        bool attached = false;  ///< 409: somebody of this account asked for it before
    };

    // POST …/backup/export, then /api/requests (2.16 and later)
    Awaitable<Result<Exporter::Ready>> run_requests(std::string rq_id);
    Awaitable<Result<Posted>> post();
    Awaitable<Result<std::string>> find_running();
    /// Nothing: the server does not know the id (any more).
    Awaitable<Result<std::optional<RequestRecord>>> wait_for_end(std::string rq_id, bool look_at_once);
    Awaitable<Result<std::optional<RequestRecord>>> poll_id(std::string rq_id);
    Awaitable<Result<std::optional<RequestRecord>>> poll_list(std::string rq_id);
    Awaitable<Result<bool>> edited_since(std::optional<Instant> asked);
    Result<Exporter::Ready> ready_from(const RequestRecord& record) const;

    // GET …/backup until 201 (2.0 to 2.15)
    Awaitable<Result<Exporter::Ready>> run_old();

    [[nodiscard]] std::string object_path() const;  ///< "/api/projects/12"
    [[nodiscard]] Failure timed_out() const;
    [[nodiscard]] Failure no_data(const http::Response& answer, std::string operation) const;
    [[nodiscard]] bool out_of_time() const;
    /// Sleeps, but not past the deadline.
    Awaitable<void> pause(Milliseconds delay);

    Session& session_;
    const ExportPolicy& policy_;
    Object object_;
    ExportObserver& observer_;
    std::string text_;  ///< "project 12 of lab"
    std::optional<Clock::time_point> started_;
};

}  // namespace autobackup::cvat
