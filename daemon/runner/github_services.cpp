// SPDX-License-Identifier: MIT
#include "daemon/runner/github_services.hpp"

#include "daemon/github/filter.hpp"
#include "daemon/github/owner_name.hpp"
#include "daemon/runner/github_host_keys.hpp"
#include "daemon/runner/services.hpp"
#include "lib/core/text.hpp"

namespace autobackup::runner {
namespace {

std::string clock_text(Instant until) { return rfc3339_seconds(until).substr(11, 8) + " UTC"; }

Awaitable<Result<github::Settings>> server_settings(Shared& shared, const config::Job& job, const config::GithubServer& server, std::string name) {
    github::Settings settings;
    settings.name = std::move(name);
    const Result<http::Url> rest = http::Url::parse(server.url);
    if (!rest) co_return rest.error();
    settings.rest = *rest;
    const config::SecretRef reference = server.token.value_or(server.private_key.value_or(config::SecretRef()));
    Result<Secret> secret = co_await read_secret(shared, reference);
    if (!secret) co_return secret.error();
    if (server.token) {
        github::TokenAuth token;
        token.token = std::move(*secret);
        settings.auth = std::move(token);
    } else {
        github::AppAuth app;
        app.app_id = server.app_id;
        app.installation = server.installation;
        app.private_key = std::move(*secret);
        settings.auth = std::move(app);
    }
    settings.limits.connect = shared.config.limits.connect;
    settings.limits.no_progress = server.no_progress;
    settings.attempts = job.retry.attempts;
    settings.retry_delay = job.retry.delay;
    settings.retry_max_delay = job.retry.max_delay;
    settings.waits = [&shared, name = settings.name](Instant until, std::string_view why) {
        shared.progress.phase("waiting for " + name + " until " + clock_text(until) + ": " + std::string(why));
        if (shared.listener.warning) shared.listener.warning("calls of " + name + " wait until " + clock_text(until) + ": " + std::string(why));
    };
    co_return settings;
}

}  // namespace

void GithubServices::account(model::Run& run) const {
    add_traffic(run, client->traffic());
    run.api_requests += session->requests();
    account_outlets(*outlets, run);
}

void GithubServices::close() const {
    client->close_idle();
    close_outlets(*outlets);
}

Awaitable<Result<std::unique_ptr<GithubServices>>> make_github_services(Shared& shared, const config::Job& job,
                                                                        const config::GithubSource& source) {
    const auto& server = std::get<config::GithubServer>(shared.config.servers.at(source.server).what);
    auto services = std::make_unique<GithubServices>();
    Result<github::Settings> settings = co_await server_settings(shared, job, server, source.server);
    if (!settings) co_return settings.error();
    Result<std::unique_ptr<http::Client>> client = make_http(shared, server.ca_file);
    if (!client) co_return client.error();
    services->client = std::move(*client);
    services->access.speak_v2 = std::make_shared<std::set<std::string>>();
    services->access.connect = shared.config.limits.connect;
    services->access.no_progress = server.no_progress;
    services->access.ssh.known_hosts = server.known_hosts;
    if (server.known_hosts.empty() && source.transport == config::Transport::ssh && settings->rest.host() == "api.github.com") {
        auto write = [folder = ssh_directory(shared)] { return write_github_host_keys(folder); };
        Result<std::filesystem::path> keys = co_await shared.workers.run(std::move(write));
        if (!keys) co_return keys.error();
        services->access.ssh.known_hosts = std::move(*keys);
    }
    services->access.ssh.run_directory = ssh_directory(shared);
    if (server.ssh_key && source.transport == config::Transport::ssh) {
        Result<Secret> key = co_await read_secret(shared, *server.ssh_key);
        if (!key) co_return key.error();
        services->access.ssh.key = std::move(*key);
    }
    Result<std::unique_ptr<mirror::Outlets>> outlets = co_await make_outlets(shared, source.outlets);
    if (!outlets) co_return outlets.error();
    services->outlets = std::move(*outlets);
    // One budget for one token, whatever jobs and servers of the configuration use it.
    github::Account& account = shared.gates.account(github::account_digest(*settings));
    services->session = std::make_unique<github::Session>(*services->client, account, std::move(*settings));
    co_return services;
}

namespace {

// How many repositories the owners have, in words; `first`: one of those that the job wants.
Awaitable<Result<std::string>> ask_owners(const GithubServices& services, const config::GithubSource& source, github::Repository& first) {
    github::Client client(*services.session);
    std::string words;
    for (const config::GithubSource::Owner& owner : source.owners) {
        const github::Owner asked = github_job::asked_owner(owner);
        const Result<github::Listing> listing = co_await client.repositories(asked);
        if (!listing) co_return listing.error();
        const github_job::Chosen chosen = github_job::choose(listing->repositories, source.repositories, now());
        if (first.name.empty() && !chosen.repositories.empty()) first = chosen.repositories.front();
        words += (words.empty() ? "" : ", ") + github::text_of(asked) + ": " + std::to_string(listing->repositories.size()) + " repositories";
        if (!listing->unreadable.empty()) words += " (" + std::to_string(listing->unreadable.size()) + " more cannot be read)";
    }
    co_return words;
}

}  // namespace

Awaitable<GithubAnswer> ask_github(Shared& shared, const config::Job& job, const config::GithubSource& source) {
    GithubAnswer answer{std::string()};
    const Result<std::unique_ptr<GithubServices>> services = co_await make_github_services(shared, job, source);
    if (!services) {
        answer.source = services.error();
        co_return answer;
    }
    github::Repository first;
    answer.source = co_await ask_owners(**services, source, first);
    // Without a repository to name, the places can be asked for one all the same.
    if (first.name.empty()) first.name = "name", first.owner = "owner";
    answer.copies = co_await ask_copies(shared, *(*services)->outlets, first.name, first.owner);
    (*services)->close();
    co_return answer;
}

}  // namespace autobackup::runner
