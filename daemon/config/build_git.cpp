// SPDX-License-Identifier: MIT
#include "daemon/config/build.hpp"
#include "daemon/config/values.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::config {
namespace {

void check_http_auth(const View& target, const View& auth, Problems& problems) {
    const bool user = auth.has("username") || auth.has("password");
    if (auth.has("ssh_key") || auth.has("known_hosts")) {
        problems.add(target.place("auth"), auth.path(),
                     "ssh_key and known_hosts are for ssh, the URL is of another kind");
    } else if (auth.has("token") == user) {
        problems.add(target.place("auth"), auth.path(),
                     std::string(user ? "several are given, " : "nothing is given, ") +
                         "allowed is token, or username with password");
    } else if (user && !(auth.has("username") && auth.has("password"))) {
        problems.add(target.place("auth"), auth.path(), "'username' and 'password' belong together");
    }
}

void check_git_auth(const View& target, const View& auth, const std::string& url, Problems& problems) {
    if (!target.has("auth") || auth.has_strangers() || !(auth.node().is_mapping() || auth.node().is_null()))
        return;
    const bool for_ssh = url.empty() ? auth.has("ssh_key") || auth.has("known_hosts") : remote::is_ssh_url(url);
    if (!for_ssh) return check_http_auth(target, auth, problems);
    if (auth.has("token") || auth.has("username") || auth.has("password")) {
        problems.add(target.place("auth"), auth.path(),
                     "ssh takes no password or token: allowed is ssh_key, known_hosts (the user name stands in "
                     "the URL)");
    } else if (!auth.has("ssh_key") && !auth.has("known_hosts")) {
        problems.add(target.place("auth"), auth.path(), "nothing is given, allowed is ssh_key, known_hosts");
    }
}

void warn(const View& target, const GitTarget& out, Problems& warnings) {
    if (is_open_http(out.url)) {
        warnings.add(target.place("url"), target.path("url"),
                     "http:// sends everything unencrypted; use https://");
    }
    const bool local = out.url.starts_with('/') || out.url.starts_with("file:");
    if (local && out.password) {
        warnings.add(target.place("auth"), target.path("auth"), "it is not used for a path");
    }
}

void build_large_files(const View& target, GitTarget& out) {
    std::string word;
    target.read("large_files", word);
    out.large_files = word == "refuse" ? LargeFiles::refuse : LargeFiles::lfs;
    target.read("large_file_limit", out.large_file_limit);
}

// The targets of a job share their commits, and with them what of these are pointers.
void check_same_large_files(const View& job, const std::vector<GitTarget>& targets, Problems& problems) {
    for (std::size_t i = 1; i < targets.size(); ++i) {
        if (targets[i].large_files == targets[0].large_files && targets[i].large_file_limit == targets[0].large_file_limit) continue;
        problems.add(job.place("git"), job.path("git") + '[' + std::to_string(i) + ']',
                     "large_files and large_file_limit must be the same in all targets of a job: they share their commits");
    }
}

GitTarget build_target(const View& target, Problems& problems, Problems& warnings) {
    GitTarget out;
    target.read("url", out.url);
    if (!target.has("url") && !target.has_strangers()) {
        problems.add(target.node().place, target.path(), "'url' is missing");
    }
    target.read("branch", out.branch);
    GitAuth auth = build_git_auth(target, out.url, problems);
    out.username = std::move(auth.username);
    out.password = std::move(auth.password);
    out.ssh_key = std::move(auth.ssh_key);
    out.known_hosts = std::move(auth.known_hosts);
    target.read("ca_file", out.ca_file);
    const View author = target.sub("author");
    author.read("name", out.author_name);
    author.read("email", out.author_email);
    if (out.author_name.find_first_of("<>") != std::string::npos) {
        problems.add(author.place("name"), author.path("name"), "git allows no < and > in a name");
    }
    build_large_files(target, out);
    warn(target, out, warnings);
    return out;
}

}  // namespace

GitAuth build_git_auth(const View& parent, const std::string& url, Problems& problems) {
    GitAuth out;
    const View auth = parent.sub("auth");
    check_git_auth(parent, auth, url, problems);
    auth.read("ssh_key", out.ssh_key);
    if (out.ssh_key) out.ssh_key->private_key = true;
    auth.read("known_hosts", out.known_hosts);
    auth.read("username", out.username);
    auth.read("password", out.password);
    if (out.username.find(':') != std::string::npos) {
        problems.add(auth.place("username"), auth.path("username"),
                     "a user name with ':' cannot be sent (RFC 7617)");
    }
    if (!auth.has("token")) return out;
    out.username = "x-access-token";
    auth.read("token", out.password);
    return out;
}

// Two targets that are one branch would be pushed in turns, each by its own history.
void check_twins(const std::vector<GitTarget>& targets, const View& job, Problems& problems) {
    for (std::size_t i = 1; i < targets.size(); ++i) {
        for (std::size_t before = 0; before < i; ++before) {
            if (targets[i].url.empty() || targets[i].url != targets[before].url) continue;
            if (targets[i].branch != targets[before].branch) continue;
            problems.add(job.entry("git")->value->items[i]->place, job.path("git") + '[' + std::to_string(i) + ']',
                         "this branch of this repository is a target already");
        }
    }
}

std::vector<GitTarget> build_git(const View& job, Problems& problems, Problems& warnings) {
    std::vector<GitTarget> out;
    const yaml::Entry* entry = job.entry("git");
    if (entry == nullptr) return out;
    const KeyNode& keys = *job_tree().child("git");
    const yaml::Node& value = *entry->value;
    if (value.is_mapping() || value.is_null())
        out.push_back(build_target(View(value, keys, job.path("git")), problems, warnings));
    for (std::size_t i = 0; i < value.items.size(); ++i) {
        const std::string path = job.path("git") + '[' + std::to_string(i) + ']';
        const yaml::Node& item = *value.items[i];
        if (item.is_mapping() || item.is_null())
            out.push_back(build_target(View(item, keys, path), problems, warnings));
    }
    check_same_large_files(job, out, problems);
    if (out.size() == value.items.size()) check_twins(out, job, problems);
    return out;
}

}  // namespace autobackup::config
