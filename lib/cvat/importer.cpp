// SPDX-License-Identifier: MIT
#include "lib/cvat/importer.hpp"

#include <algorithm>
#include <charconv>

#include "lib/async/run.hpp"
#include "lib/core/text.hpp"
#include "lib/cvat/client_impl.hpp"
#include "lib/cvat/import_flow.hpp"
#include "lib/cvat/wire.hpp"

namespace autobackup::cvat {

ImportFlow::ImportFlow(Session& session, async::Workers& workers, const ImportPolicy& policy,
                       const ImportFile& file, const std::string& organization, ImportObserver& observer)
    : session_(session),
      workers_(workers),
      policy_(policy),
      file_(file),
      organization_(organization),
      observer_(observer),
      text_(session.object_text(std::string("new ") + name(file.kind))),
      chunk_(std::max<std::size_t>(policy.chunk, 1)) {}

Call ImportFlow::call_to(http::Method method, std::string path) const {
    Call call;
    call.method = method;
    call.path = std::move(path);
    call.object = text_;
    // The finish decides to whom the object belongs; on the others the right is checked.
    if (!organization_.empty()) call.headers.emplace_back("X-Organization", organization_);
    call.headers.emplace_back("Tus-Resumable", "1.0.0");
    // Without it a server that no proxy tells its own name answers 500.
    call.headers.emplace_back("Origin", session_.settings().base.origin());
    return call;
}

std::string ImportFlow::route() const {
    return std::string("/api/") + name(file_.kind) + "s/backup/";
}

Milliseconds ImportFlow::elapsed() const {
    return std::chrono::duration_cast<Milliseconds>(Clock::now() - finished_at_);
}

Awaitable<void> ImportFlow::pause(int tries) {
    co_await async::sleep_for(
        async::backoff(tries, policy_.retry_delay, policy_.retry_max_delay, async::random_fraction()));
}

Awaitable<Result<ImportFlow::End>> ImportFlow::run() {
    End end;
    end.failure = fail(Errc::server_error, "restore", text_, "the server has lost the upload");
    const Result<Sent> there = co_await upload();
    if (!there) co_return there.error();
    if (*there == Sent::lost) co_return end;
    const Result<void> known = co_await remember();
    if (!known) co_return known.error();
    finished_at_ = Clock::now();
    const Result<std::optional<std::string>> rq_id = co_await finish();
    if (!rq_id) co_return rq_id.error();
    if (!*rq_id) co_return end;
    Result<End> waited = co_await wait(**rq_id);
    if (waited) co_return waited;
    Failure failure = waited.error();
    failure.transient = false;
    if (failure.hint.empty())
        failure.hint = "the server may go on with the import: look there before trying again";
    co_return failure;
}

Importer::Importer(Client& client, async::Workers& workers, ImportPolicy policy)
    : client_(client), workers_(workers), policy_(policy) {}

Awaitable<Result<std::uint64_t>> Importer::limit(Kind kind) {
    Session& session = client_.impl_->session;
    if (session.about().family == Family::a) co_return usual_import_limit;  // it answers OPTIONS with 500
    Call call;
    call.method = http::Method::options;
    call.path = std::string("/api/") + name(kind) + "s/backup/";
    call.object = session.object_text("the limits of uploads");
    const Result<http::Response> answer = co_await session.call(std::move(call));
    if (!answer) co_return answer.error();
    const std::string told = answer->head.headers.value_or("Tus-Max-Size", std::string());
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(told.data(), told.data() + told.size(), size);
    const bool good = error == std::errc() && end == told.data() + told.size() && size > 0;
    co_return good ? size : usual_import_limit;
}

Awaitable<Result<Imported>> Importer::run(ImportFile file, std::string organization, ImportObserver& observer,
                                          bool* source_failed) {
    Imported out;
    observer.begins(file.words);
    for (int tries = 1;; ++tries) {
        ImportFlow flow(client_.impl_->session, workers_, policy_, file, organization, observer);
        const Result<ImportFlow::End> end = co_await flow.run();
        if (!end && source_failed != nullptr) *source_failed = flow.source_failed();
        if (!end) co_return end.error();
        out.uploads = tries;
        if (end->how == ImportFlow::How::refused) out.refused = end->failure;
        if (end->how == ImportFlow::How::done) out.id = end->id;
        if (end->how != ImportFlow::How::again) co_return out;
        if (tries >= policy_.attempts) co_return end->failure;
        co_await async::sleep_for(
            async::backoff(tries, policy_.retry_delay, policy_.retry_max_delay, async::random_fraction()));
    }
}

}  // namespace autobackup::cvat
