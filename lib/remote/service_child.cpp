// SPDX-License-Identifier: MIT
#include "lib/remote/service_child.hpp"

#include <algorithm>

#include "lib/core/text.hpp"

namespace autobackup::remote {
namespace {

constexpr Milliseconds time_to_end{5'000};

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

bool says(std::string_view words, std::string_view what) {
    return words.find(what) != std::string_view::npos;
}

// git speaks English to us: LC_ALL is C.UTF-8.
void sort_by_words(Failure& failure, std::string_view words, int exit_code) {
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
}

}  // namespace

Result<std::unique_ptr<ServiceChild>> ServiceChild::start(const asio::any_io_executor& executor,
                                                          Service service, const std::filesystem::path& path,
                                                          Milliseconds no_progress) {
    Result<std::unique_ptr<process::Child>> child =
        process::Child::start(executor, command_for(service, path));
    if (!child) return child.error();
    return std::unique_ptr<ServiceChild>(new ServiceChild(std::move(*child), no_progress));
}

Awaitable<Result<Packet>> ServiceChild::next() {
    for (;;) {
        const Result<std::optional<Packet>> packet = reader_.next(rest_);
        if (!packet) co_return packet.error();
        if (*packet) co_return **packet;
        const Result<std::size_t> got = co_await child_->read(buffer_, no_progress_);
        if (!got) co_return got.error();
        if (*got == 0)
            co_return fail(Errc::connection_closed, "read from", "git", "git ended before its answer did");
        rest_ = std::string_view(reinterpret_cast<const char*>(buffer_.data()), *got);
    }
}

Awaitable<Result<void>> ServiceChild::send(std::string_view text) {
    const Result<void> sent = co_await send(std::as_bytes(std::span(text.data(), text.size())));
    co_return sent;
}

Awaitable<Result<void>> ServiceChild::send(std::span<const std::byte> bytes) {
    const Result<void> sent = co_await child_->write(bytes, no_progress_);
    co_return sent;
}

Awaitable<void> ServiceChild::finish() {
    child_->close_input();
    // Its exit code says nothing that the answer did not: receive-pack exits with 1 after a report that
    // refuses a ref.
    static_cast<void>(co_await child_->wait(time_to_end));
}

Awaitable<Failure> ServiceChild::explain(Failure failure) {
    if (failure.code != Errc::connection_closed) {
        if (failure.peer.empty()) failure.peer = cut_peer_words(trim(child_->error_text()));
        co_return failure;
    }
    child_->close_input();
    const Result<int> code = co_await child_->wait(time_to_end);
    const std::string words(trim(child_->error_text()));
    sort_by_words(failure, words, code.has_value() ? *code : 0);
    PeerWords last;
    last.add(words);
    failure.peer = last.text();
    co_return failure;
}

}  // namespace autobackup::remote
