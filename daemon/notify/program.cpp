// SPDX-License-Identifier: MIT
#include "daemon/notify/program.hpp"

#include <boost/system/system_error.hpp>
#include <optional>
#include <span>

#include "lib/async/run.hpp"
#include "lib/core/text.hpp"
#include "lib/process/child.hpp"

namespace autobackup::notify {
namespace {

constexpr Milliseconds glance{200};   // how often it is looked whether the program has ended
constexpr Milliseconds longer{3'600'000};

// A run of the program; lives longer than the coroutines that share it.
struct Execution {
    process::Child& child;
    const std::string& input;
    std::optional<Result<int>> ended;
};

Awaitable<void> feed(Execution& execution) {
    const auto bytes = std::as_bytes(std::span(execution.input));
    try {
        // A program that does not want to read is none the worse: what counts is how it ends.
        const Result<void> written = co_await execution.child.write(bytes, longer);
        if (written) execution.child.close_input();
    } catch (const boost::system::system_error&) {
        if (!execution.ended) throw;  // cancelled by our owner, and not by the close after the program's end
    }
}

// What it says is nobody's, but a full pipe would stop it. Something that it left behind may hold the pipe open.
Awaitable<void> drain(Execution& execution) {
    std::vector<std::byte> scrap(std::size_t{64} << 10);
    while (!execution.ended) {
        const Result<std::size_t> got = co_await execution.child.read(scrap, glance);
        if (got && *got == 0) co_return;
        if (!got && got.error().code != Errc::no_progress) co_return;
    }
}

Awaitable<void> await_end(Execution& execution) {
    Result<int> code = co_await execution.child.wait(longer);
    execution.ended = std::move(code);
    execution.child.close_input();
}

Awaitable<void> execute(Execution& execution) {
    std::vector<Awaitable<void>> parts;
    parts.push_back(feed(execution));
    parts.push_back(drain(execution));
    parts.push_back(await_end(execution));
    co_await async::all_of(std::move(parts));
}

}  // namespace

Awaitable<Result<void>> run_program(Services& services, Program program, std::string object) {
    const std::string input = std::move(program.input);
    process::Command command;
    command.argv = std::move(program.argv);
    command.environment = std::move(program.environment);
    command.directory = "/";
    Result<std::unique_ptr<process::Child>> child = process::Child::start(services.executor, std::move(command));
    if (!child) {
        Failure failure = child.error();
        failure.object = object;
        failure.transient = false;
        co_return failure;
    }
    Execution execution{**child, input, std::nullopt};
    const Milliseconds limit = services.patience.program;
    const bool in_time = co_await async::with_deadline(limit, execute(execution));
    const std::string words = cut_peer_words((*child)->error_text());
    if (!in_time && !execution.ended) {
        // ~Child kills the whole group.
        co_return fail(Errc::timeout, "run", object, "it did not end within " + human_duration(limit) + " and was killed", words);
    }
    if (!*execution.ended) co_return execution.ended->error();
    const int code = execution.ended->value();
    if (code == 0) co_return Result<void>();
    std::string message = "it ended with exit code " + std::to_string(code);
    if (code > 128) message = "it was killed by signal " + std::to_string(code - 128);
    Failure failure = fail(Errc::child_failed, "run", object, message, words);
    failure.transient = true;
    co_return failure;
}

}  // namespace autobackup::notify
