// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/http/client.hpp"

namespace autobackup::test {

/// One expected request and what comes back.
class FakeExchange {
public:
    FakeExchange(http::Method method, std::string target) : method_(method), target_(std::move(target)) {}

    /// The request must carry this header with this value; an empty value: must not carry it.
    FakeExchange& with(std::string name, std::string value) {
        wanted_headers_.emplace_back(std::move(name), std::move(value));
        return *this;
    }
    FakeExchange& with_body(std::string body) {
        wanted_body_ = std::move(body);
        return *this;
    }
    /// Content-Length is added by itself; see no_length().
    FakeExchange& answers(int status, std::string body = std::string()) {
        status_ = status;
        body_ = std::move(body);
        return *this;
    }
    FakeExchange& header(std::string name, std::string value) {
        headers_.add(std::move(name), std::move(value));
        return *this;
    }
    FakeExchange& no_length() {
        tells_length_ = false;
        return *this;
    }
    /// The connection fails before the head.
    FakeExchange& fails(Errc code) {
        failure_ = code;
        return *this;
    }
    /// The connection fails after so many bytes of the body.
    FakeExchange& cut_after(std::size_t bytes, Errc code = Errc::connection_closed) {
        cut_ = bytes;
        failure_ = code;
        return *this;
    }

private:
    friend class FakeHttp;
    http::Method method_;
    std::string target_;
    std::vector<std::pair<std::string, std::string>> wanted_headers_;
    std::optional<std::string> wanted_body_;
    int status_ = 200;
    std::string body_;
    http::Headers headers_;
    bool tells_length_ = true;
    std::optional<Errc> failure_;
    std::optional<std::size_t> cut_;
    bool used_ = false;
};

/// An http::Client that answers from a list and fails the test on a request that is not next in it, or when
/// one is left over.
class FakeHttp final : public http::Client {
public:
    ~FakeHttp() override {
        for (const FakeExchange& one : script_) {
            if (!one.used_)
                ADD_FAILURE() << "never asked for: " << http::name(one.method_) << " " << one.target_;
        }
    }

    /// `target`: path and query as sent.
    FakeExchange& expect(http::Method method, std::string target) {
        return script_.emplace_back(method, std::move(target));
    }
    FakeExchange& get(std::string target) { return expect(http::Method::get, std::move(target)); }
    FakeExchange& post(std::string target) { return expect(http::Method::post, std::move(target)); }
    /// From now on requests may come in any order (for concurrent ones).
    void any_order() { any_order_ = true; }
    /// Every request as it came, "GET /api/x".
    [[nodiscard]] const std::vector<std::string>& log() const { return log_; }
    /// Values of Authorization as they came.
    [[nodiscard]] const std::vector<std::string>& authorizations() const { return authorizations_; }

    Awaitable<Result<http::Response>> exchange(http::Request request, http::Limits) override {
        const asio::any_io_executor executor = co_await asio::this_coro::executor;
        co_await asio::post(executor, asio::use_awaitable);
        const FakeExchange* found = take(request);
        if (!found) co_return fail(Errc::internal, "GET", request.object, "the test expects no such request");
        if (found->failure_)
            co_return fail(*found->failure_, std::string(http::name(request.method)), request.object,
                           "as scripted");
        http::Response response;
        response.head = head_of(*found, request);
        response.body = found->body_;
        co_return response;
    }

    Awaitable<Result<http::Response>> stream(http::Request request, http::BodySink& sink,
                                             http::Limits) override {
        const asio::any_io_executor executor = co_await asio::this_coro::executor;
        co_await asio::post(executor, asio::use_awaitable);
        const FakeExchange* found = take(request);
        if (!found) co_return fail(Errc::internal, "GET", request.object, "the test expects no such request");
        if (found->failure_ && !found->cut_)
            co_return fail(*found->failure_, "GET", request.object, "as scripted");
        http::Response response;
        response.head = head_of(*found, request);
        if (!sink.accept(response.head)) {
            response.body = found->body_.substr(0, 64 << 10);
            co_return response;
        }
        const std::string sent = found->cut_ ? found->body_.substr(0, *found->cut_) : found->body_;
        for (std::size_t at = 0; at < sent.size(); at += piece_size) {
            const std::string piece = sent.substr(at, piece_size);
            const Result<void> taken =
                co_await sink.write(std::as_bytes(std::span<const char>(piece.data(), piece.size())));
            if (!taken) co_return taken.error();
        }
        if (found->cut_) co_return fail(*found->failure_, "GET", request.object, "as scripted");
        co_return response;
    }

    [[nodiscard]] http::Traffic traffic() const noexcept override {
        http::Traffic traffic;
        traffic.requests = log_.size();
        return traffic;
    }
    void close_idle() override {}

    static constexpr std::size_t piece_size = 100'000;

private:
    const FakeExchange* take(const http::Request& request) {
        log_.push_back(std::string(http::name(request.method)) + " " + request.url.target());
        authorizations_.push_back(request.authorization.reveal());
        for (FakeExchange& one : script_) {
            if (one.used_) continue;
            if (one.method_ == request.method && one.target_ == request.url.target()) {
                one.used_ = true;
                check(one, request);
                return &one;
            }
            if (!any_order_) break;
        }
        ADD_FAILURE() << "unexpected request: " << log_.back();
        return nullptr;
    }

    static void check(const FakeExchange& wanted, const http::Request& request) {
        for (const auto& [name, value] : wanted.wanted_headers_) {
            EXPECT_EQ(request.headers.value_or(name, std::string()), value)
                << name << " of " << wanted.target_;
        }
        if (wanted.wanted_body_) {
            EXPECT_EQ(request.body, *wanted.wanted_body_) << wanted.target_;
        }
        EXPECT_EQ(request.headers.find("Cookie"), nullptr);
    }

    static http::ResponseHead head_of(const FakeExchange& scripted, const http::Request& request) {
        http::ResponseHead head;
        head.status = scripted.status_;
        head.headers = scripted.headers_;
        head.url = request.url;
        if (scripted.tells_length_) {
            head.content_length = scripted.body_.size();
            head.headers.set("Content-Length", std::to_string(scripted.body_.size()));
        }
        return head;
    }

    std::list<FakeExchange> script_;
    std::vector<std::string> log_;
    std::vector<std::string> authorizations_;
    bool any_order_ = false;
};

}  // namespace autobackup::test
