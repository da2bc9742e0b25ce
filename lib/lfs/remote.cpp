// SPDX-License-Identifier: MIT
#include "lib/lfs/remote.hpp"

#include <sys/stat.h>

#include "lib/core/text.hpp"
#include "lib/lfs/http_remote.hpp"
#include "lib/lfs/path_remote.hpp"
#include "lib/remote/local_url.hpp"

namespace autobackup::lfs {
namespace {

constexpr std::string_view ssh_scheme = "ssh://";

// "user@host:path" and "host:path" as git reads them: no scheme, and a colon before the first slash.
std::optional<std::string> scp_as_https(std::string_view url) {
    const std::size_t colon = url.find(':');
    if (colon == std::string_view::npos || url.find("://") != std::string_view::npos || url.find('/') < colon) return std::nullopt;
    std::string_view host = url.substr(0, colon);
    if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
    std::string_view path = url.substr(colon + 1);
    while (path.starts_with('/')) path.remove_prefix(1);
    return "https://" + std::string(host) + "/" + std::string(path);
}

// The port of ssh says nothing about that of https.
std::optional<std::string> ssh_as_https(std::string_view url) {
    if (!to_lower(url.substr(0, ssh_scheme.size())).starts_with(ssh_scheme)) return std::nullopt;
    url.remove_prefix(ssh_scheme.size());
    const std::size_t slash = url.find('/');
    std::string_view host = url.substr(0, slash);
    if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
    const std::size_t port = host.starts_with('[') ? host.find("]:") : host.rfind(':');
    if (port != std::string_view::npos) host = host.substr(0, host.starts_with('[') ? port + 1 : port);
    return "https://" + std::string(host) + std::string(slash == std::string_view::npos ? "" : url.substr(slash));
}

}  // namespace

Result<http::Url> endpoint_of(std::string_view git_url) {
    std::string text(git_url);
    if (std::optional<std::string> https = scp_as_https(git_url)) text = std::move(*https);
    if (std::optional<std::string> https = ssh_as_https(git_url)) text = std::move(*https);
    while (text.ends_with('/')) text.pop_back();
    if (!text.ends_with(".git")) text += ".git";
    return http::Url::parse(text + "/info/lfs");
}

std::optional<std::filesystem::path> local_objects(std::string_view git_url) {
    const std::optional<std::string> text = remote::local_path(git_url);
    if (!text) return std::nullopt;
    const std::filesystem::path path(*text);
    struct stat status {};
    const bool bare = ::stat((path / ".git").c_str(), &status) != 0;
    return (bare ? path : path / ".git") / "lfs" / "objects";
}

Result<std::unique_ptr<Remote>> make_remote(http::Client& client, async::Workers& workers, Store local, Settings settings) {
    if (settings.endpoint) {
        http::Url endpoint = *settings.endpoint;
        return make_http_remote(client, workers, std::move(local), std::move(endpoint), std::move(settings));
    }
    if (std::optional<std::filesystem::path> objects = local_objects(settings.url)) {
        return make_path_remote(workers, std::move(local), std::move(*objects), std::move(settings.url));
    }
    const Result<http::Url> endpoint = endpoint_of(settings.url);
    if (!endpoint) {
        return fail(Errc::config_invalid, "use", settings.url, "no place for large files can be derived from this URL: " + endpoint.error().message);
    }
    return make_http_remote(client, workers, std::move(local), *endpoint, std::move(settings));
}

}  // namespace autobackup::lfs
