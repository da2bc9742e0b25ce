// SPDX-License-Identifier: MIT
#include "daemon/cvat/fetch.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "lib/core/file.hpp"
#include "lib/core/text.hpp"

namespace autobackup::cvat_job {
namespace {

using Clock = std::chrono::steady_clock;

std::string object_key(cvat::Object object) { return key_of(object.kind, object.id); }

// Keeps the server's request id (so that a restarted run attaches), shows progress, and guards the free space.
class Observer final : public cvat::ExportObserver {
public:
    Observer(Context& context, cvat::Object object) : context_(context), object_(object), label_(object_name(context, object)) {}

    void request_id(const std::string& rq_id) override {
        state::Store& store = context_.store;
        const std::string job = context_.job.name;
        const std::string key = object_key(object_);
        if (rq_id.empty()) {
            context_.workers.post_serial([&store, job, key] { (void)store.forget_export(job, key); });
            return;
        }
        state::PendingExport pending;
        pending.object = key;
        pending.rq_id = rq_id;
        pending.asked_at = rfc3339(now());
        pending.spool_file = key + ".zip";
        // Losing the note costs one more export after a crash, never a backup: a failure here does not end the run.
        context_.workers.post_serial([&store, job, pending] { (void)store.save_export(job, pending); });
    }
    void waiting(const std::string& status, Milliseconds since) override {
        context_.progress.phase("waiting for the export of " + label_ + ": " + status + " " + human_duration(since));
    }
    void progress(std::uint64_t received, std::uint64_t total) override {
        context_.progress.phase("downloading " + label_);
        context_.progress.bytes(received, total);
    }
    Result<void> before_download(std::uint64_t total) override {
        // The ZIP in the spool, its content in the vault, and the dated copy where one is kept.
        const std::uint64_t copies = context_.job.archive ? 3 : 2;
        const Result<std::uint64_t> free = free_bytes(context_.places.storage);
        if (!free) return free.error();
        if (*free >= total * copies + context_.limits.reserve) return {};
        Failure failure = fail(Errc::reserve, "download", label_,
                               "not enough space: " + human_bytes(*free) + " free, " + human_bytes(total) + " to download need " +
                                   human_bytes(total * copies) + " and limits.reserve keeps " + human_bytes(context_.limits.reserve));
        failure.hint = "free some space under " + context_.places.storage.string() + " or lower limits.reserve";
        return failure;
    }

private:
    Context& context_;
    cvat::Object object_;
    std::string label_;
};

model::Stage failed_stage(const std::string& stage, cvat::Object object, const Failure& failure) {
    model::Stage failed;
    failed.stage = stage;
    failed.outcome = model::StageOutcome::failed;
    failed.error = failure;
    if (object.kind == cvat::Kind::task) failed.task = "task " + std::to_string(object.id);
    return failed;
}

Awaitable<std::string> known_request(Context& context, cvat::Object object) {
    auto read = [&context] { return context.store.exports(context.job.name); };
    const Result<std::vector<state::PendingExport>> pending = co_await context.workers.run(std::move(read));
    if (!pending) co_return std::string();
    for (const state::PendingExport& one : *pending) {
        if (one.object == object_key(object)) co_return one.rq_id;
    }
    co_return std::string();
}

// The download gets a name of its own first: while it is in use, the same object may be fetched again.
Awaitable<Result<VerifiedZip>> verify(Context& context, cvat::Object object, const cvat::ExportedFile& downloaded,
                                      std::filesystem::path file, const HeldMedia& media, FetchLog& log) {
    const auto begin = Clock::now();
    context.progress.phase("verifying " + object_name(context, object));
    auto work = [&context, object, &downloaded, file, &media]() -> Result<VerifiedZip> {
        if (::rename(downloaded.path.c_str(), file.c_str()) != 0) return fail_errno(errno, "rename", downloaded.path.string());
        return verify_zip(file, object.kind, object_name(context, object), context.workers.size(), context.workers.stop_token(),
                          downloaded.absent, media.blobs);
    };
    Result<VerifiedZip> verified = co_await context.workers.run(std::move(work));
    log.verify_s += seconds_since(begin);
    co_return verified;
}

std::shared_ptr<void> guard_of(const std::filesystem::path& file) {
    return std::shared_ptr<void>(nullptr, [file](void*) { remove_quietly(file); });
}

}  // namespace

cvat::Object project_object(std::int64_t id) {
    cvat::Object object;
    object.kind = cvat::Kind::project;
    object.id = id;
    return object;
}

cvat::Object task_object(std::int64_t id) {
    cvat::Object object;
    object.kind = cvat::Kind::task;
    object.id = id;
    return object;
}

std::string key_of(cvat::Kind kind, std::int64_t id) { return std::string(cvat::name(kind)) + "-" + std::to_string(id); }

std::string object_name(const Context& context, cvat::Object object) {
    return std::string(cvat::name(object.kind)) + " " + std::to_string(object.id) + " of " + context.client.settings().name;
}

void FetchLog::move(const std::string& from, const std::string& to) {
    if (in_work == nullptr) return;
    const auto found = std::find(in_work->begin(), in_work->end(), from);
    if (found != in_work->end()) in_work->erase(found);
    if (!to.empty()) in_work->push_back(to);
}

void FetchLog::add_stages(std::vector<model::Stage>& stages) const {
    if (exports > 0) {
        model::Stage exported;
        exported.stage = "export";
        exported.duration_s = export_s;
        exported.attempts = export_attempts;
        stages.push_back(std::move(exported));
    }
    if (bytes > 0) {
        model::Stage downloaded;
        downloaded.stage = "download";
        downloaded.duration_s = download_s;
        downloaded.bytes = bytes;
        downloaded.resumed = resumed;
        stages.push_back(std::move(downloaded));
        model::Stage verified;
        verified.stage = "verify";
        verified.duration_s = verify_s;
        stages.push_back(std::move(verified));
    }
    stages.insert(stages.end(), failed.begin(), failed.end());
}

Awaitable<Result<FetchedZip>> fetch_object(Context& context, cvat::Object object, const HeldMedia& media, FetchLog& log) {
    Observer observer(context, object);
    const std::filesystem::path target = context.places.spool() / (object_key(object) + ".zip");
    async::Turnstile& turn = context.object_turns.try_emplace(object_key(object), std::size_t{1}).first->second;
    const async::Turnstile::Pass pass = co_await turn.enter();
    std::string request = co_await known_request(context, object);
    const HeldMedia nothing;
    for (int attempt = 1;; ++attempt) {
        log.move(attempt == 1 ? "" : "verify", "export");
        Result<cvat::Exporter::Ready> ready = co_await context.exporter.ready(object, request, observer);
        request.clear();
        if (!ready) {
            log.move("export", "");
            log.failed.push_back(failed_stage("export", object, ready.error()));
            co_return ready.error();
        }
        ++log.exports;
        log.export_s += static_cast<double>(ready->took.count()) / 1000.0;
        log.export_attempts = std::max(log.export_attempts, ready->attempts);
        log.move("export", "download");
        // What was put together of two sources and does not fit is fetched whole the second time.
        const HeldMedia& spared = attempt == 1 ? media : nothing;
        Result<cvat::ExportedFile> downloaded =
            co_await context.exporter.download_parts(object, *ready, target, spared.content, observer);
        if (!downloaded) {
            log.move("download", "");
            log.failed.push_back(failed_stage("download", object, downloaded.error()));
            co_return downloaded.error();
        }
        log.move("download", "verify");
        log.bytes += downloaded->bytes;
        log.resumed += downloaded->resumed;
        log.download_s += static_cast<double>(downloaded->download_time.count()) / 1000.0;
        const std::filesystem::path file =
            context.places.spool() / (object_key(object) + "-fetched-" + std::to_string(++context.files_fetched) + ".zip");
        const std::shared_ptr<void> guard = guard_of(file);
        Result<VerifiedZip> verified = co_await verify(context, object, *downloaded, file, spared, log);
        if (verified) {
            log.move("verify", "");
            FetchedZip fetched;
            fetched.zip = std::move(*verified);
            fetched.file = file;
            fetched.bytes = downloaded->bytes;
            fetched.sha256 = downloaded->sha256;
            fetched.content_disposition = downloaded->content_disposition;
            fetched.spool_guard = guard;
            co_return fetched;
        }
        // A damaged transfer is worth one more try; a server that lies twice is not.
        if (verified.error().code != Errc::archive_invalid || attempt >= 2) {
            log.move("verify", "");
            log.failed.push_back(failed_stage("verify", object, verified.error()));
            co_return verified.error();
        }
    }
}

}  // namespace autobackup::cvat_job
