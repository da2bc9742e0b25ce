// SPDX-License-Identifier: MIT
#include "daemon/restore/places.hpp"

#include <algorithm>

#include "daemon/mirror/folder.hpp"
#include "daemon/restore/mirrors.hpp"
#include "daemon/vault/target.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::restore {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> folders_in(const fs::path& directory) {
    std::vector<fs::path> folders;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory, ignored)) {
        if (entry.is_directory(ignored)) folders.push_back(entry.path());
    }
    std::sort(folders.begin(), folders.end());
    return folders;
}

// <archives>/<job>: folders of items lie in it.
bool is_job_archive(const fs::path& directory) {
    const std::vector<fs::path> folders = folders_in(directory);
    return std::any_of(folders.begin(), folders.end(), [](const fs::path& one) { return vault::item_of_key(one.filename().string()).has_value(); });
}

void add_archives(const fs::path& directory, std::vector<Place>& places) {
    for (const fs::path& job : folders_in(directory)) {
        if (!is_job_archive(job)) continue;
        const std::string name = job.filename().string();
        auto place = std::find_if(places.begin(), places.end(), [&](const Place& one) { return one.job == name; });
        if (place == places.end()) place = places.insert(places.end(), Place());
        place->job = name;
        place->archives = job;
    }
}

}  // namespace

Place place_of(const config::Config& config, const config::Job& job) {
    Place place;
    place.job = job.name;
    place.vault = config.storage / "vaults" / (job.name + ".git");
    place.branch = job.git.empty() ? "main" : job.git.front().branch;
    place.archives = config.storage / "archives" / job.name;
    for (HeldMirror& one : mirrors_of(config, job)) place.mirrors.push_back(std::move(one.path));
    for (const config::GitTarget& target : job.git) {
        const bool leads = &target == &job.git.front();
        place.targets.push_back(KnownTarget{remote::without_user(target.url), vault::settled_ref(target.url, target.branch, leads)});
    }
    return place;
}

Result<std::vector<Place>> places_at(const fs::path& path) {
    std::error_code error;
    const fs::path whole = fs::absolute(path).lexically_normal();
    const fs::path directory = whole.has_filename() ? whole : whole.parent_path();
    if (!fs::exists(directory, error)) return fail(Errc::not_found, "read", path.string(), "there is nothing of this name");
    std::vector<Place> places;
    if (mirror::is_repository(directory)) {
        places.emplace_back();
        places.back().vault = directory;
        return places;
    }
    if (vault::item_of_key(directory.filename().string()) && !is_job_archive(directory)) {
        places.emplace_back();
        places.back().archives = directory.parent_path();
        places.back().only = vault::item_of_key(directory.filename().string());
        return places;
    }
    if (is_job_archive(directory)) {
        places.emplace_back();
        places.back().job = directory.filename().string();
        places.back().archives = directory;
        return places;
    }
    for (const fs::path& vault : folders_in(directory / "vaults")) {
        if (vault.extension() != ".git" || !mirror::is_repository(vault)) continue;
        places.emplace_back();
        places.back().job = vault.stem().string();
        places.back().vault = vault;
    }
    add_archives(directory / "archives", places);
    if (places.empty()) add_archives(directory, places);
    if (!places.empty()) return places;
    return fail(Errc::bad_request, "read", path.string(),
                "this is neither a git repository (vault or clone), nor a directory of dated ZIPs (project-<id>/<UTC>.zip below it), nor a storage");
}

bool is_url(const std::string& from) {
    std::error_code ignored;
    return from.find("://") != std::string::npos || (remote::is_ssh_url(from) && !fs::exists(from, ignored));
}

}  // namespace autobackup::restore
