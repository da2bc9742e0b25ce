// SPDX-License-Identifier: MIT
#include "lib/remote/http_parts.hpp"

#include <algorithm>
#include <cstring>

#include "lib/core/text.hpp"

namespace autobackup::remote {
namespace {

// A text, then a pack.
class TextThenPack final : public http::BodySource {
public:
    TextThenPack(std::string text, std::shared_ptr<http::BodySource> pack)
        : text_(std::move(text)), pack_(std::move(pack)) {}

    [[nodiscard]] std::optional<std::uint64_t> size() const override {
        if (!pack_) return text_.size();
        const std::optional<std::uint64_t> rest = pack_->size();
        if (!rest) return std::nullopt;
        return text_.size() + *rest;
    }
    Awaitable<Result<std::size_t>> read(std::span<std::byte> buffer) override {
        const std::size_t count = std::min(buffer.size(), text_.size() - sent_);
        if (count > 0 || !pack_) {
            std::memcpy(buffer.data(), text_.data() + sent_, count);
            sent_ += count;
            co_return count;
        }
        const Result<std::size_t> got = co_await pack_->read(buffer);
        co_return got;
    }
    // A push is sent once. The HTTP client would repeat a request whose kept connection died without an
    // answer; but the server may have taken it, and would then refuse the same update a second time. Whoever
    // pushes looks at the refs instead.
    bool rewind() override { return sent_ == 0; }

private:
    std::string text_;
    std::shared_ptr<http::BodySource> pack_;
    std::size_t sent_ = 0;
};

// "<40 hex>\t<name>": the file that a server of plain files gives.
bool is_dumb_listing(std::string_view body) {
    constexpr std::size_t digits = 40;
    if (body.empty()) return false;
    return body.size() > digits && body[digits] == '\t' &&
           git::Oid::parse(body.substr(0, digits)).has_value();
}

void explain_unauthorized(Failure& failure, bool with_password, bool asked_elsewhere) {
    if (asked_elsewhere) {
        failure.message = "redirected to another server, which asks for credentials";
        failure.hint = "configure the new URL; credentials stay with the server they are for";
    } else if (with_password) {
        failure.message = "the server refused the user name or password";
        failure.hint = "check that the token has not expired and may be used for git";
    } else {
        failure.message = "the server asks for credentials, and none are configured";
    }
}

}  // namespace

Secret basic_authorization(const std::string& username, const Secret& password) {
    const std::string& user = username.empty() ? "x-access-token" : username;
    return Secret("Basic " + base64_encode(user + ":" + password.reveal()));
}

bool is_answer_of_type(const http::ResponseHead& head, std::string_view type) {
    if (head.status != 200) return false;
    const std::string value = head.headers.value_or("Content-Type", std::string());
    return to_lower(trim(split(value, ';')[0])) == type;
}

Failure failure_of_answer(const http::Response& response, std::string operation, std::string object,
                          bool with_password, bool asked_elsewhere) {
    Failure failure = http::failure_of(response, std::move(operation), std::move(object));
    if (response.head.status == 200) {
        failure.code = Errc::bad_response;
        failure.message = "the server answered with a page that is not of the git protocol";
        failure.hint = "check the URL: it must be the one that git clone takes";
        if (is_dumb_listing(response.body)) {
            failure.code = Errc::unsupported;
            failure.message = "the server speaks only git's dumb HTTP protocol (plain files)";
            failure.hint = "serve the repository through git http-backend";
        }
        failure.transient = usually_transient(failure.code);
    }
    constexpr int payload_too_large = 413;
    if (failure.code == Errc::unauthorized) explain_unauthorized(failure, with_password, asked_elsewhere);
    if (response.head.status == payload_too_large) {
        failure.hint =
            "the server, or a proxy before it, limits the size of a request (nginx: client_max_body_size)";
    }
    return failure;
}

std::shared_ptr<http::BodySource> commands_and_pack(const PushText& push,
                                                    std::shared_ptr<http::BodySource> pack) {
    if (!push.pack) return std::make_shared<TextThenPack>(push.text, nullptr);
    if (!pack) return std::make_shared<TextThenPack>(push.text + empty_pack(), nullptr);
    return std::make_shared<TextThenPack>(push.text, std::move(pack));
}

}  // namespace autobackup::remote
