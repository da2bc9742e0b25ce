// SPDX-License-Identifier: MIT
#include "lib/http/response_parser.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <cstring>
#include <string_view>

namespace autobackup::http {

namespace beast = boost::beast;
using boost::system::error_code;

// Beast's parser, told to hand out views of the bytes it was given rather than to copy them.
class ResponseParser::Grammar final : public beast::http::basic_parser<false> {
public:
    explicit Grammar(bool without_body) {
        header_limit(static_cast<std::uint32_t>(head_limit));
        body_limit(boost::none);
        skip(without_body);
    }

    ResponseHead head;
    std::byte* body_end = nullptr;  // where the next body bytes of this call are moved to

private:
    void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int,
                         error_code&) override {}
    void on_response_impl(int code, beast::string_view reason, int, error_code&) override {
        head.status = code;
        head.reason.assign(reason.data(), reason.size());
    }
    void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                       error_code&) override {
        // Trailers come this way too; nothing reads them.
        if (!is_header_done()) head.headers.add(std::string(name), std::string(value));
    }
    void on_header_impl(error_code&) override {
        if (const auto length = content_length()) head.content_length = *length;
    }
    void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
    std::size_t on_body_impl(beast::string_view bytes, error_code&) override { return keep(bytes); }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code&) override {
        return keep(bytes);
    }
    void on_finish_impl(error_code&) override {}

    // A body with a length is one piece that stays where it is; chunks move down by what stood between them.
    std::size_t keep(beast::string_view bytes) {
        if (static_cast<const void*>(body_end) != bytes.data())
            std::memmove(body_end, bytes.data(), bytes.size());
        body_end += bytes.size();
        return bytes.size();
    }
};

namespace {

constexpr int most_interim_answers = 32;

Failure broken(std::string why, std::string_view peer = {}) {
    return fail(Errc::bad_response, "", "", std::move(why), std::string(peer));
}

}  // namespace

ResponseParser::ResponseParser(Method method, bool tunnel) : method_(method), tunnel_(tunnel) {
    start();
}
ResponseParser::~ResponseParser() = default;

void ResponseParser::start() {
    grammar_ = std::make_unique<Grammar>(method_ == Method::head || tunnel_);
}

// The end of the head is looked for here, and the parser gets the head in one piece: given piece by piece,
// its limit counts only the fields that are not yet parsed.
Result<std::size_t> ResponseParser::feed_head(std::span<const std::byte> bytes) {
    std::size_t eaten = 0;
    while (!has_head_) {
        const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + eaten,
                                    bytes.size() - eaten);
        constexpr std::string_view magic = "HTTP/1.";
        if (text.substr(0, magic.size()) != magic.substr(0, text.size())) {
            return broken("the answer is not HTTP/1.1", text.substr(0, 200));
        }
        const std::size_t end = text.find("\r\n\r\n", searched_);
        if (std::min(end, text.size()) > head_limit) {
            return fail(Errc::response_too_large, "", "",
                        "the head of the answer is longer than " + std::to_string(head_limit >> 10) + " KiB");
        }
        if (end == std::string_view::npos) {
            searched_ = text.size() < 3 ? 0 : text.size() - 3;
            return eaten;
        }
        searched_ = 0;
        error_code error;
        grammar_->put(boost::asio::buffer(text.data(), end + 4), error);
        if (error || !grammar_->is_header_done()) {
            return broken("the head of the answer is malformed (" + error.message() + ")",
                          text.substr(0, 200));
        }
        eaten += end + 4;
        const int status = grammar_->head.status;
        if (status >= 200) {
            head_ = std::move(grammar_->head);
            grammar_->eager(true);
            has_head_ = true;
        } else if (status == 101 || ++interim_ > most_interim_answers) {
            return broken("the server does not come to an answer (status " + std::to_string(status) + ")");
        } else {
            start();
        }
    }
    return eaten;
}

Result<ResponseParser::Eaten> ResponseParser::feed_body(std::span<std::byte> bytes) {
    Eaten eaten;
    if (grammar_->is_done() || bytes.empty()) return eaten;
    grammar_->body_end = bytes.data();
    error_code error;
    eaten.consumed = grammar_->put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    if (error && error != beast::http::error::need_more)
        return broken("the chunks of the answer are malformed (" + error.message() + ")");
    eaten.body = bytes.first(static_cast<std::size_t>(grammar_->body_end - bytes.data()));
    return eaten;
}

bool ResponseParser::done() const noexcept {
    return has_head_ && grammar_->is_done();
}

bool ResponseParser::ends_with_connection() const noexcept {
    return has_head_ && grammar_->need_eof() && !grammar_->is_done();
}

bool ResponseParser::finish() {
    if (done()) return true;
    if (!has_head_) return false;
    error_code error;
    grammar_->put_eof(error);
    return !error;
}

bool ResponseParser::keep_alive() const {
    return has_head_ && grammar_->keep_alive() && !(grammar_->need_eof());
}

}  // namespace autobackup::http
