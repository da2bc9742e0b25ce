// SPDX-License-Identifier: MIT
#include "daemon/mirror/large.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>

#include "daemon/mirror/large_paths.hpp"
#include "daemon/mirror/local.hpp"
#include "lib/core/text.hpp"

namespace autobackup::mirror {
namespace {

constexpr std::size_t most_told = 20;  // missing objects that are told one by one

fs::path list_file(const fs::path& repository) {
    return own_folder(repository) / "large-files";
}

std::optional<LargeFile> parse_line(std::string_view line) {
    const std::vector<std::string_view> words = split(line, ' ');
    if (words.size() != 3) return std::nullopt;
    LargeFile file;
    file.object.oid = words[0];
    const auto [end, error] = std::from_chars(words[1].data(), words[1].data() + words[1].size(), file.object.size);
    const std::optional<git::Oid> blob = git::Oid::parse(words[2]);
    if (error != std::errc() || end != words[1].data() + words[1].size() || !blob || !lfs::is_oid(file.object.oid)) return std::nullopt;
    file.blob = *blob;
    return file;
}

// A second name for the same bytes; a copy where the file system has no such thing.
Result<void> link_object(const lfs::Store& from, const lfs::Store& to, const lfs::Pointer& object) {
    const fs::path name = to.path_of(object);
    const Result<void> made = make_directories(name.parent_path());
    if (!made) return made;
    remove_quietly(name);  // of another size: damaged
    if (::link(from.path_of(object).c_str(), name.c_str()) == 0) {
        Result<void> synced;
        fs::path level = name.parent_path();
        for (int i = 0; i < 5 && synced; ++i, level = level.parent_path()) synced = sync_directory(level);
        return synced;
    }
    if (errno != EXDEV && errno != EMLINK && errno != EPERM && errno != EOPNOTSUPP) return fail_errno(errno, "link", name.string());
    const Result<lfs::Pointer> copied = to.put([&](const lfs::TakeBytes& take) { return from.stream(object, take); });
    if (!copied) return copied.error();
    return {};
}

// What each store has, the other gets. Returns what neither has.
Result<std::vector<LargeFile>> share(const lfs::Store& own, const std::optional<lfs::Store>& pool, const std::vector<LargeFile>& wanted) {
    std::vector<LargeFile> missing;
    for (const LargeFile& file : wanted) {
        if (file.object.size == 0) {  // servers hold no empty objects, git-lfs asks for none
            const Result<lfs::Pointer> empty = own.put([](const lfs::TakeBytes&) { return Result<void>(); });
            if (!empty) return empty.error();
            continue;
        }
        const bool here = own.has(file.object);
        const bool there = pool && pool->has(file.object);
        if (!here && !there) missing.push_back(file);
        if (!pool || here == there) continue;
        const Result<void> linked = here ? link_object(own, *pool, file.object) : link_object(*pool, own, file.object);
        if (!linked) return linked.error();
    }
    return missing;
}

}  // namespace

lfs::Settings large_settings(const remote::Settings& access, const config::Retry& retry) {
    lfs::Settings settings;
    settings.username = access.username;
    settings.password = access.password;
    settings.connect = access.connect;
    settings.no_progress = access.no_progress;
    settings.attempts = retry.attempts;
    settings.retry_delay = retry.delay;
    settings.retry_max_delay = retry.max_delay;
    return settings;
}

namespace {

// Where the objects come from, as .lfsconfig of HEAD says, and whether we are known there.
Result<lfs::Settings> settings_of(const Context& context, const Repository& what, const std::optional<std::string>& configured) {
    lfs::Settings settings = large_settings(what.source, context.retry);
    settings.url = what.source.url;
    settings.gate = what.gate;
    settings.authenticate = what.large_access;
    if (!configured) return settings;
    const Result<http::Url> endpoint = http::Url::parse(*configured);
    if (!endpoint) {
        return fail(Errc::unsupported, "use", ".lfsconfig of " + what.name, "it names a server for large files that is no http(s) URL");
    }
    const Result<http::Url> git = http::Url::parse(what.source.url);
    if (git && git->tls() && !endpoint->tls()) {
        return fail(Errc::redirect_refused, "use", ".lfsconfig of " + what.name, "it leads from https to a server without");
    }
    if (!git || !same_origin(*git, *endpoint)) settings.password = Secret();  // whoever writes .lfsconfig must not get what we log in with
    settings.endpoint = *endpoint;
    settings.authenticate = nullptr;
    return settings;
}

std::vector<lfs::Pointer> objects_of(const std::vector<LargeFile>& files) {
    std::vector<lfs::Pointer> objects;
    for (const LargeFile& file : files) objects.push_back(file.object);
    return objects;
}

std::optional<std::string> configured_server(const fs::path& repository) {
    const Result<git::Repository> opened = git::Repository::open(repository);
    if (!opened) return std::nullopt;
    const Result<std::optional<Oid>> head = opened->resolve("HEAD");
    if (!head || !*head) return std::nullopt;
    const Result<git::Commit> commit = opened->read_commit(**head);
    if (!commit) return std::nullopt;
    const Result<std::optional<git::TreeEntry>> entry = opened->entry_at(commit->tree, ".lfsconfig");
    if (!entry || !*entry) return std::nullopt;
    const Result<std::string> text = opened->read_blob((*entry)->oid, std::size_t{64} << 10);
    return text ? lfs::server_in_config(*text) : std::nullopt;
}

void tell_missing(const fs::path& repository, const std::map<std::string, Failure>& reasons, LargeOutcome& outcome) {
    std::vector<LargeFile> told(outcome.missing.begin(), outcome.missing.begin() + static_cast<std::ptrdiff_t>(std::min(outcome.missing.size(), most_told)));
    const std::map<git::Oid, std::string> paths = find_paths(repository, told);
    for (const LargeFile& file : told) {
        const auto path = paths.find(file.blob);
        const auto reason = reasons.find(file.object.oid);
        std::string text = "large file " + (path != paths.end() ? one_line(path->second) : "of pointer " + file.blob.short_hex()) + " is missing: object " +
                           file.object.oid + ", " + human_bytes(file.object.size);
        if (reason != reasons.end()) text += ": " + describe(reason->second);
        outcome.warnings.push_back(std::move(text));
    }
    if (outcome.missing.size() > told.size()) {
        outcome.warnings.push_back("and " + std::to_string(outcome.missing.size() - told.size()) + " more large files are missing");
    }
}

}  // namespace

lfs::Store large_store(const fs::path& repository) {
    return lfs::Store(repository / "lfs" / "objects");
}

Result<std::optional<std::vector<LargeFile>>> read_large(const fs::path& repository) {
    const fs::path file = list_file(repository);
    std::error_code ignored;
    if (!fs::exists(file, ignored)) return std::optional<std::vector<LargeFile>>();
    const Result<std::string> text = read_file(file, std::size_t{1} << 30);
    if (!text) return text.error();
    std::vector<LargeFile> wanted;
    for (const std::string_view line : split(*text, '\n')) {
        if (line.empty()) continue;
        const std::optional<LargeFile> one = parse_line(line);
        if (!one) return std::optional<std::vector<LargeFile>>();  // damaged: the history tells it again
        wanted.push_back(*one);
    }
    return std::optional<std::vector<LargeFile>>(std::move(wanted));
}

Result<void> write_large(const fs::path& repository, const std::vector<LargeFile>& wanted) {
    std::string text;
    for (const LargeFile& file : wanted) text += file.object.oid + " " + std::to_string(file.object.size) + " " + file.blob.hex() + "\n";
    const Result<void> made = make_directories(own_folder(repository));
    if (!made) return made;
    return write_file_durably(list_file(repository), text);
}

Result<void> forget_large(const fs::path& repository) {
    std::error_code error;
    fs::remove(list_file(repository), error);
    if (error) return fail_errno(error.value(), "delete", list_file(repository).string());
    return sync_directory(own_folder(repository));
}

void PointerCollector::take(const git::Oid& blob, std::string_view content) {
    const std::optional<lfs::Pointer> pointer = lfs::read_pointer(content);
    if (!pointer) return;
    LargeFile file;
    file.object = *pointer;
    file.blob = blob;
    found_.insert(std::move(file));
}

Awaitable<Result<lfs::Gathered>> gather_large(Context& context, const Repository& what, std::vector<lfs::Pointer> objects, lfs::Store into) {
    auto look = [&what] { return configured_server(what.path); };
    const std::optional<std::string> configured = co_await context.workers.run(std::move(look));
    Result<lfs::Settings> settings = settings_of(context, what, configured);
    if (!settings) co_return settings.error();
    const Result<std::unique_ptr<lfs::Remote>> remote = lfs::make_remote(*what.client, context.workers, std::move(into), std::move(*settings));
    if (!remote) co_return remote.error();
    co_return co_await (*remote)->gather(std::move(objects));
}

Awaitable<LargeOutcome> fetch_large(Context& context, const Repository& what, std::vector<LargeFile> wanted) {
    LargeOutcome outcome;
    const lfs::Store own = large_store(what.path);
    std::optional<lfs::Store> pool;
    if (!what.large_pool.empty()) pool.emplace(what.large_pool);
    std::map<std::string, Failure> reasons;
    auto share_now = [&own, &pool, &wanted] { return share(own, pool, wanted); };
    Result<std::vector<LargeFile>> missing = co_await context.workers.run(share_now);
    if (missing && !missing->empty()) {
        std::vector<lfs::Pointer> objects = objects_of(*missing);
        lfs::Store into = pool.value_or(own);
        const Result<lfs::Gathered> gathered = co_await gather_large(context, what, std::move(objects), std::move(into));
        if (gathered) {
            outcome.objects = gathered->moved.objects;
            outcome.bytes = gathered->moved.bytes;
            for (const auto& [object, failure] : gathered->refused) reasons.emplace(object.oid, failure);
            if (!gathered->refused.empty()) outcome.failure = gathered->refused.front().second;
        } else {
            outcome.failure = gathered.error();
        }
        missing = co_await context.workers.run(share_now);
    }
    if (!missing) {
        outcome.failure = missing.error();
        outcome.missing = std::move(wanted);
        co_return outcome;
    }
    outcome.missing = std::move(*missing);
    auto tell = [&what, &reasons, &outcome] { tell_missing(what.path, reasons, outcome); };
    if (!outcome.missing.empty()) co_await context.workers.run(std::move(tell));
    co_return outcome;
}

}  // namespace autobackup::mirror
