// SPDX-License-Identifier: MIT
#include "lib/cvat/exporter.hpp"

#include "lib/async/run.hpp"
#include "lib/core/file.hpp"
#include "lib/cvat/client_impl.hpp"
#include "lib/cvat/download.hpp"
#include "lib/cvat/export_flow.hpp"
#include "lib/cvat/parts_download.hpp"
#include "lib/cvat/resume_file.hpp"
#include "lib/cvat/spool_file.hpp"

namespace autobackup::cvat {

Exporter::Exporter(Client& client, async::Workers& workers, async::Turnstile& exports,
                   async::Turnstile& transfers, ExportPolicy policy)
    : client_(client), workers_(workers), exports_(exports), transfers_(transfers), policy_(policy) {}

Session& Exporter::session() const {
    return client_.impl_->session;
}

namespace {

/// Whether the export may still run on the server, so that a later run can attach to it.
bool may_still_run(const Failure& failure) {
    if (failure.code == Errc::export_failed || failure.code == Errc::export_expired) return false;
    return failure.transient || failure.code == Errc::export_timeout;
}

}  // namespace

Awaitable<Result<Exporter::Ready>> Exporter::ready(Object object, std::string known_request,
                                                   ExportObserver& observer) {
    ExportFlow flow(session(), policy_, object, observer);
    for (int attempt = 1;; ++attempt) {
        async::Turnstile::Pass pass = co_await exports_.enter();
        Result<Ready> result = co_await flow.run(std::move(known_request));
        pass.release();
        known_request = std::string();
        if (result) {
            result->attempts = attempt;
            result->took = flow.elapsed();
            co_return result;
        }
        const Failure& failure = result.error();
        if (!may_still_run(failure)) observer.request_id(std::string());
        // Everything else that passes by itself was tried again call by call already.
        const bool again =
            failure.code == Errc::export_failed && failure.transient && attempt < policy_.attempts;
        if (!again) co_return result;
        co_await async::sleep_for(
            async::backoff(attempt, policy_.retry_delay, policy_.retry_max_delay, async::random_fraction()));
    }
}

Awaitable<Result<ExportedFile>> Exporter::download(Object object, Ready ready, std::filesystem::path file,
                                                   ExportObserver& observer) {
    Download download(*this, object, std::move(ready), std::move(file), observer);
    co_return co_await download.run();
}

Awaitable<Result<ExportedFile>> Exporter::download_parts(Object object, Ready ready, std::filesystem::path file,
                                                         const HeldContent& held, ExportObserver& observer) {
    std::filesystem::path parts_file = file;
    parts_file += ".parts";
    if (held.bytes >= least_spared && !is_single_shot(ready.url_path)) {
        PartsDownload parts(*this, object, ready, parts_file, held, observer);
        std::optional<ExportedFile> came = co_await parts.run();
        if (came) {
            // What an interrupted download of the whole has left is of no use any more.
            SpoolFile(file, std::string()).discard();
            co_return std::move(*came);
        }
    }
    Result<ExportedFile> whole = co_await download(object, std::move(ready), std::move(file), observer);
    if (whole) {
        for (const std::filesystem::path& left : {parts_file, side_file(parts_file)}) remove_quietly(left);
    }
    co_return whole;
}

}  // namespace autobackup::cvat
