// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/async/run.hpp"
#include "lib/http/client.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/scripted_server.hpp"

namespace autobackup::http::test {

using autobackup::test::Peer;
using autobackup::test::run_coroutine;
using autobackup::test::ScriptedServer;
using namespace std::chrono_literals;

inline std::unique_ptr<Client> client_with(ClientSettings settings = {}) {
    auto client = make_client(std::move(settings));
    if (!client) throw std::runtime_error(describe(client.error()));
    return std::move(*client);
}

inline Request get(const std::string& url) {
    Request request;
    request.url = Url::parse(url).value();
    return request;
}

/// Limits short enough for tests, long enough for a busy machine.
inline Limits quick() {
    Limits limits;
    limits.connect = 15s;
    limits.no_progress = 15s;
    return limits;
}

inline Result<Response> exchange(Client& client, Request request, Limits limits = quick()) {
    auto work = [&]() -> Awaitable<Result<Response>> { return client.exchange(std::move(request), limits); };
    return run_coroutine(work);
}

inline Result<Response> stream(Client& client, Request request, BodySink& sink, Limits limits = quick()) {
    auto work = [&]() -> Awaitable<Result<Response>> {
        return client.stream(std::move(request), sink, limits);
    };
    return run_coroutine(work);
}

/// Keeps what it is given; can be slow, unwilling, or fail.
class RecordingSink : public BodySink {
public:
    bool accept(const ResponseHead& head) override {
        status = head.status;
        return head.status / 100 == 2;
    }
    Awaitable<Result<void>> write(std::span<const std::byte> bytes) override {
        if (delay > 0ms && writes < delayed) co_await async::sleep_for(delay);
        if (body.size() + bytes.size() > fail_after)
            co_return fail(Errc::disk_full, "write", "spool file", "no room");
        body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        ++writes;
        co_return Result<void>();
    }

    int status = 0;
    int writes = 0;
    std::string body;
    std::chrono::milliseconds delay{0};  ///< of the first `delayed` writes
    int delayed = std::numeric_limits<int>::max();
    std::size_t fail_after = std::string::npos;
};

/// Gives out `text` in pieces; with or without a length.
class TextSource : public BodySource {
public:
    explicit TextSource(std::string given, bool with_length = true, bool can_rewind = true)
        : text(std::move(given)), with_length_(with_length), can_rewind_(can_rewind) {}
    std::optional<std::uint64_t> size() const override {
        return with_length_ ? std::optional<std::uint64_t>(announced.value_or(text.size())) : std::nullopt;
    }
    Awaitable<Result<std::size_t>> read(std::span<std::byte> buffer) override {
        if (delay > 0ms) co_await async::sleep_for(delay);
        if (at_ >= fail_at) co_return fail(Errc::io_error, "read", "pack file", "the disk says no");
        const std::size_t n = std::min({buffer.size(), piece, text.size() - at_});
        std::copy_n(reinterpret_cast<const std::byte*>(text.data()) + at_, n, buffer.begin());
        at_ += n;
        co_return n;
    }
    bool rewind() override {
        ++rewinds;
        if (can_rewind_) at_ = 0;
        return can_rewind_;
    }

    std::string text;
    std::size_t piece = 100'000;
    std::size_t fail_at = std::string::npos;
    std::optional<std::uint64_t> announced;
    std::chrono::milliseconds delay{0};
    int rewinds = 0;

private:
    bool with_length_;
    bool can_rewind_;
    std::size_t at_ = 0;
};

/// Text in which a lost or doubled piece shows: a random block of odd length, again and again.
inline std::string pattern(std::size_t size) {
    static const std::string block = [] {
        std::string bytes(100'003, '\0');
        std::uint32_t x = 12345;
        for (char& c : bytes) c = static_cast<char>((x = x * 1664525u + 1013904223u) >> 24);
        return bytes;
    }();
    std::string text;
    text.reserve(size);
    while (text.size() < size) text.append(block, 0, std::min(block.size(), size - text.size()));
    return text;
}

class Stopwatch {
public:
    [[nodiscard]] std::chrono::milliseconds elapsed() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                     start_);
    }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace autobackup::http::test
