// SPDX-License-Identifier: MIT
// From "please back this object up" to a complete file in the spool, for every server family. Loop thread
// only.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lib/async/turnstile.hpp"
#include "lib/async/workers.hpp"
#include "lib/cvat/client.hpp"
#include "lib/cvat/parts_plan.hpp"

namespace autobackup::cvat {

class Session;

struct ExportPolicy {
    Milliseconds poll_first{500};
    Milliseconds poll_max{15'000};
    Milliseconds export_deadline{18'000'000};  ///< 5 h
    int attempts = 4;                          ///< of the export, and of the download, each
    Milliseconds retry_delay{5'000}, retry_max_delay{300'000};
    /// SHA-256 of what is downloaded, taken while it arrives (0.6 s of a core per GB). Family A has it always: there it tells an
    /// old file from a new one.
    bool digest = true;
    /// Once per this time the poll is the list of all requests: that call alone frees an export whose worker
    /// died (contract §4.6).
    Milliseconds list_every{60'000};
};

/// What the caller supplies and hears. Called on the loop thread.
class ExportObserver {
public:
    virtual ~ExportObserver() = default;
    /// The server's id of the export in flight (B-D), to be kept so that a restarted run attaches; "" = none
    /// any more.
    virtual void request_id(const std::string& rq_id) = 0;
    virtual void waiting(const std::string& status, Milliseconds since) = 0;  ///< "queued", "started"
    virtual void progress(std::uint64_t received, std::uint64_t total) = 0;
    /// Before the first byte is asked for; a failure (reserve) ends it.
    virtual Result<void> before_download(std::uint64_t total_bytes) = 0;
};

struct ExportedFile {
    std::filesystem::path path;  ///< complete, length checked; not fsynced (a spool does not outlive a power loss)
    std::uint64_t bytes = 0;     ///< that came
    int export_attempts = 1;
    int download_attempts = 1;
    int resumed = 0;  ///< continuations of the download
    Milliseconds export_time{0}, download_time{0};
    std::string content_disposition;  ///< the version stamp (project_<name>_backup_<date>.zip)
    std::string sha256;  ///< of the file, taken while it arrived; hex; "" when not all of it came, or it was not
                         ///< asked for
    /// Of every member in the ZIP: whether its bytes are a hole in the file, because the caller holds the
    /// same; empty when the whole file came.
    std::vector<bool> absent;
};

class Exporter {
public:
    /// `exports`: exports asked for and not yet finished on the server. `transfers`: downloads at once to
    /// this host.
    Exporter(Client& client, async::Workers& workers, async::Turnstile& exports, async::Turnstile& transfers,
             ExportPolicy policy);

    /// Export, poll, download into `file` (a partial file of an earlier try is continued when it is the same
    /// export). `known_request`: an rq_id kept from an interrupted run, or "". Failures: export_failed (peer
    /// = the server's message; transient or not by its text), export_timeout, too_busy, no_data, forbidden, …
    /// The two steps are apart so that the report can tell them apart:
    struct Ready {
        std::string url_path;  ///< where the result lies (path and query)
        std::string rq_id;
        int attempts = 1;
        Milliseconds took{0};
    };
    Awaitable<Result<Ready>> ready(Object object, std::string known_request, ExportObserver& observer);
    /// Asks for the export again by itself (bounded) when the result has expired or changed meanwhile.
    Awaitable<Result<ExportedFile>> download(Object object, Ready ready, std::filesystem::path file,
                                             ExportObserver& observer);
    /// As download(), but members that `held` (borrowed) has are left out where the server allows that
    /// (contract §5) and it spares enough: the file, named `<file>.parts`, has holes then, and
    /// ExportedFile::absent says where. Anything unexpected ends in a download of the whole.
    Awaitable<Result<ExportedFile>> download_parts(Object object, Ready ready, std::filesystem::path file,
                                                   const HeldContent& held, ExportObserver& observer);

private:
    friend class Download;       // carries out download()
    friend class PartsDownload;  // carries out download_parts()
    [[nodiscard]] Session& session() const;

    Client& client_;
    async::Workers& workers_;
    async::Turnstile& exports_;
    async::Turnstile& transfers_;
    ExportPolicy policy_;
};

}  // namespace autobackup::cvat
