// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <cerrno>

#include "lib/remote/route.hpp"

namespace autobackup::remote {
namespace {

class PathRoute final : public Route {
public:
    PathRoute(async::Workers& workers, std::filesystem::path path)
        : workers_(workers), path_(std::move(path)) {}

    Awaitable<Result<process::Command>> prepare(Service service) override;
    Awaitable<Failure> explain(Failure failure, std::string words, int exit_code) override;

private:
    async::Workers& workers_;
    std::filesystem::path path_;
};

process::Command command_for(Service service, const std::filesystem::path& path) {
    process::Command command;
    // The path is absolute: it cannot be taken for an option.
    command.argv = {"git", service == Service::upload_pack ? "upload-pack" : "receive-pack", path.string()};
    command.environment = process::git_environment();
    if (service == Service::upload_pack) command.environment.emplace_back("GIT_PROTOCOL", "version=2");
    // Whoever named the path in the configuration trusts it, whoever owns it: git-config(1), safe.directory.
    command.environment.emplace_back("GIT_CONFIG_COUNT", "1");
    command.environment.emplace_back("GIT_CONFIG_KEY_0", "safe.directory");
    command.environment.emplace_back("GIT_CONFIG_VALUE_0", "*");
    return command;
}

// A missing path is told apart from one that is no repository; git says the same of both.
Awaitable<Result<process::Command>> PathRoute::prepare(Service service) {
    auto look = [this] {
        struct stat status {};
        return ::stat(path_.c_str(), &status) == 0 ? 0 : errno;
    };
    const int error = co_await workers_.run(std::move(look));
    if (error == 0) co_return command_for(service, path_);
    Failure failure = fail_errno(error, "open", path_.string());
    if (error == ENOENT || error == ENOTDIR) failure.code = Errc::not_found;
    if (error == EACCES) failure.code = Errc::forbidden;
    co_return failure;
}

// git speaks English to us: LC_ALL is C.UTF-8.
Awaitable<Failure> PathRoute::explain(Failure failure, std::string words, int exit_code) {
    if (says(words, "does not appear to be a git repository") || says(words, "not a git repository")) {
        failure.code = Errc::repository_invalid;
        failure.message = "there is no git repository at this path";
    } else if (says(words, "Permission denied")) {
        failure.code = Errc::forbidden;
        failure.message = "git may not do this at this path";
    } else if (says(words, "No space left on device") || says(words, "Disk quota exceeded")) {
        failure.code = Errc::disk_full;
        failure.message = "the disk that holds the repository is full";
    } else if (exit_code != 0) {
        failure.code = Errc::child_failed;
        failure.message = "git ended with code " + std::to_string(exit_code);
    }
    failure.transient = usually_transient(failure.code);
    co_return failure;
}

}  // namespace

bool says(std::string_view words, std::string_view what) {
    return words.find(what) != std::string_view::npos;
}

std::unique_ptr<Route> make_path_route(async::Workers& workers, std::filesystem::path path) {
    return std::make_unique<PathRoute>(workers, std::move(path));
}

}  // namespace autobackup::remote
