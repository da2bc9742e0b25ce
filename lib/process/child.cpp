// SPDX-License-Identifier: MIT
#include "lib/process/child.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <optional>

#include "lib/process/launch.hpp"

namespace autobackup::process {
namespace {

using Descriptor = asio::posix::stream_descriptor;
using boost::system::error_code;

constexpr std::size_t error_text_limit = 16 * 1024;

// Cancels what runs on a descriptor when its limit passes before it is armed again.
class NoProgress {
public:
    NoProgress(Descriptor& descriptor, Milliseconds limit)
        : timer_(descriptor.get_executor()), limit_(limit), state_(std::make_shared<State>()) {
        state_->descriptor = &descriptor;
    }
    NoProgress(const NoProgress&) = delete;
    NoProgress& operator=(const NoProgress&) = delete;
    ~NoProgress() { state_->descriptor = nullptr; }

    void arm() {
        if (limit_ == Milliseconds::zero()) return;
        timer_.expires_after(limit_);
        timer_.async_wait([state = state_, turn = ++state_->turn](error_code error) {
            // A wait that had already expired is told "success" although it was cancelled: the turn tells.
            if (error || state->descriptor == nullptr || state->turn != turn) return;
            state->fired = true;
            state->descriptor->cancel();
        });
    }
    [[nodiscard]] bool fired() const noexcept { return state_->fired; }

private:
    struct State {
        Descriptor* descriptor = nullptr;
        unsigned turn = 0;
        bool fired = false;
    };
    asio::steady_timer timer_;
    Milliseconds limit_;
    std::shared_ptr<State> state_;
};

}  // namespace

struct Child::Impl : std::enable_shared_from_this<Child::Impl> {
    Impl(const asio::any_io_executor& executor, Launched launched, std::string name_of_program)
        : pid(launched.pid),
          name(std::move(name_of_program)),
          input(executor),
          output(executor),
          errors(executor) {
        take(input, launched.input);
        take(output, launched.output);
        take(errors, launched.errors);
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() { end(); }

    static void take(Descriptor& descriptor, FileDescriptor& fd) {
        descriptor.assign(fd.get());  // may throw: then `fd` still owns it
        fd.release();
    }
    void end() noexcept;
    void drain_errors();
    void keep_error_text(std::string_view text);
    Awaitable<bool> ended_within(Milliseconds limit);
    Awaitable<void> last_errors();
    Failure failure(Errc kind, std::string operation, std::string message) const {
        return fail(kind, std::move(operation), name, std::move(message), error_text);
    }
    // What an operation on a pipe ended with. Throws when our owner was cancelled.
    Failure failure_of(error_code error, const NoProgress& watch, const char* operation) const;

    pid_t pid;
    std::string name;
    std::optional<int> code;  // set when reaped
    Descriptor input, output, errors;
    std::array<char, 4096> error_buffer{};
    std::string error_text;
    bool errors_ended = false;
};

void Child::Impl::end() noexcept {
    error_code ignored;
    input.close(ignored);
    output.close(ignored);
    errors.close(ignored);
    if (code) return;
    kill_and_reap(pid);
    code = 128 + SIGKILL;
}

void Child::Impl::keep_error_text(std::string_view text) {
    error_text.append(text);
    if (error_text.size() > error_text_limit) error_text.erase(0, error_text.size() - error_text_limit);
}

void Child::Impl::drain_errors() {
    errors.async_read_some(asio::buffer(error_buffer),
                           [self = shared_from_this()](error_code error, std::size_t got) {
                               self->keep_error_text(std::string_view(self->error_buffer.data(), got));
                               self->errors_ended = error || !self->errors.is_open();
                               if (!self->errors_ended) self->drain_errors();
                           });
}

// The child is gone; what it wrote last may still lie in the pipe. Something that it left running may hold
// the other end open, hence the bound.
Awaitable<void> Child::Impl::last_errors() {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    for (int i = 0; i < 50 && !errors_ended; ++i) {
        timer.expires_after(Milliseconds{i < 5 ? 0 : 2});
        co_await timer.async_wait(asio::use_awaitable);  // throws when cancelled
    }
    error_code ignored;
    errors.close(ignored);
}

// Asked again and again rather than told by SIGCHLD: that signal has one handler per process, and other rooms
// and libraries have children too. A child that has closed its output is gone within a millisecond as a rule.
Awaitable<bool> Child::Impl::ended_within(Milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    Milliseconds step{1};
    for (;;) {
        if (!code) code = reap(pid);
        if (code) {
            co_await last_errors();
            co_return true;
        }
        const auto left = deadline - std::chrono::steady_clock::now();
        if (left <= Milliseconds::zero()) co_return false;
        timer.expires_after(std::min<std::chrono::steady_clock::duration>(step, left));
        co_await timer.async_wait(asio::use_awaitable);  // throws when cancelled
        step = std::min(step * 2, Milliseconds{50});
    }
}

Failure Child::Impl::failure_of(error_code error, const NoProgress& watch, const char* operation) const {
    if (error == asio::error::operation_aborted) {
        if (!watch.fired()) throw boost::system::system_error(error);
        return failure(Errc::no_progress, operation, "the program moved no byte within the limit");
    }
    if (error == asio::error::broken_pipe || error == asio::error::eof) {
        return failure(Errc::connection_closed, operation, "the program closed its end of the pipe");
    }
    return failure(Errc::child_failed, operation, error.message());
}

Child::Child(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Child::~Child() {
    impl_->end();
}

Result<std::unique_ptr<Child>> Child::start(const asio::any_io_executor& executor, Command command) {
    Result<Launched> launched = launch(command);
    if (!launched) return launched.error();
    const pid_t pid = launched->pid;
    std::shared_ptr<Impl> impl;
    try {
        impl = std::make_shared<Impl>(executor, std::move(*launched), command.argv[0]);
    } catch (const boost::system::system_error& error) {  // no more room in the reactor
        kill_and_reap(pid);
        return fail(Errc::child_failed, "start", command.argv[0], error.code().message());
    }
    impl->drain_errors();
    return std::unique_ptr<Child>(new Child(std::move(impl)));
}

Awaitable<Result<void>> Child::write(std::span<const std::byte> bytes, Milliseconds no_progress) {
    const std::shared_ptr<Impl> impl = impl_;
    if (!impl->input.is_open())
        co_return impl->failure(Errc::connection_closed, "write to", "its input was closed");
    NoProgress watch(impl->input, no_progress);
    while (!bytes.empty()) {
        watch.arm();
        const auto piece = asio::buffer(bytes.data(), bytes.size());
        const auto [error, written] = co_await impl->input.async_write_some(piece, as_tuple_awaitable);
        if (error) co_return impl->failure_of(error, watch, "write to");
        bytes = bytes.subspan(written);
    }
    co_return Result<void>();
}

void Child::close_input() {
    error_code ignored;
    impl_->input.close(ignored);
}

Awaitable<Result<std::size_t>> Child::read(std::span<std::byte> buffer, Milliseconds no_progress) {
    const std::shared_ptr<Impl> impl = impl_;
    NoProgress watch(impl->output, no_progress);
    watch.arm();
    const auto target = asio::buffer(buffer.data(), buffer.size());
    const auto [error, got] = co_await impl->output.async_read_some(target, as_tuple_awaitable);
    if (error == asio::error::eof) co_return std::size_t{0};
    if (error) co_return impl->failure_of(error, watch, "read from");
    co_return got;
}

Awaitable<Result<int>> Child::wait(Milliseconds limit) {
    const std::shared_ptr<Impl> impl = impl_;
    static constexpr std::array<int, 3> signals = {0, SIGTERM, SIGKILL};
    for (const int signal : signals) {
        if (signal != 0) ::kill(-impl->pid, signal);
        Milliseconds patience{2'000};
        if (signal == 0) patience = limit;
        const bool ended = co_await impl->ended_within(patience);
        if (ended) co_return *impl->code;
    }
    co_return impl->failure(Errc::child_failed, "stop", "it does not die: it hangs in the kernel");
}

const std::string& Child::error_text() const noexcept {
    return impl_->error_text;
}

pid_t Child::id() const noexcept {
    return impl_->pid;
}

}  // namespace autobackup::process
