// SPDX-License-Identifier: MIT
#include "daemon/ctl/line_urls.hpp"

#include "lib/core/text.hpp"
#include "lib/core/url_text.hpp"
#include "lib/http/url.hpp"
#include "lib/remote/local_url.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::ctl {
namespace {

std::optional<std::string> mistake_in(const char* option, const std::string& text) {
    if (!looks_like_url(text)) return std::nullopt;
    const std::string lower = to_lower(text);
    if (lower.starts_with("http:") || lower.starts_with("https:")) {
        const Result<http::Url> url = http::Url::parse(text);
        if (url) return std::nullopt;
        return std::string(option) + " " + url.error().object + ": " + url.error().message;
    }
    if (lower.starts_with("ssh://")) {
        const Result<remote::SshAddress> address = remote::parse_ssh_address(text);
        if (address) return std::nullopt;
        return std::string(option) + ": " + address.error().message;
    }
    if (remote::local_path(text)) return std::nullopt;
    return std::string(option) + " " + one_line(without_user_info(text)) + ": not an http, https, ssh or file URL";
}

}  // namespace

bool looks_like_url(const std::string& text) {
    const std::string lower = to_lower(text);
    return text.find("://") != std::string::npos || lower.starts_with("http:/") || lower.starts_with("https:/");
}

std::optional<std::string> mistake_in_urls(const CommandLine& line) {
    const bool brought = line.verb == "verify";
    for (const std::string* name : {&line.job, &line.run, &line.snapshot, &line.item}) {
        if (!looks_like_url(*name) || (brought && name == &line.job)) continue;
        return "a URL is no name of a job, an item, a run or a snapshot; snapshots, restore and verify take one with --from";
    }
    std::optional<std::string> mistake;
    if (brought) mistake = mistake_in("JOB|PATH", line.job);
    if (!mistake) mistake = mistake_in("--from", line.from);
    if (!mistake) mistake = mistake_in("--to-git", line.to_git);
    if (!mistake) mistake = mistake_in("--to-cvat", line.to_cvat);
    return mistake;
}

}  // namespace autobackup::ctl
