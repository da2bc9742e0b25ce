// SPDX-License-Identifier: MIT
#include "lib/lfs/http_remote.hpp"

namespace autobackup::lfs {
namespace {

constexpr int unprocessable = 422, payload_too_large = 413, insufficient_storage = 507, bandwidth_exceeded = 509;

void explain(Failure& failure, int status) {
    if (status == insufficient_storage || status == bandwidth_exceeded) {
        failure.transient = false;
        failure.hint = "the server's space or quota for large files is used up: ask for more, or remove some there";
    }
    if (status == payload_too_large) failure.hint = "the server, or a proxy before it, limits the size of an object";
    if (status == unprocessable) failure.hint = "the server refuses this object; its words say why";
}

}  // namespace

Failure failure_of_answer(const http::Response& response, std::string operation, std::string object) {
    Failure failure = http::failure_of(response, std::move(operation), std::move(object));
    const std::string words = words_of(response.body);
    if (!words.empty()) failure.peer = words;
    explain(failure, response.head.status);
    return failure;
}

Failure failure_of_object(const BatchObject& object, Operation operation, const std::string& url) {
    http::Response as_answer;
    as_answer.head.status = object.error_code;
    Failure failure = http::failure_of(as_answer, std::string(name(operation)), "large object " + object.pointer.oid + " of " + url);
    failure.message = "the server refused the object with " + std::to_string(object.error_code);
    failure.peer = object.error_message;
    explain(failure, object.error_code);
    return failure;
}

}  // namespace autobackup::lfs
