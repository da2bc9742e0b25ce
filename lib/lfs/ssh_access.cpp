// SPDX-License-Identifier: MIT
#include "lib/lfs/ssh_access.hpp"

#include "lib/core/instant.hpp"
#include "lib/lfs/authenticate.hpp"

namespace autobackup::lfs {
namespace {

Awaitable<Result<Access>> ask_for_access(std::shared_ptr<remote::SshCommands> ssh, std::string url, Operation operation) {
    std::string last(name(operation));
    Result<remote::SshAnswer> told = co_await ssh->run(authenticate_program, std::move(last));
    if (!told) co_return told.error();
    AuthenticateAnswer answer;
    answer.exit_code = told->exit_code;
    answer.output = std::move(told->output);
    answer.words = std::move(told->words);
    co_return access_of(answer, url, now());
}

}  // namespace

Authenticate ssh_authenticate(std::shared_ptr<remote::SshCommands> ssh, std::string url) {
    return [ssh = std::move(ssh), url = std::move(url)](Operation operation) { return ask_for_access(ssh, url, operation); };
}

}  // namespace autobackup::lfs
