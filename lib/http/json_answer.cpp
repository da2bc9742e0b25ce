// SPDX-License-Identifier: MIT
#include "lib/http/json_answer.hpp"

#include "lib/core/text.hpp"

namespace autobackup::http {

namespace json = boost::json;

namespace {

std::string title_of(std::string_view page) {
    const std::string lower = to_lower(page.substr(0, 4096));
    const auto open = lower.find("<title>");
    if (open == std::string::npos) return std::string("an HTML page");
    const auto from = open + 7;
    const auto close = lower.find("</title>", from);
    if (close == std::string::npos) return std::string("an HTML page");
    return std::string(trim(page.substr(from, close - from)));
}

std::string words_of(const json::value& value) {
    if (value.is_string()) return std::string(trim(std::string_view(value.get_string())));
    if (value.is_object()) {
        for (const std::string_view key : {"detail", "message"}) {  // CVAT's word, GitHub's word
            if (const auto* words = value.get_object().if_contains(key); words && words->is_string()) return words_of(*words);
        }
    }
    if (value.is_array() && value.get_array().size() == 1 && value.get_array()[0].is_string())
        return words_of(value.get_array()[0]);
    return json::serialize(value);
}

}  // namespace

BodyForm form_of(std::string_view body) noexcept {
    const auto first = body.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return BodyForm::empty;
    switch (body[first]) {
        case '{':
            return BodyForm::object;
        case '[':
            return BodyForm::array;
        case '"':
            return BodyForm::string;
        case '<':
            return BodyForm::html;
        default:
            return BodyForm::text;
    }
}

std::string peer_words(std::string_view body) {
    switch (form_of(body)) {
        case BodyForm::empty:
            return std::string();
        case BodyForm::html:
            return cut_peer_words(title_of(trim(body)));
        case BodyForm::text:
            return cut_peer_words(trim(body));
        case BodyForm::object:
        case BodyForm::array:
        case BodyForm::string:
            break;
    }
    boost::system::error_code error;
    const json::value value = json::parse(json::string_view(body.data(), body.size()), error);
    if (error) return cut_peer_words(trim(body));
    return cut_peer_words(words_of(value));
}

Failure bad_answer(std::string operation, std::string object, std::string message, std::string_view body) {
    Failure failure = fail(Errc::bad_response, std::move(operation), std::move(object), std::move(message),
                           peer_words(body));
    if (form_of(body) == BodyForm::html) {
        failure.hint =
            "something in front of the server answers with a page of its own (a login page?), or the base "
            "URL is wrong";
    }
    return failure;
}

Result<json::value> parse_json(std::string_view body, std::string operation, std::string object) {
    const BodyForm form = form_of(body);
    if (form == BodyForm::html) {
        return bad_answer(std::move(operation), std::move(object),
                          "an HTML page came where JSON was expected", body);
    }
    if (form == BodyForm::empty) {
        return bad_answer(std::move(operation), std::move(object),
                          "an empty answer came where JSON was expected", body);
    }
    boost::system::error_code error;
    json::parse_options options;
    options.max_depth = 128;
    json::value value =
        json::parse(json::string_view(body.data(), body.size()), error, json::storage_ptr(), options);
    if (error)
        return bad_answer(std::move(operation), std::move(object),
                          "the answer is not JSON: " + error.message(), body);
    return value;
}

}  // namespace autobackup::http
