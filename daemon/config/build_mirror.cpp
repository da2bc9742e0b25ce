// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <map>

#include "daemon/config/build.hpp"
#include "daemon/config/values.hpp"
#include "lib/core/text.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::config {
namespace {

bool is_http(const std::string& url) {
    return to_lower(url.substr(0, 4)) == "http";
}

// Of what is meant for all repositories each takes what is of its kind.
GitAuth shared_part(const GitAuth& all, const std::string& url) {
    GitAuth out;
    if (is_http(url)) {
        out.username = all.username;
        out.password = all.password;
    } else if (remote::is_ssh_url(url)) {
        out.ssh_key = all.ssh_key;
        out.known_hosts = all.known_hosts;
    }
    return out;
}

MirrorRepository build_repository(const View& keys, const GitAuth& all, Problems& problems, Problems& warnings) {
    MirrorRepository out;
    for (const char* name : {"url", "name"}) {
        if (!keys.has(name) && !keys.has_strangers()) problems.add(keys.node().place, keys.path(), fmt::format("'{}' is missing", name));
    }
    keys.read("url", out.url);
    keys.read("name", out.name);
    out.auth = keys.has("auth") ? build_git_auth(keys, out.url, problems) : shared_part(all, out.url);
    if (is_open_http(out.url)) {
        warnings.add(keys.place("url"), keys.path("url"), "http:// sends everything unencrypted; use https://");
    }
    const bool local = out.url.starts_with('/') || out.url.starts_with("file:");
    if (local && keys.has("auth")) warnings.add(keys.place("auth"), keys.path("auth"), "it is not used for a path");
    return out;
}

// Names are directories: what differs in the case of its letters alone is one on some file systems.
void check_names(const MirrorSource& source, const std::vector<View>& views, Problems& problems) {
    std::map<std::string, std::size_t> seen;
    for (std::size_t i = 0; i < source.repositories.size(); ++i) {
        const std::string& name = source.repositories[i].name;
        if (name.empty()) continue;
        const auto [first, is_new] = seen.emplace(to_lower(name), i);
        if (is_new) continue;
        problems.add(views[i].place("name"), views[i].path("name"),
                     fmt::format("the name {} is here twice: first at {}", shown(name), yaml::text(views[first->second].place("name"))));
    }
}

}  // namespace

MirrorSource build_mirror(const View& job, Problems& problems, Problems& warnings) {
    MirrorSource out;
    const View keys = job.sub("mirror");
    keys.read("lfs", out.lfs);
    keys.read("keep_refs", out.keep_refs);
    keys.read("ca_file", out.ca_file);
    const GitAuth all = build_git_auth(keys, std::string(), problems);
    std::vector<View> views;
    if (const yaml::Entry* entry = keys.entry("repositories")) {
        const KeyNode& child = *job_tree().child("mirror")->child("repositories");
        const std::string path = keys.path("repositories");
        const yaml::Node& value = *entry->value;
        if (value.is_mapping()) views.emplace_back(value, child, path);
        for (std::size_t i = 0; i < value.items.size(); ++i) {
            if (value.items[i]->is_mapping() || value.items[i]->is_null()) views.emplace_back(*value.items[i], child, fmt::format("{}[{}]", path, i));
        }
    }
    for (const View& view : views) out.repositories.push_back(build_repository(view, all, problems, warnings));
    check_names(out, views, problems);
    out.outlets = build_outlets(keys, *job_tree().child("mirror"), /*forge=*/false, problems, warnings);
    if (out.repositories.empty() && !keys.has_strangers() && !problems.touch(keys.node())) {
        problems.add(job.place("mirror"), keys.path(), "there is nothing to mirror: repositories: [{url: …, name: …}]");
    }
    return out;
}

}  // namespace autobackup::config
