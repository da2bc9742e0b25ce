// SPDX-License-Identifier: MIT
#include "daemon/github/adopt.hpp"

#include "daemon/mirror/local.hpp"
#include "lib/core/file.hpp"
#include "lib/git/config_file.hpp"

namespace autobackup::github_job {

namespace fs = std::filesystem;

namespace {

bool is_bare(const fs::path& path) { return is_there(path / "HEAD") && is_there(path / "objects"); }

fs::path with_suffix(fs::path path, const char* suffix) {
    path += suffix;
    return path;
}

// Whether the git directory holds the whole history of `url`.
Result<bool> is_whole_clone_of(const fs::path& git_directory, const std::string& url) {
    if (is_there(git_directory / "shallow")) return false;
    const Result<std::optional<std::string>> origin = git::read_config(git_directory, "remote.origin.url");
    if (!origin) return origin.error();
    const Result<std::optional<std::string>> partial = git::read_config(git_directory, "remote.origin.promisor");
    if (!partial) return partial.error();
    return *origin && !*partial && mirror::same_place(**origin, url);
}

// `clone` has a work tree; its git directory becomes the bare repository at `place`.
Result<void> take_git_directory(const fs::path& clone, const fs::path& place) {
    const fs::path aside = with_suffix(clone, ".worktree");
    if (is_there(clone / ".git")) {
        const Result<void> bare = git::change_config(clone / ".git", {{"core.bare", "true"}});
        if (!bare) return bare;
        if (is_there(aside)) return fail(Errc::io_error, "move", clone.string(), aside.string() + " is in the way");
        const Result<void> moved = rename_durably(clone, aside);
        if (!moved) return moved;
    }
    const Result<void> folder = make_directories(place.parent_path());
    if (!folder) return folder;
    return rename_durably(aside / ".git", place);
}

}  // namespace

std::vector<fs::path> places_of_others(const fs::path& directory, std::string_view owner, std::string_view name) {
    const std::string text(name);
    return {directory / "repositories" / text / "repository", directory / (text + ".git"), directory / std::string(owner) / text};
}

Result<std::optional<std::string>> adopt(const fs::path& place, const std::vector<fs::path>& candidates, const std::string& url) {
    if (is_bare(place)) return std::optional<std::string>();
    for (const fs::path& candidate : candidates) {
        const fs::path aside = with_suffix(candidate, ".worktree");
        const bool interrupted = is_there(aside / ".git") && !is_there(candidate / ".git");
        const bool work_tree = is_there(candidate / ".git") || interrupted;
        const fs::path git_directory = interrupted ? aside / ".git" : work_tree ? candidate / ".git" : candidate;
        if (!is_bare(git_directory) || is_there(mirror::own_folder(git_directory))) continue;  // with our folder in it it is in use by us
        const Result<bool> fits = is_whole_clone_of(git_directory, url);
        if (!fits) return fits.error();
        if (!*fits) continue;
        Result<void> done = work_tree ? take_git_directory(candidate, place) : make_directories(place.parent_path());
        if (done && !work_tree) done = rename_durably(candidate, place);
        if (!done) return done.error();
        std::string words = candidate.string() + " was taken over";
        if (work_tree) words += "; its work tree lies in " + aside.string() + " and is not needed any more";
        return std::optional<std::string>(std::move(words));
    }
    return std::optional<std::string>();
}

}  // namespace autobackup::github_job
