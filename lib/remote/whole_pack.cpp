// SPDX-License-Identifier: MIT
#include "lib/remote/whole_pack.hpp"

#include <array>

#include "lib/core/file.hpp"
#include "lib/process/child.hpp"

namespace autobackup::remote {

Awaitable<Result<std::filesystem::path>> index_whole_pack(std::filesystem::path pack, std::filesystem::path repository, std::uint64_t bytes) {
    std::filesystem::path index = pack;
    index += ".idx";
    process::Command command;
    command.argv = {"git", "index-pack", "--check-self-contained-and-connected", "--no-rev-index", "-o", index.string(), pack.string()};
    command.environment = process::git_environment();
    command.environment.emplace_back("GIT_DIR", repository.string());
    command.directory = repository.string();
    const auto executor = co_await asio::this_coro::executor;
    Result<std::unique_ptr<process::Child>> child = process::Child::start(executor, std::move(command));
    if (!child) co_return child.error();
    (*child)->close_input();
    const Milliseconds limit = std::chrono::seconds(60 + bytes / (std::uint64_t{1} << 20));
    std::array<std::byte, 256> words{};  // it says the name of the pack, at its end
    for (;;) {
        const Result<std::size_t> got = co_await (*child)->read(words, limit);
        if (!got) {
            remove_quietly(index);
            co_return got.error();
        }
        if (*got == 0) break;
    }
    const Result<int> code = co_await (*child)->wait(limit);
    if (code && *code == 0) co_return index;
    remove_quietly(index);
    if (!code) co_return code.error();
    co_return fail(Errc::child_failed, "index", pack.string(), "git index-pack ended with code " + std::to_string(*code), (*child)->error_text());
}

}  // namespace autobackup::remote
