// SPDX-License-Identifier: MIT
#include "lib/lfs/http_remote.hpp"

#include <algorithm>
#include <set>

#include "lib/async/run.hpp"
#include "lib/lfs/batch_client.hpp"
#include "lib/lfs/transfer.hpp"

namespace autobackup::lfs {
namespace {

// What one round of asking and moving left to do, and why.
struct Round {
    std::vector<Pointer> left;
    std::optional<Failure> failure;  ///< transient unless `fatal`
    bool fatal = false;
};

class HttpRemote final : public Remote {
public:
    HttpRemote(http::Client& client, async::Workers& workers, Store local, http::Url endpoint, Settings settings)
        : client_(client), workers_(workers), local_(std::move(local)), settings_(std::move(settings)),
          api_(client, std::move(endpoint), settings_) {}

    Awaitable<Result<Moved>> upload(std::vector<Pointer> objects) override;
    Awaitable<Result<Moved>> download(std::vector<Pointer> objects) override;
    Awaitable<Result<Gathered>> gather(std::vector<Pointer> objects) override;

private:
    Result<void> give_up(const std::vector<Pointer>& left, const Failure& failure);
    bool refuse(const Pointer& object, const Failure& failure);
    Awaitable<Result<void>> move_all(Operation operation, std::vector<Pointer> objects);
    Awaitable<Round> move_round(Operation operation, std::vector<Pointer> objects);
    Awaitable<void> move_page(Operation operation, std::vector<Pointer> page, Round& round);
    Awaitable<void> move_object(Operation operation, const BatchObject& object, std::optional<Failure>& failure);
    Awaitable<Result<void>> put(const BatchObject& object);
    Awaitable<Result<void>> verify(const BatchObject& object);
    Awaitable<Result<void>> get(const BatchObject& object);
    Awaitable<Result<void>> prove(std::vector<Pointer> objects);
    [[nodiscard]] http::Request request_of(http::Method method, const Action& action, const BatchObject& object) const;
    [[nodiscard]] std::string words(const Pointer& object) const { return "large object " + object.oid + " of " + settings_.url; }

    http::Client& client_;
    async::Workers& workers_;
    Store local_;
    Settings settings_;
    BatchClient api_;
    std::vector<Pointer> moved_;          // by the call at work
    bool gathering_ = false;              // objects that cannot be had are put aside in refused_
    std::vector<std::pair<Pointer, Failure>> refused_;
};

// True: the object is put aside, and the others go on. A full disk is not the object's fault.
bool HttpRemote::refuse(const Pointer& object, const Failure& failure) {
    if (!gathering_ || failure.code == Errc::disk_full || failure.code == Errc::io_error) return false;
    refused_.emplace_back(object, failure);
    return true;
}

http::Request HttpRemote::request_of(http::Method method, const Action& action, const BatchObject& object) const {
    http::Request request;
    request.method = method;
    request.url = action.href;
    request.headers = action.headers;
    request.authorization = action.authorization;
    if (request.authorization.empty() && !object.authenticated) request.authorization = api_.own_credentials(action.href);
    request.object = words(object.pointer);
    return request;
}

// What still fails after all tries is a failure of these objects when others went through, of all otherwise.
Result<void> HttpRemote::give_up(const std::vector<Pointer>& left, const Failure& failure) {
    if (!gathering_ || (moved_.empty() && refused_.empty())) return failure;
    for (const Pointer& object : left) {
        if (!refuse(object, failure)) return failure;
    }
    return {};
}

Awaitable<Result<void>> HttpRemote::put(const BatchObject& object) {
    http::Request request = request_of(http::Method::put, *object.upload, object);
    if (request.headers.find("Content-Type") == nullptr) request.headers.set("Content-Type", "application/octet-stream");
    auto source = std::make_shared<ObjectSource>(workers_, local_, object.pointer);
    const Result<void> opened = co_await source->open();
    if (!opened) co_return opened;
    request.source = source;
    const Result<http::Response> response = co_await client_.exchange(std::move(request), api_.limits());
    if (!response) co_return response.error();
    if (response->head.status / 100 != 2) co_return failure_of_answer(*response, "upload", words(object.pointer));
    if (object.verify) co_return co_await verify(object);
    co_return Result<void>();
}

Awaitable<Result<void>> HttpRemote::verify(const BatchObject& object) {
    http::Request request = request_of(http::Method::post, *object.verify, object);
    request.headers.set("Accept", std::string(media_type));
    request.headers.set("Content-Type", std::string(media_type));
    request.body = verify_request(object.pointer);
    const Result<http::Response> response = co_await client_.exchange(std::move(request), api_.limits());
    if (!response) co_return response.error();
    if (response->head.status / 100 == 2) co_return Result<void>();
    co_return failure_of_answer(*response, "verify", words(object.pointer));
}

Awaitable<Result<void>> HttpRemote::get(const BatchObject& object) {
    if (!object.download) co_return fail(Errc::bad_response, "download", words(object.pointer), "the server tells no place to fetch it from");
    http::Request request = request_of(http::Method::get, *object.download, object);
    ObjectSink sink(workers_, local_, object.pointer);
    const Result<http::Response> response = co_await client_.stream(std::move(request), sink, api_.limits());
    if (!response) co_return response.error();
    if (!sink.accepted()) co_return failure_of_answer(*response, "download", words(object.pointer));
    Result<void> kept = co_await sink.keep();
    if (kept || kept.error().code != Errc::content_mismatch) co_return kept;
    Failure damaged = kept.error();
    damaged.transient = true;  // on the way, as a rule
    co_return damaged;
}

Awaitable<void> HttpRemote::move_object(Operation operation, const BatchObject& object, std::optional<Failure>& failure) {
    const std::optional<Action>& action = operation == Operation::upload ? object.upload : object.download;
    if (operation == Operation::upload && !action) co_return;  // it is there
    const std::optional<Instant> expires = action ? action->expires : std::nullopt;
    if (expires && *expires <= now() + expiry_margin) {
        failure = fail(Errc::timeout, std::string(name(operation)), words(object.pointer), "what the server allowed had expired");
        failure->transient = true;
        co_return;
    }
    async::Turnstile::Pass pass;
    if (settings_.gate != nullptr) pass = co_await settings_.gate->enter();
    Result<void> done;
    if (operation == Operation::upload) {
        done = co_await put(object);
    } else {
        done = co_await get(object);
    }
    if (done) {
        moved_.push_back(object.pointer);
        co_return;
    }
    failure = done.error();
    // A permission that was given for a time may have ended while others were moved: it is asked for again.
    const int status = failure->http_status;
    if (expires && failure->operation != "verify" && (status == 401 || status == 403 || status == 404 || status == 410)) failure->transient = true;
}

Awaitable<void> HttpRemote::move_page(Operation operation, std::vector<Pointer> page, Round& round) {
    const Result<std::vector<BatchObject>> answer = co_await api_.ask(operation, page);
    if (!answer) {
        round.failure = answer.error();
        round.fatal = !answer.error().transient;
        // "The batch API request contained too many objects" (docs/api/batch.md).
        const bool too_many = answer.error().http_status == 413 && page.size() > 1;
        if (too_many) settings_.per_request = page.size() / 2;
        if (too_many) round.fatal = false;
        round.left.insert(round.left.end(), page.begin(), page.end());
        co_return;
    }
    std::vector<bool> aside(answer->size());
    for (std::size_t i = 0; i < answer->size(); ++i) {
        if ((*answer)[i].error_code == 0) continue;
        const Failure failure = failure_of_object((*answer)[i], operation, settings_.url);
        aside[i] = !failure.transient && refuse((*answer)[i].pointer, failure);
        if (aside[i]) continue;
        round.failure = failure;
        round.fatal = !failure.transient;
        if (round.fatal) co_return;
    }
    std::vector<std::optional<Failure>> failures(answer->size());
    std::function<Awaitable<void>(std::size_t)> each = [&](std::size_t i) -> Awaitable<void> {
        if (round.fatal || (*answer)[i].error_code != 0) co_return;
        co_await move_object(operation, (*answer)[i], failures[i]);
        aside[i] = failures[i] && !failures[i]->transient && refuse((*answer)[i].pointer, *failures[i]);
        if (!failures[i] || aside[i]) co_return;
        if (!round.fatal) round.failure = failures[i];
        round.fatal = round.fatal || !failures[i]->transient;
    };
    co_await async::for_each_index(answer->size(), settings_.at_once, each);
    for (std::size_t i = 0; i < answer->size(); ++i) {
        if (!aside[i] && (failures[i] || (*answer)[i].error_code != 0)) round.left.push_back((*answer)[i].pointer);
    }
}

Awaitable<Round> HttpRemote::move_round(Operation operation, std::vector<Pointer> objects) {
    Round round;
    std::size_t at = 0;
    while (at < objects.size() && !round.fatal) {
        const std::size_t count = std::min(settings_.per_request, objects.size() - at);
        const auto begin = objects.begin() + static_cast<std::ptrdiff_t>(at);
        std::vector<Pointer> page(begin, begin + static_cast<std::ptrdiff_t>(count));
        co_await move_page(operation, std::move(page), round);
        at += count;
    }
    co_return round;
}

Awaitable<Result<void>> HttpRemote::move_all(Operation operation, std::vector<Pointer> objects) {
    moved_.clear();
    refused_.clear();
    for (int attempt = 1; !objects.empty();) {
        const std::size_t page_before = settings_.per_request;
        Round round = co_await move_round(operation, objects);
        if (round.left.empty() && !round.failure) break;
        if (round.fatal) co_return *round.failure;
        const bool smaller_pages = settings_.per_request < page_before;
        // An object that went through is progress, and a smaller question a new one.
        if (round.left.size() == objects.size() && !smaller_pages) ++attempt;
        objects = std::move(round.left);
        if (smaller_pages) continue;
        if (attempt > settings_.attempts) co_return give_up(objects, *round.failure);
        Milliseconds delay = async::backoff(attempt, settings_.retry_delay, settings_.retry_max_delay, async::random_fraction());
        if (round.failure->code == Errc::timeout && round.failure->http_status == 0) delay = Milliseconds(0);
        const Milliseconds asked = round.failure->retry_after.value_or(std::chrono::seconds(0));
        if (asked > settings_.retry_max_delay) co_return give_up(objects, *round.failure);
        delay = std::max(delay, asked);
        co_await async::sleep_for(delay);
    }
    co_return Result<void>();
}

// What was sent must be there for those who clone.
Awaitable<Result<void>> HttpRemote::prove(std::vector<Pointer> objects) {
    std::size_t at = 0;
    while (at < objects.size()) {
        const std::size_t count = std::min(settings_.per_request, objects.size() - at);
        const auto begin = objects.begin() + static_cast<std::ptrdiff_t>(at);
        std::vector<Pointer> page(begin, begin + static_cast<std::ptrdiff_t>(count));
        const Result<std::vector<BatchObject>> answer = co_await api_.ask(Operation::download, std::move(page));
        if (!answer) co_return answer.error();
        for (const BatchObject& object : *answer) {
            if (object.error_code == 0 && object.download) continue;
            co_return fail(Errc::push_unverified, "verify", words(object.pointer), "the server took the object, but does not offer it for download",
                           object.error_message);
        }
        at += count;
    }
    co_return Result<void>();
}

Moved sum_of(const std::vector<Pointer>& objects) {
    Moved moved;
    moved.objects = objects.size();
    for (const Pointer& object : objects) moved.bytes += object.size;
    return moved;
}

std::vector<Pointer> each_once(std::vector<Pointer> objects) {
    const std::set<Pointer> unique(objects.begin(), objects.end());
    return std::vector<Pointer>(unique.begin(), unique.end());
}

Awaitable<Result<Moved>> HttpRemote::upload(std::vector<Pointer> objects) {
    const Result<void> done = co_await move_all(Operation::upload, each_once(std::move(objects)));
    if (!done) co_return done.error();
    const std::vector<Pointer> moved = moved_;
    const Result<void> proved = co_await prove(moved);
    if (!proved) co_return proved.error();
    co_return sum_of(moved);
}

Awaitable<Result<Moved>> HttpRemote::download(std::vector<Pointer> objects) {
    std::vector<Pointer> missing = each_once(std::move(objects));
    std::erase_if(missing, [this](const Pointer& object) { return local_.has(object); });
    const Result<void> done = co_await move_all(Operation::download, std::move(missing));
    if (!done) co_return done.error();
    co_return sum_of(moved_);
}

Awaitable<Result<Gathered>> HttpRemote::gather(std::vector<Pointer> objects) {
    std::vector<Pointer> missing = each_once(std::move(objects));
    std::erase_if(missing, [this](const Pointer& object) { return local_.has(object); });
    gathering_ = true;
    const Result<void> done = co_await move_all(Operation::download, std::move(missing));
    gathering_ = false;
    if (!done) co_return done.error();
    Gathered gathered;
    gathered.moved = sum_of(moved_);
    gathered.refused = std::move(refused_);
    co_return gathered;
}

}  // namespace

std::unique_ptr<Remote> make_http_remote(http::Client& client, async::Workers& workers, Store local, http::Url endpoint, Settings settings) {
    return std::make_unique<HttpRemote>(client, workers, std::move(local), std::move(endpoint), std::move(settings));
}

}  // namespace autobackup::lfs
