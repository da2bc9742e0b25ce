// SPDX-License-Identifier: MIT
#include "daemon/runner/outlet_services.hpp"

#include "daemon/model/copy_url.hpp"
#include "daemon/runner/services.hpp"
#include "lib/github/create_repository.hpp"
#include "lib/github/creation_right.hpp"
#include "lib/http/url.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::runner {
namespace {

Awaitable<Result<void>> create_at(github::Forge forge, std::shared_ptr<http::Client> client, std::string url, std::string branch) {
    const Result<github::NewRepository> made = github::new_repository(forge.kind, forge.api, url, branch);
    if (!made) co_return made.error();
    co_return co_await github::create_repository(*client, std::move(forge), *made);
}

Awaitable<Result<std::string>> may_create_at(github::Forge forge, std::shared_ptr<http::Client> client, std::string url) {
    const Result<github::NewRepository> meant = github::new_repository(forge.kind, forge.api, url, std::string());
    if (!meant) co_return meant.error();
    co_return co_await github::creation_right(*client, std::move(forge), *meant);
}

Awaitable<Result<mirror::CopyPlace>> make_place(Shared& shared, const config::MirrorCopy& copy) {
    mirror::CopyPlace place;
    place.settings = copy;
    Result<remote::Settings> access = co_await git_access(shared, copy.auth);
    if (!access) co_return access.error();
    place.access = std::move(*access);
    Result<std::unique_ptr<http::Client>> client = make_http(shared, copy.ca_file);
    if (!client) co_return client.error();
    place.client = std::move(*client);
    const std::string any = config::fill_copy_url(copy.url, "name", "owner");
    place.gate = &shared.gates.transfers(transfer_origin(any), shared.config.limits.per_host);
    if (copy.create == config::CreateAt::none) co_return place;
    github::Forge forge;
    forge.kind = copy.create == config::CreateAt::gitea ? github::Forge::Kind::gitea : github::Forge::Kind::github;
    forge.api = copy.api;
    forge.username = copy.api_token || copy.auth.username == "x-access-token" ? std::string() : copy.auth.username;
    forge.secret = place.access.password;
    forge.limits.connect = shared.config.limits.connect;
    forge.limits.no_progress = shared.config.limits.no_progress;
    if (copy.api_token) {
        Result<Secret> token = co_await read_secret(shared, *copy.api_token);
        if (!token) co_return token.error();
        forge.secret = std::move(*token);
    }
    place.may_create = [forge, used = place.client](std::string url) { return may_create_at(forge, used, std::move(url)); };
    place.create = [forge, used = place.client](std::string url, std::string branch) { return create_at(forge, used, std::move(url), std::move(branch)); };
    co_return place;
}

}  // namespace

std::string transfer_origin(const std::string& git_url) {
    if (remote::is_ssh_url(git_url)) {
        const Result<remote::SshAddress> address = remote::parse_ssh_address(git_url);
        return address ? "ssh://" + address->host + ":" + std::to_string(address->port) : "ssh://";
    }
    const Result<http::Url> url = http::Url::parse(git_url);
    return url ? url->origin() : "file://";
}

Awaitable<Result<std::unique_ptr<mirror::Outlets>>> make_outlets(Shared& shared, const config::MirrorOutlets& outlets) {
    auto made = std::make_unique<mirror::Outlets>();
    made->bundles = outlets.bundles;
    for (const config::MirrorCopy& copy : outlets.copies) {
        Result<mirror::CopyPlace> place = co_await make_place(shared, copy);
        if (!place) co_return place.error();
        made->copies.push_back(std::move(*place));
    }
    co_return made;
}

void account_outlets(const mirror::Outlets& outlets, model::Run& run) {
    for (const mirror::CopyPlace& place : outlets.copies) {
        const http::Traffic traffic = place.client->traffic();
        run.api_requests += traffic.requests;
        add_traffic(run, traffic);
    }
}

void close_outlets(const mirror::Outlets& outlets) {
    for (const mirror::CopyPlace& place : outlets.copies) place.client->close_idle();
}

}  // namespace autobackup::runner
