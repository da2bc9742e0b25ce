// SPDX-License-Identifier: MIT
#include "daemon/vault/ssh_large.hpp"

#include "lib/core/instant.hpp"
#include "lib/lfs/authenticate.hpp"

namespace autobackup::vault {
namespace {

Awaitable<Result<lfs::Access>> ask_for_access(std::shared_ptr<remote::SshCommands> ssh, std::string url, lfs::Operation operation) {
    std::string last(lfs::name(operation));
    Result<remote::SshAnswer> told = co_await ssh->run(lfs::authenticate_program, std::move(last));
    if (!told) co_return told.error();
    lfs::AuthenticateAnswer answer;
    answer.exit_code = told->exit_code;
    answer.output = std::move(told->output);
    answer.words = std::move(told->words);
    co_return lfs::access_of(answer, url, now());
}

}  // namespace

lfs::Authenticate ssh_authenticate(std::shared_ptr<remote::SshCommands> ssh, std::string url) {
    return [ssh = std::move(ssh), url = std::move(url)](lfs::Operation operation) { return ask_for_access(ssh, url, operation); };
}

}  // namespace autobackup::vault
