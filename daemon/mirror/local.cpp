// SPDX-License-Identifier: MIT
#include "daemon/mirror/local.hpp"

#include <algorithm>

#include "daemon/mirror/large.hpp"
#include "lib/core/file.hpp"
#include "lib/core/text.hpp"
#include "lib/core/url_text.hpp"
#include "lib/http/url.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::mirror {
namespace {

constexpr std::string_view growing_suffix = ".clone";

bool nothing_there(const fs::path& path) {
    std::error_code error;
    const fs::file_status status = fs::symlink_status(path, error);
    if (status.type() == fs::file_type::not_found) return true;
    return status.type() == fs::file_type::directory && fs::is_empty(path, error) && !error;
}

// "host/path" without scheme, user, port of ssh, ".git" and slashes at the end.
std::string place_of(const std::string& url) {
    std::string place;
    const Result<http::Url> http_url = http::Url::parse(plain_url(url));
    if (http_url) {
        place = to_lower(http_url->host()) + http_url->target();
    } else if (remote::is_ssh_url(url)) {
        const Result<remote::SshAddress> address = remote::parse_ssh_address(url);
        if (!address) return url;
        place = to_lower(address->host) + (address->path.starts_with('/') ? "" : "/") + address->path;
    } else {
        place = to_lower(url.substr(0, 7)) == "file://" ? url.substr(7) : url;
    }
    while (place.ends_with('/')) place.pop_back();
    if (place.ends_with(".git")) place.resize(place.size() - 4);
    return place;
}

Result<void> point_head(git::Repository& repository, const Head& head) {
    if (head.detached) return repository.detach_head(*head.detached);
    if (!head.branch.starts_with(git::branch_prefix)) return {};
    return repository.set_head(head.branch.substr(git::branch_prefix.size()));
}

Result<void> find_forced(const git::Repository& repository, Plan& plan) {
    std::vector<std::pair<Oid, Oid>> pairs;
    std::vector<Move*> moves;
    for (Move& move : plan.moves) {
        if (!move.before || !move.after || move.forced) continue;
        pairs.emplace_back(*move.before, *move.after);
        moves.push_back(&move);
    }
    const Result<std::vector<bool>> on = repository.are_ancestors(pairs);
    if (!on) return on.error();
    for (std::size_t i = 0; i < moves.size(); ++i) moves[i]->forced = !(*on)[i];
    return {};
}

}  // namespace

fs::path own_folder(const fs::path& repository) {
    return repository / "autobackup";
}

fs::path fetched_pack(const fs::path& repository) {
    return own_folder(repository) / "fetched.pack";
}

fs::path growing_place(const fs::path& repository) {
    return repository.parent_path() / ("." + repository.filename().string() + std::string(growing_suffix));
}

Result<Local> read_local(const fs::path& path) {
    Local local;
    if (nothing_there(path)) return local;
    const Result<git::Repository> repository = git::Repository::open(path);
    if (!repository) {
        Failure failure = repository.error();
        failure.hint = "move it away: the next run clones the repository anew";
        return failure;
    }
    local.exists = true;
    Result<Refs> refs = repository->refs("refs/");
    if (!refs) return refs.error();
    local.refs = std::move(*refs);
    const Result<std::optional<std::string>> target = repository->head_target();
    if (!target) return target.error();
    const Result<std::optional<Oid>> tip = repository->resolve("HEAD");
    if (!tip) return tip.error();
    local.head_tip = *tip;
    if (*target) {
        local.head.branch = **target;
    } else {
        local.head.detached = *tip;
    }
    const Result<std::optional<std::string>> url = repository->setting("remote.origin.url");
    if (!url) return url.error();
    local.url = url->value_or(std::string());
    const Result<std::optional<std::vector<LargeFile>>> large = read_large(path);
    if (!large) return large.error();
    local.large_known = large->has_value();
    local.large_wanted = large->has_value() && !(*large)->empty();
    return local;
}

std::string plain_url(const std::string& url) {
    return remote::is_ssh_url(url) ? url : without_user_info(url);
}

bool same_place(const std::string& one, const std::string& other) {
    return place_of(one) == place_of(other);
}

Result<fs::path> begin_clone(const Repository& what, const Head& head) {
    const fs::path place = growing_place(what.path);
    std::error_code error;
    fs::remove_all(place, error);
    if (error) return fail_errno(error.value(), "delete", place.string());
    const bool named = head.branch.starts_with(git::branch_prefix);
    Result<git::Repository> repository = git::Repository::open_or_init(place, named ? head.branch.substr(git::branch_prefix.size()) : "main");
    if (!repository) return repository.error();
    const Result<void> made = make_directories(own_folder(place));
    if (!made) return made.error();
    return place;
}

Result<void> end_clone(const Repository& what) {
    const fs::path place = growing_place(what.path);
    Result<void> done = sync_directory(place);
    std::error_code ignored;
    if (done && fs::is_empty(what.path, ignored)) fs::remove(what.path, ignored);
    if (done) done = rename_durably(place, what.path);
    return done;
}

Result<void> check_same(const Repository& what, const Local& local, const Wanted& wanted) {
    const bool has_refs = std::any_of(local.refs.begin(), local.refs.end(), [](const auto& ref) { return !ref.first.starts_with(own_refs); });
    if (!has_refs || same_place(local.url, what.source.url)) return {};
    const Result<git::Repository> repository = git::Repository::open(what.path);
    if (!repository) return repository.error();
    for (const auto& [name, oid] : wanted.refs) {
        if (repository->has(oid)) return {};
    }
    Failure failure = fail(Errc::remote_moved, "compare", what.path.string(),
                           local.url.empty() ? "the repository there has no commit in common with the source"
                                             : "it is a mirror of " + plain_url(local.url) + ", and has no commit in common with the source");
    failure.hint = "give the repository another name, or move that directory away";
    return failure;
}

Result<void> apply(git::Repository& repository, const Repository& what, const Local& local, const Wanted& wanted, Plan& plan) {
    Result<void> done = find_forced(repository, plan);
    if (!done) return done;
    const std::string keep = what.keep_refs ? keep_prefix(local, compact_utc(now())) : std::string();
    std::vector<git::RefChange> steps = changes(plan, keep);
    if (!keep.empty() && local.head.detached && local.head != wanted.head) {
        git::RefChange kept;  // a detached HEAD may be the only name of its history
        kept.ref = keep + "HEAD";
        kept.target = *local.head.detached;
        steps.push_back(std::move(kept));
    }
    done = repository.replace_refs(steps);
    if (done && plan.head_moves) done = point_head(repository, wanted.head);
    return done;
}

fs::path nearest_there(fs::path path) {
    while (path.has_relative_path() && !is_there(path)) path = path.parent_path();
    return path;
}

Result<void> check_room(const fs::path& path, std::uint64_t reserve) {
    const fs::path at = nearest_there(path);
    const Result<std::uint64_t> free = free_bytes(at);
    if (!free) return free.error();
    if (*free > reserve) return {};
    return fail(Errc::reserve, "look for room on", at.string(),
                human_bytes(*free) + " are free, and limits.reserve keeps " + human_bytes(reserve) + " of them");
}

void sweep(const fs::path& folder, int levels) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        std::error_code ignored;
        if (!entry->is_directory(ignored) || entry->is_symlink(ignored)) continue;
        if (name.starts_with('.') && name.ends_with(growing_suffix)) {
            fs::remove_all(entry->path(), ignored);
        } else if (levels > 1 && !name.starts_with('.') && !fs::exists(entry->path() / "HEAD", ignored)) {
            sweep(entry->path(), levels - 1);
        }
    }
}

}  // namespace autobackup::mirror
