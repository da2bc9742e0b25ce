// SPDX-License-Identifier: MIT
#include "daemon/checks/mirror_sources.hpp"

#include <algorithm>

#include "daemon/github/access.hpp"
#include "daemon/github/card.hpp"
#include "daemon/github/owner_name.hpp"
#include "daemon/restore/mirrors.hpp"
#include "daemon/runner/services.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::checks {
namespace {

namespace fs = std::filesystem;

// The owner in whose directory the mirror lies.
const config::GithubSource::Owner* owner_of(const config::GithubSource& source, const fs::path& general, const fs::path& mirror) {
    for (const config::GithubSource::Owner& owner : source.owners) {
        const std::string below = (github_job::directory_of(source, owner, general) / "").string();
        if (mirror.string().starts_with(below)) return &owner;
    }
    return nullptr;
}

std::string url_of(const fs::path& mirror) {
    const Result<git::Repository> repository = git::Repository::open(mirror);
    if (!repository) return {};
    const Result<std::optional<std::string>> url = repository->setting("remote.origin.url");
    return url ? url->value_or(std::string()) : std::string();
}

// A wiki's address stands nowhere but in its mirror, and in that of its repository.
std::string url_by_card(const github_job::Card& card, const std::string& kind) {
    std::string url = card.url;
    if (kind != "github_wiki" || url.empty()) return url;
    if (url.ends_with(".git")) url.resize(url.size() - 4);
    return url + ".wiki.git";
}

}  // namespace

MirrorSources::MirrorSources(runner::Shared& shared, const config::Job& job)
    : shared_(shared), job_(job), context_{shared.workers, shared.progress, shared.config.limits, job.retry, job.name, {}} {}

MirrorSources::~MirrorSources() {
    if (github_) github_->close();
    if (!mirrors_) return;
    mirrors_->client->close_idle();
    runner::close_outlets(*mirrors_->outlets);
}

mirror::Outlets& MirrorSources::outlets() { return github_ ? *github_->outlets : *mirrors_->outlets; }

// What is held and no longer in the configuration has no source.
void MirrorSources::take_configured() {
    for (const restore::HeldMirror& held : restore::mirrors_of(shared_.config, job_)) {
        HeldSource one;
        const auto is_it = [&held](const mirror::Repository& what) { return what.path == held.path; };
        const auto found = std::find_if(mirrors_->repositories.begin(), mirrors_->repositories.end(), is_it);
        if (found != mirrors_->repositories.end()) {
            one.what = *found;
        } else {
            one.what.id = one.what.name = held.name;
            one.what.path = held.path;
            one.not_asked = "it is no longer in the configuration";
        }
        all_.push_back(std::move(one));
    }
}

void MirrorSources::take_github(const config::GithubSource& source) {
    const fs::path general = shared_.config.storage / "github";
    const http::Url& api = github_->session->settings().rest;
    for (const restore::HeldMirror& held : restore::mirrors_of(shared_.config, job_)) {
        const config::GithubSource::Owner* const owner = owner_of(source, general, held.path);
        HeldSource one;
        mirror::Repository& what = one.what;
        what.kind = held.kind;
        what.id = what.name = held.name;
        what.owner = owner != nullptr ? owner->login : std::string();
        if (const std::size_t slash = held.name.find('/'); slash != std::string::npos) what.owner = held.name.substr(0, slash);
        what.path = held.path;
        if (owner != nullptr) what.large_pool = github_job::directory_of(source, *owner, general) / "lfs-objects";
        what.client = github_->client.get();
        what.gate = &shared_.gates.transfers(api.origin(), shared_.config.limits.per_host);
        what.pull_refs = source.pull_refs;
        what.keep_refs = source.keep_refs;
        what.lfs = source.lfs;
        what.source.url = url_of(held.path);
        const std::optional<github_job::Card> card = github_job::read_card(held.path.parent_path());
        if (card && what.source.url.empty()) what.source.url = url_by_card(*card, held.kind);
        if (card && held.kind == "github_repository") what.default_branch = card->default_branch;
        if (what.source.url.empty()) one.not_asked = "nothing says where it came from";
        if (card && !card->gone_since.empty()) one.not_asked = "it has not been there since " + card->gone_since + " (" + card->gone_reason + ")";
        all_.push_back(std::move(one));
    }
}

Awaitable<Result<std::unique_ptr<MirrorSources>>> MirrorSources::make(runner::Shared& shared, const config::Job& job) {
    std::unique_ptr<MirrorSources> made(new MirrorSources(shared, job));
    if (const auto* mirrors = std::get_if<config::MirrorSource>(&job.source)) {
        Result<std::unique_ptr<runner::MirrorServices>> services = co_await runner::make_mirror_services(shared, job, *mirrors);
        if (!services) co_return services.error();
        made->mirrors_ = std::move(*services);
        auto look = [&made] { made->take_configured(); };
        co_await shared.workers.run(std::move(look));
    } else {
        const auto& source = std::get<config::GithubSource>(job.source);
        Result<std::unique_ptr<runner::GithubServices>> services = co_await runner::make_github_services(shared, job, source);
        if (!services) co_return services.error();
        made->github_ = std::move(*services);
        auto look = [&made, &source] { made->take_github(source); };
        co_await shared.workers.run(std::move(look));
    }
    co_return made;
}

Awaitable<Result<mirror::Repository>> MirrorSources::reach(const HeldSource& held) {
    mirror::Repository what = held.what;
    if (!github_) co_return what;
    const bool ssh = remote::is_ssh_url(what.source.url);
    const config::Transport transport = ssh ? config::Transport::ssh : config::Transport::https;
    std::string https_url = what.source.url, ssh_url = ssh ? what.source.url : std::string();
    Result<remote::Settings> access = co_await github_job::git_access(*github_->session, github_->access, transport, std::move(https_url), std::move(ssh_url));
    if (!access) co_return access.error();
    what.source = std::move(*access);
    if (!ssh || !what.lfs) co_return what;
    Result<std::unique_ptr<remote::SshCommands>> made = remote::make_ssh_commands(shared_.workers, what.source);
    if (!made) co_return made.error();
    std::shared_ptr<remote::SshCommands> commands = std::move(*made);
    what.large_access = runner::ssh_authenticate(std::move(commands), remote::without_user(what.source.url));
    co_return what;
}

}  // namespace autobackup::checks
