// SPDX-License-Identifier: MIT
// From a backup ZIP that is produced piece by piece to a new project or task on a server, for every server
// family (contract §8, family A §5). Loop thread only; the ZIP is produced on a worker.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "lib/async/workers.hpp"
#include "lib/cvat/client.hpp"

namespace autobackup::cvat {

/// What a server as delivered takes: 25 GiB, a constant in its settings (2.14.4 and 2.54.1).
inline constexpr std::uint64_t usual_import_limit = std::uint64_t{25} << 30;

struct ImportPolicy {
    /// Of one PATCH. A proxy may end a request after 60 s (Traefik) and servers before 2.54.1 take at most
    /// 100 MB; halved, down to 1 MiB, when chunks do not get through.
    std::size_t chunk = std::size_t{8} << 20;
    Milliseconds poll_first{500};
    Milliseconds poll_max{15'000};
    Milliseconds import_deadline{
        18'000'000};  ///< 5 h, from the end of the upload; the server's own limit is 4 h
    /// How long to look for an object whose import cannot be asked for by name, because the answer that names
    /// it was lost.
    Milliseconds unseen_deadline{1'800'000};
    int attempts = 4;  ///< of every step that makes no progress, and of the upload as a whole
    Milliseconds retry_delay{5'000}, retry_max_delay{300'000};
    /// Once per this time the poll is the list of all requests: that call alone frees an import whose worker
    /// died.
    Milliseconds list_every{60'000};
};

/// Gives the next bytes of the ZIP; a failure ends the production with that failure.
using TakePiece = std::function<Result<void>(std::span<const std::byte>)>;

/// A ZIP that is to become a project or a task.
struct ImportFile {
    Kind kind = Kind::project;
    std::string words;  ///< for people: "project 12", "task 7 (2 of 3)"
    std::string name;   ///< of the project or task in the ZIP: it is looked for by that when answers are lost
    std::uint64_t bytes = 0;  ///< exactly
    /// Gives the ZIP from its first byte to its last. Called on a worker, again from the start when an upload
    /// has to begin anew; may block in its argument. Owns what it uses.
    std::function<Result<void>(const TakePiece&)> produce;
};

class ImportObserver {
public:
    virtual ~ImportObserver() = default;
    virtual void begins(const std::string& what) = 0;  ///< the next upload: "project 12"
    virtual void sent(std::uint64_t bytes, std::uint64_t total) = 0;
    virtual void waiting(const std::string& status, Milliseconds since) = 0;  ///< "queued", "started"
};

struct Imported {
    std::int64_t id =
        0;  ///< of the new object; 0: the server refuses the content, and nothing of it remains there
    /// Why the server refuses the content: the import failed, and would again.
    std::optional<Failure> refused;
    int uploads = 1;
};

class Importer {
public:
    Importer(Client& client, async::Workers& workers, ImportPolicy policy);

    /// Bytes that the server takes as one upload; usual_import_limit where it does not tell (2.0-2.15).
    Awaitable<Result<std::uint64_t>> limit(Kind kind);

    /// Uploads, asks for the import and waits for its end. `organization`: slug; "" = the account's own
    /// space. `source_failed` (may be null, borrowed) becomes true when it was the production that failed. An
    /// import that a dying worker lost is tried again; one that the server may have carried out never is: it
    /// is looked for first.
    Awaitable<Result<Imported>> run(ImportFile file, std::string organization, ImportObserver& observer,
                                    bool* source_failed = nullptr);

private:
    Client& client_;
    async::Workers& workers_;
    ImportPolicy policy_;
};

}  // namespace autobackup::cvat
