// SPDX-License-Identifier: MIT
#include "daemon/config/build.hpp"
#include "daemon/config/values.hpp"

namespace autobackup::config {
namespace {

constexpr std::string_view cvat_ways = "allowed is exactly one of: token, access_token, username with password";

void check_cvat_auth(const View& server, const View& auth, const yaml::Entry& entry, Problems& problems) {
    if (!server.has("auth")) {
        if (server.has_strangers()) return;
        problems.add(entry.place, server.path(), "'auth' is missing, such as auth: {token: NAME}");
        return;
    }
    if (auth.has_strangers() || !(auth.node().is_mapping() || auth.node().is_null())) return;
    const bool user = auth.has("username") || auth.has("password");
    const int given = int{auth.has("token")} + int{auth.has("access_token")} + int{user};
    const bool of_github = auth.has("app_id") || auth.has("installation") || auth.has("private_key");  // told by refuse_github_keys()
    if (given != 1 && !of_github) {
        problems.add(
            server.place("auth"), auth.path(),
            std::string(given == 0 ? "nothing is given, " : "several are given, ") + std::string(cvat_ways));
    } else if (given == 1 && user && !(auth.has("username") && auth.has("password"))) {
        problems.add(server.place("auth"), auth.path(), "'username' and 'password' belong together");
    }
}

void refuse_github_keys(const View& keys, Problems& problems) {
    const View auth = keys.sub("auth");
    for (const char* name : {"app_id", "installation", "private_key"}) {
        if (auth.has(name)) problems.add(auth.entry(name)->place, auth.path(name), "it is for GitHub; " + std::string(cvat_ways));
    }
    if (keys.has("ssh")) problems.add(keys.entry("ssh")->place, keys.path("ssh"), "it is for GitHub");
}

}  // namespace

Server build_server(const yaml::Entry& entry, Problems& problems, Problems& warnings) {
    const View keys(*entry.value, *key_tree().child("servers")->child("*"), join_path("servers", entry.key));
    Server server{entry.key, origin_of(entry.place), CvatServer()};
    auto& cvat = std::get<CvatServer>(server.what);
    if (!(entry.value->is_mapping() || entry.value->is_null())) return server;
    if (keys.has("github") && keys.has("cvat")) {
        problems.add(keys.entry("github")->place, keys.path("github"), "a server is of one kind: cvat or github");
    } else if (keys.has("github")) {
        server.what = build_github_server(keys, entry, problems, warnings);
        return server;
    }
    keys.read("cvat", cvat.url);
    if (!keys.has("cvat") && !keys.has_strangers()) {
        problems.add(entry.place, keys.path(), "the kind of server is missing: cvat: URL, or github: URL");
    }
    refuse_github_keys(keys, problems);
    if (is_open_http(cvat.url)) {
        warnings.add(keys.place("cvat"), keys.path("cvat"),
                     "http:// sends the token unencrypted; use https://");
    }
    const View auth = keys.sub("auth");
    check_cvat_auth(keys, auth, entry, problems);
    auth.read("token", cvat.token);
    auth.read("access_token", cvat.access_token);
    auth.read("username", cvat.username);
    auth.read("password", cvat.password);
    keys.read("organization", cvat.organization);
    keys.read("ca_file", cvat.ca_file);
    const View limits = keys.sub("limits");
    limits.read("exports", cvat.exports);
    limits.read("poll_first", cvat.poll_first);
    limits.read("poll_max", cvat.poll_max);
    limits.read("export_deadline", cvat.export_deadline);
    limits.read("no_progress", cvat.no_progress);
    if (cvat.poll_max < cvat.poll_first && !problems.touch(limits.node())) {
        const char* name = limits.has("poll_max") ? "poll_max" : "poll_first";
        problems.add(limits.place(name), limits.path(name), "poll_max is shorter than poll_first");
    }
    return server;
}

}  // namespace autobackup::config
