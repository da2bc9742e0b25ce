// SPDX-License-Identifier: MIT
#include "daemon/restore/cvat_server.hpp"

#include <utility>

#include "daemon/restore/import_plan.hpp"
#include "lib/core/text.hpp"

namespace autobackup::restore {
namespace {

cvat::Settings settings_of(const ServerAccess& access, http::Url base) {
    cvat::Settings settings;
    settings.name = access.name;
    settings.base = std::move(base);
    if (access.auth == ServerAccess::Auth::token) settings.auth = cvat::TokenAuth{access.secret};
    if (access.auth == ServerAccess::Auth::access_token) settings.auth = cvat::AccessTokenAuth{access.secret};
    if (access.auth == ServerAccess::Auth::password) settings.auth = cvat::PasswordAuth{access.username, access.secret};
    settings.limits.connect = access.connect;
    settings.limits.no_progress = access.no_progress;
    settings.attempts = access.policy.attempts;
    settings.retry_delay = access.policy.retry_delay;
    settings.retry_max_delay = access.policy.retry_max_delay;
    return settings;
}

std::string tasks_text(std::size_t count) { return std::to_string(count) + (count == 1 ? " task" : " tasks"); }

std::vector<std::string> lines_of(const Parts& parts, const ImportPlan& plan) {
    std::vector<std::string> lines;
    for (const TaskPart& part : parts.tasks) {
        const std::string task = "task \"" + one_line(part.name) + "\" (" + human_bytes(part.bytes) + ")";
        const auto never = plan.never.find(part.index);
        if (never != plan.never.end()) lines.push_back("left out: " + task + ": " + never->second);
        if (plan.apart.contains(part.index)) lines.push_back("uploaded on its own and moved into the project: " + task);
    }
    lines.push_back(tasks_text(parts.tasks.size() - plan.apart.size() - plan.never.size()) + " in one upload");
    return lines;
}

// The side file beside the version; "" when the job keeps none. Dated ZIPs have none beside them: it is looked for in the vault.
Result<std::string> side_file_of(const Request& request) {
    if (!request.snapshot.in_vault) return std::string();
    const Result<git::Repository> repository = git::Repository::open_any(request.place.vault);
    if (!repository) return repository.error();
    const Result<std::optional<vault::Held>> held = vault::read_held(*repository, request.snapshot.in_vault->commit, request.snapshot.item);
    if (!held) return held.error();
    std::string text;
    if (!*held || !(*held)->details) return text;
    const git::TakeBytes take = [&](std::span<const std::byte> bytes) -> Result<void> {
        text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return {};
    };
    const Result<void> read = repository->stream_blob(*(*held)->details, take);
    if (!read) return read.error();
    return text;
}

}  // namespace

Awaitable<Result<std::unique_ptr<Server>>> Server::open(ServerAccess access) {
    Result<http::Url> base = http::Url::parse(access.url);
    if (!base) co_return base.error();
    Result<std::unique_ptr<http::Client>> made = http::make_client(access.http);
    if (!made) co_return made.error();
    auto server = std::make_unique<Server>();
    server->http_ = std::move(*made);
    server->client_ = std::make_unique<cvat::Client>(*server->http_, settings_of(access, std::move(*base)));
    const Result<cvat::About> about = co_await server->client_->connect();
    server->http_->close_idle();
    if (!about) co_return about.error();
    co_return server;
}

Awaitable<Result<void>> Server::check_organization(std::string slug) {
    if (slug.empty()) co_return Result<void>();
    const Result<std::vector<cvat::Organization>> all = co_await client_->organizations();
    if (!all) co_return all.error();
    std::string names;
    for (const cvat::Organization& one : *all) {
        if (one.slug == slug) co_return Result<void>();
        names += (names.empty() ? "" : ", ") + one.slug;
    }
    co_return fail(Errc::bad_request, "restore", "organisation " + one_line(slug),
                   names.empty() ? "this account is in no organisation of the server" : "this account is in no such organisation; it is in " + names);
}

Awaitable<Result<OnServer>> to_cvat(Server& server, async::Workers& workers, const Request& request, ToServer wish,
                                    cvat::ImportObserver& observer, std::string& from, std::vector<Failure>* not_whole) {
    std::vector<std::string> warnings;
    auto read = [&request] { return side_file_of(request); };
    const Result<std::string> side = co_await workers.run(std::move(read));
    if (side) wish.details = *side;
    if (!side) warnings.push_back("the side file could not be read: " + describe(side.error()));
    if (side && side->empty() && wish.ledger == nullptr) warnings.emplace_back("this copy has no side file: stages, states, assignees and issues stay as the server makes them");
    std::optional<Failure> first;
    for (const Prefer copy : order_of(request)) {
        auto find = [&request, copy] { return content_of(request, copy, true); };
        Result<Content> content = co_await workers.run(std::move(find));
        bool damaged = !content;
        Result<OnServer> done = fail(Errc::internal, "restore", request.snapshot.id, "not tried");
        if (content) {
            from = content->from;
            done = co_await to_cvat(server.client(), workers, std::move(*content), wish, observer, &damaged);
        } else {
            done = content.error();
        }
        if (done) {
            if (first) warnings.push_back("it was restored from " + from + " instead");
            done->warnings.insert(done->warnings.begin(), warnings.begin(), warnings.end());
            co_return done;
        }
        if (!damaged || done.error().code == Errc::cancelled) co_return done;
        warnings.push_back("a copy is not whole: " + describe(done.error()));
        if (not_whole != nullptr) not_whole->push_back(done.error());
        if (!first) first = done.error();
    }
    if (first) co_return *first;
    co_return fail(Errc::unsupported, "restore", request.snapshot.id, "there is no copy of it: " + request.snapshot.reason);
}

Awaitable<Result<std::vector<std::string>>> plan_to_cvat(Server& server, async::Workers& workers, const Request& request, const ToServer& wish) {
    const std::vector<Prefer> copies = order_of(request);
    if (copies.empty()) co_return fail(Errc::unsupported, "restore", request.snapshot.id, "there is no copy of it: " + request.snapshot.reason);
    auto look = [&request, copy = copies.front()]() -> Result<Parts> {
        Result<Content> content = content_of(request, copy, true);
        if (!content) return content.error();
        return look_into(std::move(*content), request.stop);
    };
    const Result<Parts> parts = co_await workers.run(std::move(look));
    if (!parts) co_return parts.error();
    const Content& content = parts->content;
    if (content.manifest) {
        const Result<void> fits = check_versions(content.manifest->server_version, server.client().about().version, content.item.words());
        if (!fits) co_return fits.error();
    }
    const bool project = content.item.kind == vault::ItemId::Kind::project;
    const cvat::Kind kind = project ? cvat::Kind::project : cvat::Kind::task;
    cvat::Importer importer(server.client(), workers, wish.policy);
    const Result<std::uint64_t> limit = co_await importer.limit(kind);
    if (!limit) co_return limit.error();
    std::vector<std::string> lines;
    if (project) lines = lines_of(*parts, plan_import(*parts, *limit));
    co_return lines;
}

}  // namespace autobackup::restore
