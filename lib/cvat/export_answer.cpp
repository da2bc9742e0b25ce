// SPDX-License-Identifier: MIT
#include "lib/cvat/export_answer.hpp"

#include "lib/cvat/decode.hpp"
#include "lib/cvat/wire.hpp"

namespace autobackup::cvat {

namespace {

bool says(const http::Response& answer, std::string_view words) {
    return peer_words(answer.body).find(words) != std::string::npos;
}

}  // namespace

PostDecision classify_post(const http::Response& answer) {
    const int status = answer.head.status;
    PostDecision out;
    out.rq_id = decode_rq_id(answer.body);
    if (status / 100 == 2) {
        out.answer = out.rq_id.empty() ? PostAnswer::no_id : PostAnswer::accepted;
    } else if (status == 409) {
        out.answer = PostAnswer::running;
    } else if (status == 400 && says(answer, "without data")) {
        out.answer = PostAnswer::no_data;
    } else if ((status == 404 || status == 405) && form_of(answer.body) == BodyForm::html) {
        out.answer = PostAnswer::no_such_route;
    }
    return out;
}

OldAnswer classify_old(const http::Response& answer) {
    switch (answer.head.status) {
        case 202:
            return OldAnswer::pending;
        case 201:
            return OldAnswer::ready;
        case 200:
            return OldAnswer::start_over;
        case 400:
            if (says(answer, "without data")) return OldAnswer::no_data;
            return says(answer, "not finished") ? OldAnswer::start_over : OldAnswer::refused;
        case 500:
            if (says(answer, "result file does not exist")) return OldAnswer::lost_result;
            return form_of(answer.body) == BodyForm::string ? OldAnswer::failed : OldAnswer::refused;
        default:
            return OldAnswer::refused;
    }
}

}  // namespace autobackup::cvat
