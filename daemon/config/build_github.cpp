// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "daemon/config/build.hpp"
#include "daemon/config/values.hpp"
#include "lib/core/text.hpp"

namespace autobackup::config {
namespace {

using Owner = GithubSource::Owner;

Owner owner_of(Owner::Kind kind, const std::string& login) {
    Owner owner;
    owner.kind = login == "@me" ? Owner::Kind::self : kind;
    owner.login = login == "@me" ? std::string() : login;
    return owner;
}

void read_owners(const View& keys, const View& job, GithubSource& out, Problems& problems) {
    const int given = int{keys.has("organization")} + int{keys.has("user")} + int{keys.has("owners")};
    if (given != 1) {
        if (given == 0 && keys.has_strangers()) return;
        problems.add(job.place("github"), keys.path(),
                     fmt::format("{}: allowed is exactly one of organization, user, owners", given == 0 ? "the owner is missing" : "several owners are given"));
        return;
    }
    std::string login;
    keys.read(keys.has("organization") ? "organization" : "user", login);
    if (keys.has("organization")) out.owners.push_back(owner_of(Owner::Kind::organization, login));
    if (keys.has("user")) out.owners.push_back(owner_of(Owner::Kind::user, login));
    std::vector<std::string> several;
    keys.read("owners", several);
    for (const std::string& one : several) out.owners.push_back(owner_of(Owner::Kind::any, one));
}

RepositoryFilter read_filter(const View& keys) {
    RepositoryFilter out;
    const View filter = keys.sub("repositories");
    if (filter.has("include")) filter.read("include", out.include);
    filter.read("exclude", out.exclude);
    filter.read("private", out.private_ones);
    filter.read("forks", out.forks);
    filter.read("archived", out.archived);
    filter.read("templates", out.templates);
    filter.read("languages", out.languages);
    filter.read("topics", out.topics);
    if (filter.has("max_size")) filter.read("max_size", out.max_size.emplace());
    filter.read("pushed_within", out.pushed_within);
    return out;
}

constexpr std::string_view github_ways = "allowed is exactly one of: token, or app_id with installation and private_key";

void check_github_auth(const View& server, const View& auth, const yaml::Entry& entry, Problems& problems) {
    if (!server.has("auth")) {
        if (!server.has_strangers()) problems.add(entry.place, server.path(), "'auth' is missing, such as auth: {token: NAME}");
        return;
    }
    if (auth.has_strangers() || !(auth.node().is_mapping() || auth.node().is_null())) return;
    for (const char* name : {"access_token", "username", "password"}) {
        if (auth.has(name)) problems.add(auth.entry(name)->place, auth.path(name), fmt::format("'{}' is for CVAT; {}", name, github_ways));
    }
    const int app = int{auth.has("app_id")} + int{auth.has("installation")} + int{auth.has("private_key")};
    const bool one_way = auth.has("token") ? app == 0 : app == 3;
    if (!one_way) problems.add(server.place("auth"), auth.path(), std::string(github_ways));
}

}  // namespace

GithubSource build_github(const View& job, Problems& problems, Problems& warnings) {
    GithubSource out;
    const View keys = job.sub("github");
    keys.read("server", out.server);
    read_owners(keys, job, out, problems);
    out.repositories = read_filter(keys);
    std::string choice;
    keys.read("transport", choice);
    out.transport = choice == "ssh" ? Transport::ssh : Transport::https;
    keys.read("lfs", out.lfs);
    keys.read("wikis", out.wikis);
    keys.read("gists", out.gists);
    keys.read("starred_gists", out.starred_gists);
    keys.read("starred", out.starred);
    keys.read("pull_refs", choice);
    out.pull_refs = choice == "all" ? PullRefs::all : choice == "none" ? PullRefs::none : PullRefs::head;
    keys.read("keep_refs", out.keep_refs);
    keys.read("recheck", out.recheck);
    keys.read("directory", out.directory);
    out.outlets = build_outlets(keys, *job_tree().child("github"), /*forge=*/true, problems, warnings);
    if (keys.has("organization")) {
        for (const char* name : {"gists", "starred"}) {
            const bool asked = std::string_view(name) == "gists" ? out.gists : out.starred;
            if (asked) problems.add(keys.place(name), keys.path(name), "an organisation has none: it is for users");
        }
    }
    return out;
}

GithubServer build_github_server(const View& keys, const yaml::Entry& entry, Problems& problems, Problems& warnings) {
    GithubServer out;
    keys.read("github", out.url);
    if (is_open_http(out.url)) {
        warnings.add(keys.place("github"), keys.path("github"), "http:// sends the token unencrypted; use https://");
    }
    const View auth = keys.sub("auth");
    check_github_auth(keys, auth, entry, problems);
    auth.read("token", out.token);
    auth.read("app_id", out.app_id);
    auth.read("installation", out.installation);
    auth.read("private_key", out.private_key);
    if (out.private_key) out.private_key->private_key = true;
    const View ssh = keys.sub("ssh");
    ssh.read("key", out.ssh_key);
    if (out.ssh_key) out.ssh_key->private_key = true;
    ssh.read("known_hosts", out.known_hosts);
    keys.read("ca_file", out.ca_file);
    keys.sub("limits").read("no_progress", out.no_progress);
    for (const char* name : {"organization"}) {
        if (keys.has(name)) problems.add(keys.entry(name)->place, keys.path(name), "it is for CVAT; a GitHub job names its owner itself");
    }
    return out;
}

}  // namespace autobackup::config
