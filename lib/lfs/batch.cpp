// SPDX-License-Identifier: MIT
#include "lib/lfs/batch.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "lib/core/json_fields.hpp"
#include "lib/core/text.hpp"

namespace autobackup::lfs {
namespace {

namespace json = boost::json;

Failure no_answer(std::string why) { return fail(Errc::bad_response, "ask", "LFS batch", std::move(why)); }

const json::value* find(const json::object& object, const char* key) {
    const json::value* value = object.if_contains(key);
    return value == nullptr || value->is_null() ? nullptr : value;
}

// expires_in is preferred over expires_at (docs/api/batch.md); 0 and the year 1 stand for "does not expire".
std::optional<Instant> expiry_of(const json::object& object, Instant now) {
    constexpr std::int64_t longest = std::int64_t{1} << 31;
    if (const std::int64_t seconds = integer_at(object, "expires_in"); seconds != 0) {
        return now + std::chrono::seconds(std::clamp(seconds, -longest, longest));
    }
    const std::optional<Instant> at = parse_rfc3339(text_at(object, "expires_at"));
    if (!at || *at < Instant{}) return std::nullopt;
    return at;
}

void take_headers(const json::object& object, http::Headers& headers, Secret& authorization) {
    const json::value* fields = find(object, "header");
    if (fields == nullptr || !fields->is_object()) return;
    for (const auto& [key, value] : fields->get_object()) {
        if (!value.is_string()) continue;
        if (to_lower(std::string_view(key)) == "authorization") {
            authorization = Secret(std::string(value.get_string()));
        } else {
            headers.add(std::string(key), std::string(value.get_string()));
        }
    }
}

Result<std::optional<Action>> action_of(const json::object& actions, const char* key, const http::Url& endpoint, Instant now) {
    const json::value* value = find(actions, key);
    if (value == nullptr) return std::optional<Action>();
    if (!value->is_object()) return no_answer(std::string("the action ") + key + " is no object");
    // The reason why a URL cannot be used may repeat it, and it may be signed: ours says less.
    const std::string text = text_at(value->get_object(), "href");
    const Result<http::Url> href = endpoint.resolve(text);
    if (!href || text.empty()) return no_answer(std::string("the href of the action ") + key + " is no http or https URL");
    if (endpoint.tls() && !href->tls()) {
        return fail(Errc::redirect_refused, key, "LFS object", "the server answers over https with an http address (" + href->origin() + ")");
    }
    Action action;
    action.href = *href;
    action.expires = expiry_of(value->get_object(), now);
    take_headers(value->get_object(), action.headers, action.authorization);
    return std::optional<Action>(std::move(action));
}

Result<BatchObject> object_of(const json::object& object, const http::Url& endpoint, Instant now) {
    BatchObject out;
    out.pointer.oid = text_at(object, "oid");
    const std::int64_t size = integer_at(object, "size");
    out.pointer.size = size < 0 ? 0 : static_cast<std::uint64_t>(size);
    const json::value* authenticated = find(object, "authenticated");
    out.authenticated = authenticated != nullptr && authenticated->is_bool() && authenticated->get_bool();
    if (const json::value* error = find(object, "error"); error != nullptr && error->is_object()) {
        out.error_code = static_cast<int>(std::clamp<std::int64_t>(integer_at(error->get_object(), "code"), 0, 999));
        if (out.error_code == 0) out.error_code = 500;
        out.error_message = cut_peer_words(text_at(error->get_object(), "message"));
        return out;
    }
    const json::value* actions = find(object, "actions");
    if (actions == nullptr) actions = find(object, "_links");  // servers of the time before 1.1
    if (actions == nullptr || !actions->is_object()) return out;
    for (auto [key, slot] : {std::pair("upload", &out.upload), std::pair("download", &out.download), std::pair("verify", &out.verify)}) {
        Result<std::optional<Action>> action = action_of(actions->get_object(), key, endpoint, now);
        if (!action) return action.error();
        *slot = std::move(*action);
    }
    return out;
}

Result<void> check_kind(const json::object& answer) {
    const std::string transfer = text_at(answer, "transfer");
    const std::string hash = text_at(answer, "hash_algo");
    if (!transfer.empty() && transfer != "basic") {
        return fail(Errc::unsupported, "ask", "LFS batch", "the server wants the transfer \"" + one_line(transfer) + "\"; only basic is offered");
    }
    if (!hash.empty() && hash != "sha256") {
        return fail(Errc::unsupported, "ask", "LFS batch", "the server wants the hash \"" + one_line(hash) + "\"; only sha256 is offered");
    }
    return {};
}

Result<json::object> parse_object(std::string_view text) {
    boost::system::error_code error;
    json::value parsed = json::parse(text, error);
    if (error || !parsed.is_object()) return no_answer("the answer is no JSON object");
    return std::move(parsed.get_object());
}

json::object object_json(const Pointer& object) { return {{"oid", object.oid}, {"size", object.size}}; }

}  // namespace

std::string_view name(Operation operation) noexcept { return operation == Operation::upload ? "upload" : "download"; }

std::string batch_request(Operation operation, const std::string& ref, std::span<const Pointer> objects) {
    json::array list;
    for (const Pointer& object : objects) list.push_back(object_json(object));
    json::object request{{"operation", name(operation)}, {"transfers", json::array{"basic"}}};
    if (!ref.empty()) request["ref"] = json::object{{"name", ref}};
    request["objects"] = std::move(list);
    request["hash_algo"] = "sha256";
    return json::serialize(request);
}

Result<std::vector<BatchObject>> parse_batch(std::string_view text, std::span<const Pointer> asked, const http::Url& endpoint,
                                             Instant now) {
    const Result<json::object> answer = parse_object(text);
    if (!answer) return answer.error();
    const Result<void> kind = check_kind(*answer);
    if (!kind) return kind.error();
    const json::value* objects = find(*answer, "objects");
    if (objects == nullptr || !objects->is_array()) return no_answer("the answer has no list of objects");
    std::map<std::string, BatchObject> by_oid;
    for (const json::value& entry : objects->get_array()) {
        if (!entry.is_object()) return no_answer("an entry of the answer is no object");
        Result<BatchObject> object = object_of(entry.get_object(), endpoint, now);
        if (!object) return object.error();
        std::string oid = object->pointer.oid;
        by_oid.insert_or_assign(std::move(oid), std::move(*object));
    }
    std::vector<BatchObject> ordered;
    for (const Pointer& pointer : asked) {
        const auto found = by_oid.find(pointer.oid);
        if (found == by_oid.end()) return no_answer("the answer does not name object " + pointer.oid);
        found->second.pointer = pointer;  // the size is what we know
        ordered.push_back(std::move(found->second));
        by_oid.erase(found);
    }
    return ordered;
}

std::string verify_request(const Pointer& object) { return json::serialize(object_json(object)); }

Result<Access> parse_access(std::string_view text, Instant now) {
    const Result<json::object> answer = parse_object(text);
    if (!answer) return fail(Errc::bad_response, "git-lfs-authenticate", "LFS endpoint", "the answer is no JSON object");
    Access access;
    const Result<http::Url> href = http::Url::parse(text_at(*answer, "href"));
    if (!href) return fail(Errc::bad_response, "git-lfs-authenticate", "LFS endpoint", "the answer holds no usable href");
    access.href = *href;
    access.expires = expiry_of(*answer, now);
    take_headers(*answer, access.headers, access.authorization);
    return access;
}

std::string words_of(std::string_view body) {
    const Result<json::object> answer = parse_object(body);
    const std::string message = answer ? text_at(*answer, "message") : std::string();
    return message.empty() ? std::string() : cut_peer_words(message);
}

}  // namespace autobackup::lfs
