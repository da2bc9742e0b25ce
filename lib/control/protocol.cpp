// SPDX-License-Identifier: MIT
#include "lib/control/protocol.hpp"

#include <algorithm>
#include <utility>

namespace autobackup::control {
namespace {

namespace json = boost::json;

constexpr std::size_t deepest = 16;
constexpr std::size_t longest_verb = 32;

Failure bad(std::string why) {
    return fail(Errc::bad_request, "read", "a control request", std::move(why));
}

bool is_verb(std::string_view text) {
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
    return !text.empty() && text.size() <= longest_verb && std::all_of(text.begin(), text.end(), fits);
}

std::string line_of(json::object object) {
    return json::serialize(object) + '\n';
}

// The version of a request; refuses what is not ours before anything else of it is looked at.
Result<void> check_version(const json::object& object) {
    const json::value* const version = object.if_contains("v");
    if (version == nullptr) return bad("the request has no \"v\"");
    if (version->is_int64() && version->get_int64() == protocol_version) return {};
    return fail(
        Errc::unsupported, "read", "a control request",
        "this daemon speaks version " + std::to_string(protocol_version) + " of the control protocol");
}

}  // namespace

Answer good(json::value data) {
    Answer answer;
    answer.ok = true;
    answer.data = std::move(data);
    return answer;
}

Answer refuse(std::string code, std::string message, int exit, json::value data) {
    Answer answer;
    answer.code = std::move(code);
    answer.message = std::move(message);
    answer.exit = exit;
    answer.data = std::move(data);
    return answer;
}

Answer refuse(const Failure& failure, int exit) {
    return refuse(std::string(name(failure.code)), describe(failure), exit);
}

Result<Request> parse_request(std::string_view line) {
    json::parse_options options;
    options.max_depth = deepest;
    boost::system::error_code error;
    json::value value = json::parse(line, error, {}, options);
    if (error) return bad("the request is not JSON: " + error.message());
    json::object* const object = value.if_object();
    if (object == nullptr) return bad("the request is not a JSON object");
    if (const Result<void> version = check_version(*object); !version) return version.error();
    const json::value* const verb = object->if_contains("verb");
    if (verb == nullptr || !verb->is_string() || !is_verb(verb->get_string()))
        return bad("the request has no good \"verb\"");
    Request request;
    request.verb = verb->get_string();
    if (json::value* const args = object->if_contains("args")) {
        if (!args->is_object()) return bad("the request's \"args\" is not an object");
        request.args = std::move(args->get_object());
    }
    return request;
}

std::string request_line(std::string_view verb, const json::object& args) {
    return line_of({{"v", protocol_version}, {"verb", verb}, {"args", args}});
}

std::string event_line(std::string_view event, const json::value& data) {
    json::object object{{"v", protocol_version}, {"event", event}};
    if (!data.is_null()) object["data"] = data;
    return line_of(std::move(object));
}

std::string answer_line(const Answer& answer) {
    json::object object{{"v", protocol_version}, {"ok", answer.ok}};
    if (answer.ok) {
        object["data"] = answer.data;
        return line_of(std::move(object));
    }
    json::object error{{"code", answer.code}, {"message", answer.message}, {"exit", answer.exit}};
    if (!answer.data.is_null()) error["data"] = answer.data;
    object["error"] = std::move(error);
    return line_of(std::move(object));
}

}  // namespace autobackup::control
