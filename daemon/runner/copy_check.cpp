// SPDX-License-Identifier: MIT
#include "daemon/runner/copy_check.hpp"

#include <unistd.h>

#include <cerrno>

#include "daemon/model/copy_url.hpp"
#include "lib/git/repository.hpp"
#include "lib/remote/local_url.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::runner {
namespace {

namespace fs = std::filesystem;

// On a worker. The nearest folder that is there has to let us make the others.
Result<std::string> look_at_path(const fs::path& path) {
    std::error_code ignored;
    if (fs::exists(path, ignored)) {
        if (!fs::is_directory(path, ignored)) return fail(Errc::repository_invalid, "look at", path.string(), "it is no directory");
        if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0) return fail_errno(errno, "write to", path.string());
        if (fs::is_empty(path, ignored)) return std::string("may be written to; made by the first push");
        const Result<git::Repository> repository = git::Repository::open_any(path);
        if (!repository) return repository.error();
        return std::string("may be written to; it is there");
    }
    fs::path folder = path.parent_path();
    while (folder.has_relative_path() && !fs::exists(folder, ignored)) folder = folder.parent_path();
    if (!fs::is_directory(folder, ignored)) return fail(Errc::io_error, "look at", folder.string(), "it is no directory");
    if (::access(folder.c_str(), W_OK | X_OK) != 0) return fail_errno(errno, "write to", folder.string());
    return "may be written to (" + folder.string() + " is there); made by the first push";
}

Awaitable<Result<std::string>> ask_server(Shared& shared, const mirror::CopyPlace& place, const std::string& url, const std::string& shown) {
    remote::Settings access = place.access;
    access.url = url;
    access.object = shown;
    Result<std::unique_ptr<remote::Remote>> git = remote::make_remote(*place.client, shared.workers, std::move(access));
    if (!git) co_return git.error();
    const Result<remote::Advertisement> listed = co_await (*git)->list_for_push();
    if (listed && !place.may_create) co_return std::string("may be pushed to");
    const bool missing = !listed && listed.error().code == Errc::not_found;
    if (missing && !place.may_create) {
        Failure failure = listed.error();
        failure.hint = "nobody makes it: make it there, or let it be made by the forge's API (`create`)";
        co_return failure;
    }
    if (!listed && !missing) co_return listed.error();
    // Also where this one is there: the next repository of the source will have to be made.
    Result<std::string> right = co_await place.may_create(url);
    if (!right) co_return right.error();
    co_return (listed ? "may be pushed to; " : "made by the first push; ") + *right;
}

}  // namespace

Awaitable<std::vector<CopyAnswer>> ask_copies(Shared& shared, mirror::Outlets& outlets, std::string name, std::string owner) {
    std::vector<CopyAnswer> answers;
    for (const mirror::CopyPlace& place : outlets.copies) {
        const std::string url = config::fill_copy_url(place.settings.url, name, owner);
        CopyAnswer answer{remote::without_user(url), std::string()};
        if (const std::optional<std::string> path = remote::local_path(url)) {
            auto look = [path = *path] { return look_at_path(path); };
            answer.told = co_await shared.workers.run(std::move(look));
        } else {
            answer.told = co_await ask_server(shared, place, url, answer.place);
        }
        answers.push_back(std::move(answer));
    }
    co_return answers;
}

}  // namespace autobackup::runner
