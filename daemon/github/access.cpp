// SPDX-License-Identifier: MIT
#include "daemon/github/access.hpp"

namespace autobackup::github_job {
namespace {

// github.com's API is api.github.com, its gists are gist.github.com; a server of one's own has everything on one host.
bool same_forge(const http::Url& api, const http::Url& url) {
    std::string host = api.host();
    if (host.starts_with("api.")) host.erase(0, 4);
    return (url.host() == host || url.host() == api.host() || url.host() == "gist." + host) && url.tls() == api.tls();
}

}  // namespace

Awaitable<Result<remote::Settings>> git_access(github::Session& session, remote::Settings base, config::Transport transport, std::string https_url,
                                               std::string ssh_url, std::function<void(const std::string& origin)> at_forge) {
    if (transport == config::Transport::ssh && !ssh_url.empty()) {
        base.url = std::move(ssh_url);
        co_return base;
    }
    base.url = std::move(https_url);
    base.ssh = remote::SshSettings();
    const Result<http::Url> url = http::Url::parse(base.url);
    if (!url) co_return url.error();
    if (!same_forge(session.settings().rest, *url)) co_return base;
    if (at_forge) at_forge(url->origin());
    else if (base.speak_v2) base.speak_v2->insert(url->origin());  // one that does not is noticed
    Result<Secret> token = co_await session.token();
    if (!token) co_return token.error();
    base.username = "x-access-token";
    base.password = std::move(*token);
    co_return base;
}

}  // namespace autobackup::github_job
