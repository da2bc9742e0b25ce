// SPDX-License-Identifier: MIT
#include "lib/remote/ssh_command.hpp"

#include <algorithm>

#include "lib/core/text.hpp"
#include "lib/remote/kinds.hpp"
#include "lib/remote/ssh_route.hpp"

namespace autobackup::remote {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t longest_output = std::size_t{64} << 10;

class SshCommandsOverRoute final : public SshCommands {
public:
    SshCommandsOverRoute(async::Workers& workers, const Settings& settings, SshAddress address)
        : route_(workers, settings, std::move(address)),
          no_progress_(settings.no_progress),
          object_(settings.object) {}

    Awaitable<Result<SshAnswer>> run(std::string program, std::string last) override;
    [[nodiscard]] Traffic traffic() const noexcept override { return traffic_; }

private:
    Awaitable<Result<std::string>> read_output(process::Child& child, Clock::time_point end);

    SshRoute route_;
    Milliseconds no_progress_;
    std::string object_;
    Traffic traffic_;
};

Milliseconds left_until(Clock::time_point end) {
    return std::max(std::chrono::ceil<Milliseconds>(end - Clock::now()), Milliseconds(1));
}

Awaitable<Result<std::string>> SshCommandsOverRoute::read_output(process::Child& child,
                                                                 Clock::time_point end) {
    std::string output;
    std::vector<std::byte> buffer(std::size_t{4} << 10);
    for (;;) {
        const Result<std::size_t> got = co_await child.read(buffer, left_until(end));
        if (!got) co_return got.error();
        if (*got == 0) co_return output;
        traffic_.bytes_received += *got;
        output.append(reinterpret_cast<const char*>(buffer.data()), *got);
        if (output.size() > longest_output)
            co_return fail(Errc::bad_response, "run", object_, "the program says more than it should");
    }
}

Awaitable<Result<SshAnswer>> SshCommandsOverRoute::run(std::string program, std::string last) {
    // As git-lfs writes it, which is what servers look for: quotes only where the path would not survive
    // without.
    const std::string& path = route_.address().path;
    std::string line = program + " " + (is_plain_shell_word(path) ? path : shell_word(path)) + " " + last;
    Result<process::Command> command = co_await route_.command(std::move(line), /*protocol=*/false);
    if (!command) co_return told_as(command.error(), "run " + program + " for", object_);
    const auto executor = co_await asio::this_coro::executor;
    Result<std::unique_ptr<process::Child>> child = process::Child::start(executor, std::move(*command));
    if (!child) co_return told_as(child.error(), "run " + program + " for", object_);
    (*child)->close_input();
    const auto end = Clock::now() + no_progress_;
    Result<std::string> output = co_await read_output(**child, end);
    Failure failure = fail(Errc::connection_closed, "run", object_, "ssh ended before its answer did");
    if (!output) failure = output.error();
    int exit_code = exit_of_ssh;
    if (output || output.error().code == Errc::connection_closed) {
        const Result<int> code = co_await (*child)->wait(left_until(end));
        if (!code) co_return told_as(code.error(), "run " + program + " for", object_);
        exit_code = *code;
    }
    SshAnswer answer;
    answer.words = trim((*child)->error_text());
    if (output && exit_code != exit_of_ssh) {
        answer.exit_code = exit_code;
        answer.output = std::move(*output);
        co_return answer;
    }
    failure.peer = cut_peer_words(answer.words);
    if (failure.code == Errc::connection_closed) {
        failure = co_await route_.explain(std::move(failure), answer.words, exit_code);
    }
    co_return told_as(std::move(failure), "run " + program + " for", object_);
}

}  // namespace

Result<std::unique_ptr<SshCommands>> make_ssh_commands(async::Workers& workers, Settings settings) {
    if (settings.object.empty()) settings.object = without_user(settings.url);
    if (!is_ssh_url(settings.url)) {
        return fail(Errc::config_invalid, "use", settings.object, "not an ssh URL of a git repository");
    }
    Result<SshAddress> address = parse_ssh_address(settings.url);
    // The text is not repeated: it may hold a password.
    if (!address) return told_as(address.error(), "use", "the git URL");
    std::unique_ptr<SshCommands> made =
        std::make_unique<SshCommandsOverRoute>(workers, settings, std::move(*address));
    return made;
}

}  // namespace autobackup::remote
