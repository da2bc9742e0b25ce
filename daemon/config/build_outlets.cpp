// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "daemon/config/build.hpp"
#include "daemon/config/values.hpp"
#include "daemon/model/copy_url.hpp"
#include "lib/core/text.hpp"
#include "lib/remote/local_url.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::config {
namespace {

// A forge is asked to make "owner/name": the URL must end in these two.
bool has_two_parts(const std::string& url) {
    const std::string filled = fill_copy_url(url, "name", "owner");
    const std::size_t host = filled.find("://");
    const std::size_t begin = host == std::string::npos ? filled.find(':') : filled.find('/', host + 3);
    return begin != std::string::npos && filled.find('/', begin + 1) != std::string::npos && filled.back() != '/';
}

void check_create(const View& keys, const MirrorCopy& copy, bool forge, Problems& problems) {
    if (copy.create == CreateAt::none) {
        for (const char* name : {"api", "api_token"}) {
            if (keys.has(name)) problems.add(keys.place(name), keys.path(name), "it is for `create`, which is none");
        }
        return;
    }
    if (remote::local_path(copy.url)) {
        problems.add(keys.place("create"), keys.path("create"), "a path has no API; a repository that is not there is made anyway");
        return;
    }
    if (!copy.api_token && !copy.auth.password) {
        problems.add(keys.place("create"), keys.path("create"), "the API needs api_token, or a token or password under auth");
    }
    const bool several_parts = !forge && copy.url.find("{name}") != std::string::npos;  // "group/a": a forge knows owner and name alone
    if (several_parts || !has_two_parts(copy.url)) {
        problems.add(keys.place("url"), keys.path("url"), "to be created, it must end in the owner and the repository: https://HOST/OWNER/{flat}.git");
    }
}

MirrorCopy build_copy(const View& keys, bool forge, Problems& problems, Problems& warnings) {
    MirrorCopy out;
    keys.read("url", out.url);
    if (!keys.has("url") && !keys.has_strangers()) problems.add(keys.node().place, keys.path(), "'url' is missing");
    out.auth = build_git_auth(keys, out.url, problems);
    keys.read("ca_file", out.ca_file);
    std::string word;
    keys.read("create", word);
    out.create = word == "github" ? CreateAt::github : word == "gitea" ? CreateAt::gitea : CreateAt::none;
    keys.read("api", out.api);
    keys.read("api_token", out.api_token);
    keys.read("keep_refs", out.kept);
    if (keys.has("pull_refs")) keys.read("pull_refs", out.pull_refs.emplace());
    keys.read("lfs", out.lfs);
    check_create(keys, out, forge, problems);
    if (is_open_http(out.url)) warnings.add(keys.place("url"), keys.path("url"), "http:// sends everything unencrypted; use https://");
    if (!forge && out.url.find("{owner}") != std::string::npos) {
        problems.add(keys.place("url"), keys.path("url"), "{owner} is for GitHub jobs");
    }
    return out;
}

std::vector<View> entries_of(const View& keys, const KeyNode& child) {
    std::vector<View> views;
    const yaml::Entry* entry = keys.entry("copies");
    if (entry == nullptr) return views;
    const std::string path = keys.path("copies");
    const yaml::Node& value = *entry->value;
    if (value.is_mapping()) views.emplace_back(value, child, path);
    for (std::size_t i = 0; i < value.items.size(); ++i) {
        if (value.items[i]->is_mapping() || value.items[i]->is_null()) views.emplace_back(*value.items[i], child, fmt::format("{}[{}]", path, i));
    }
    return views;
}

}  // namespace

MirrorOutlets build_outlets(const View& keys, const KeyNode& node, bool forge, Problems& problems, Problems& warnings) {
    MirrorOutlets out;
    const std::vector<View> views = entries_of(keys, *node.child("copies"));
    for (const View& view : views) {
        MirrorCopy copy = build_copy(view, forge, problems, warnings);
        for (const MirrorCopy& before : out.copies) {
            if (!copy.url.empty() && before.url == copy.url) problems.add(view.place("url"), view.path("url"), "this place is given twice");
        }
        out.copies.push_back(std::move(copy));
    }
    if (!keys.has("bundles")) return out;
    const View bundles = keys.sub("bundles");
    out.bundles.emplace();
    bundles.read("directory", out.bundles->directory);
    bundles.read("keep", out.bundles->keep);
    if (!bundles.has("directory") && !bundles.has_strangers()) problems.add(keys.place("bundles"), bundles.path(), "'directory' is missing");
    return out;
}

}  // namespace autobackup::config
