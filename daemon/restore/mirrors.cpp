// SPDX-License-Identifier: MIT
#include "daemon/restore/mirrors.hpp"

#include <algorithm>

#include "daemon/github/card.hpp"
#include "daemon/github/owner_name.hpp"
#include "daemon/mirror/folder.hpp"
#include "daemon/mirror/large.hpp"
#include "daemon/mirror/local.hpp"
#include "daemon/restore/branches.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/text.hpp"

namespace autobackup::restore {
namespace {

namespace fs = std::filesystem;

constexpr int deepest = 8;  // folders between a storage and a mirror in it

std::vector<fs::path> visible_folders_in(const fs::path& directory) {
    std::vector<fs::path> folders;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory, ignored)) {
        const bool hidden = entry.path().filename().string().starts_with('.');
        if (!hidden && entry.is_directory(ignored) && !entry.is_symlink(ignored)) folders.push_back(entry.path());
    }
    std::sort(folders.begin(), folders.end());
    return folders;
}

std::string without_git(std::string name) {
    if (name.ends_with(".git")) name.resize(name.size() - 4);
    return name;
}

// A mirror of a GitHub job: its card lies beside it.
std::optional<HeldMirror> by_card(const fs::path& path) {
    const std::string last = path.filename().string();
    if (last != "repository" && last != "wiki") return std::nullopt;
    const fs::path folder = path.parent_path();
    const std::optional<github_job::Card> card = github_job::read_card(folder);
    if (!card) return std::nullopt;
    HeldMirror held;
    held.path = path;
    held.name = card->name;
    held.kind = last == "wiki" ? "github_wiki" : "github_repository";
    const std::string name = folder.filename().string();
    if (folder.parent_path().filename() == "gists") {
        held.kind = "github_gist";
        held.name = card->id;
    } else if (name.find(".gone-") != std::string::npos) {  // set aside: its name has another repository now
        held.name = card->name.substr(0, card->name.find('/') + 1) + name;
    }
    if (last == "wiki") held.name += ".wiki";
    return held;
}

// `own`: everything in it is a mirror, also one of a repository that holds versions.
void collect(const fs::path& directory, const fs::path& top, int levels, bool own, std::vector<HeldMirror>& found) {
    for (const fs::path& folder : visible_folders_in(directory)) {
        if (mirror::was_bare_repository(folder)) {
            std::optional<HeldMirror> held = by_card(folder);
            if (!held && !own && !is_mirror(folder)) continue;
            if (!held) held = HeldMirror{std::string(), "mirror", without_git(folder.lexically_relative(top).string()), folder};
            found.push_back(std::move(*held));
        } else if (levels > 1) {
            collect(folder, top, levels - 1, own, found);
        }
    }
}

bool has_versions(const git::Repository& repository) {
    const Result<std::optional<git::Oid>> tip = repository.resolve("HEAD");
    if (!tip) return false;
    if (*tip && holds_items(repository, **tip)) return true;
    const Result<std::vector<std::string>> others = branches_with_items(repository);
    if (others && !others->empty()) return true;
    return !*tip && repository.path().parent_path().filename() == "vaults";
}

void count(const std::string& name, const git::Oid& oid, MirrorFacts& facts) {
    if (name.starts_with(mirror::kept_refs)) {
        const std::string rest = name.substr(mirror::kept_refs.size());
        const std::size_t slash = rest.find('/');
        KeptRef kept;
        kept.ref = name;
        kept.oid = oid;
        kept.of = slash == std::string::npos ? std::string() : "refs/" + rest.substr(slash + 1);
        const std::optional<Instant> time = parse_compact_utc(rest.substr(0, 16));
        if (time) kept.time = rfc3339_seconds(*time);
        facts.kept.push_back(std::move(kept));
        return;
    }
    std::uint64_t& sum = name.starts_with(git::branch_prefix)    ? facts.branches
                         : name.starts_with("refs/tags/")        ? facts.tags
                         : name.starts_with(mirror::forge_pulls) ? facts.pulls
                                                                 : facts.others;
    ++sum;
}

std::uint64_t pack_bytes(const fs::path& repository) {
    std::uint64_t bytes = 0;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(repository / "objects" / "pack", ignored)) {
        if (entry.path().extension() == ".pack") bytes += entry.file_size(ignored);
    }
    return bytes;
}

Result<void> read(MirrorFacts& facts) {
    const Result<git::Repository> repository = git::Repository::open_any(facts.held.path);
    if (!repository) return repository.error();
    const Result<std::vector<std::pair<std::string, git::Oid>>> refs = repository->refs("refs/");
    if (!refs) return refs.error();
    for (const auto& [name, oid] : *refs) {
        count(name, oid, facts);
        if (!repository->has(oid)) return fail(Errc::repository_invalid, "read", repository->path().string(), name + " names an object that is not here");
    }
    const Result<std::optional<std::string>> head = repository->head_target();
    const Result<std::optional<git::Oid>> tip = repository->resolve("HEAD");
    if (!head || !tip) return head ? tip.error() : head.error();
    facts.head = head->value_or(std::string());
    facts.tip = *tip;
    const Result<std::optional<std::string>> url = repository->setting("remote.origin.url");
    if (url && *url) facts.url = mirror::plain_url(**url);
    facts.bytes = pack_bytes(repository->path());
    const Result<std::optional<std::vector<mirror::LargeFile>>> large = mirror::read_large(repository->path());
    if (large && *large) facts.large_missing = (*large)->size();
    return {};
}

}  // namespace

bool is_mirror(const fs::path& path) {
    if (!mirror::is_repository(path)) return false;
    const Result<git::Repository> repository = git::Repository::open_any(path);
    return repository && !has_versions(*repository);
}

std::vector<HeldMirror> mirrors_of(const config::Config& config, const config::Job& job) {
    std::vector<HeldMirror> all;
    if (std::holds_alternative<config::MirrorSource>(job.source)) {
        const fs::path folder = config.storage / "mirrors" / job.name;
        collect(folder, folder, deepest, true, all);
        for (HeldMirror& one : all) one.kind = "mirror";
    } else if (const auto* github = std::get_if<config::GithubSource>(&job.source)) {
        for (const config::GithubSource::Owner& owner : github->owners) {
            const fs::path folder = github_job::directory_of(*github, owner, config.storage / "github");
            for (const auto& [part, levels] : {std::pair("repositories", 2), std::pair("gists", 2), std::pair("starred", 3)}) {
                collect(folder / part, folder / part, levels, true, all);
            }
        }
    }
    for (HeldMirror& one : all) one.job = job.name;
    std::stable_sort(all.begin(), all.end(), [](const HeldMirror& a, const HeldMirror& b) { return a.name < b.name; });
    return all;
}

std::vector<HeldMirror> mirrors_at(const fs::path& path) {
    std::vector<HeldMirror> all;
    const fs::path whole = fs::absolute(path).lexically_normal();
    const fs::path directory = whole.has_filename() ? whole : whole.parent_path();
    if (mirror::is_repository(directory)) {
        std::optional<HeldMirror> held = by_card(directory);
        if (!held) held = HeldMirror{std::string(), "mirror", without_git(directory.filename().string()), directory};
        if (is_mirror(directory)) all.push_back(std::move(*held));
        return all;
    }
    collect(directory, directory, deepest, false, all);
    std::stable_sort(all.begin(), all.end(), [](const HeldMirror& a, const HeldMirror& b) { return a.name < b.name; });
    return all;
}

Result<HeldMirror> pick_mirror(const std::vector<HeldMirror>& all, const std::string& item) {
    if (item.empty() && all.size() == 1) return all.front();
    std::vector<const HeldMirror*> fitting;
    std::vector<std::string> names;
    for (const bool exact : {true, false}) {
        for (const HeldMirror& one : all) {
            if (exact) names.push_back(one.name);
            if (!item.empty() && (exact ? one.name == item : to_lower(one.name) == to_lower(item))) fitting.push_back(&one);
        }
        if (!fitting.empty()) break;
    }
    if (fitting.size() == 1) return *fitting.front();
    std::string told;
    for (std::size_t i = 0; i < names.size() && i < 20; ++i) told += (i == 0 ? "" : ", ") + one_line(names[i]);
    if (names.size() > 20) told += ", … (see `snapshots`)";
    if (item.empty() && !all.empty()) return fail(Errc::bad_request, "choose", "repository", "there are several, name one with --item: " + told);
    if (fitting.size() > 1) return fail(Errc::bad_request, "choose", one_line(item), "several jobs have a repository of this name: name the job");
    Failure failure = fail(Errc::not_found, "find", item.empty() ? "repository" : one_line(item), all.empty() ? "no repository is saved yet" : "there is no repository of this name");
    const std::optional<std::string> near = nearest(item, names);
    if (near) failure.hint = "did you mean \"" + one_line(*near) + "\"?";
    else if (!told.empty()) failure.hint = "there are: " + told;
    return failure;
}

MirrorFacts look_at(const HeldMirror& held) {
    MirrorFacts facts;
    facts.held = held;
    const Result<void> looked = read(facts);
    if (!looked) {
        facts.restorable = false;
        facts.reason = describe(looked.error());
    }
    return facts;
}

boost::json::array mirrors_json(const std::vector<MirrorFacts>& all) {
    namespace json = boost::json;
    const auto text_or_null = [](const std::string& text) { return text.empty() ? json::value(nullptr) : json::value(json::string(text)); };
    json::array list;
    for (const MirrorFacts& one : all) {
        json::array kept;
        for (const KeptRef& ref : one.kept) {
            kept.push_back(json::object{{"ref", ref.ref}, {"of", ref.of}, {"time", text_or_null(ref.time)}, {"commit", ref.oid.hex()}});
        }
        json::object refs{{"branches", one.branches}, {"tags", one.tags}, {"pulls", one.pulls}, {"others", one.others}};
        list.push_back(json::object{{"job", text_or_null(one.held.job)},
                                    {"item", one.held.name},
                                    {"kind", one.held.kind},
                                    {"path", one.held.path.string()},
                                    {"url", text_or_null(one.url)},
                                    {"head", text_or_null(one.head)},
                                    {"commit", one.tip ? json::value(json::string(one.tip->hex())) : json::value(nullptr)},
                                    {"refs", std::move(refs)},
                                    {"kept", std::move(kept)},
                                    {"bytes", one.bytes},
                                    {"large_files_missing", one.large_missing},
                                    {"restorable", one.restorable},
                                    {"reason", text_or_null(one.reason)}});
    }
    return list;
}

}  // namespace autobackup::restore
