// SPDX-License-Identifier: MIT
// The answers that real servers gave (2.54.1 and 2.14.4, tests/data/cvat/exchanges) go through the decoders
// and decisions: every one to a call that we make must be understood, as a value or as the right failure.
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <regex>

#include "lib/cvat/decode.hpp"
#include "lib/cvat/download.hpp"
#include "lib/cvat/export_answer.hpp"
#include "lib/cvat/export_failure.hpp"
#include "lib/cvat/family.hpp"
#include "lib/cvat/paging.hpp"
#include "lib/cvat/wire.hpp"
#include "tests/lib/cvat/recorded.hpp"

namespace autobackup::cvat::replay_test {
namespace {

Errc code_of(int status) {
    switch (status) {
        case 401:
            return Errc::unauthorized;
        case 403:
            return Errc::forbidden;
        case 404:
        case 410:
            return Errc::not_found;
        case 429:
            return Errc::rate_limited;
        default:
            return status >= 500 ? Errc::server_error : Errc::bad_request;
    }
}

/// An error answer: right code, the server's words kept.
void expect_failure(const Recorded& one) {
    const Failure failure = answer_failure(one.answer, "GET", "x");
    EXPECT_EQ(failure.code, code_of(one.answer.head.status)) << one.where;
    EXPECT_EQ(failure.peer.empty(), form_of(one.answer.body) == BodyForm::empty) << one.where;
    EXPECT_EQ(failure.retry_after.has_value(), one.answer.head.headers.find("Retry-After") != nullptr)
        << one.where;
    EXPECT_EQ(failure.transient, one.answer.head.status >= 500 || one.answer.head.status == 429) << one.where;
}

/// The value of a 200; nothing (and checked) for errors, pages and bodies that were not kept.
std::optional<json::value> value_of(const Recorded& one) {
    if (one.answer.head.status != 200) {
        expect_failure(one);
        return std::nullopt;
    }
    if (!one.has_body) return std::nullopt;
    auto value = parse_json(one.answer.body, "GET", one.where);
    if (form_of(one.answer.body) == BodyForm::html) {
        EXPECT_FALSE(value) << one.where;
        return std::nullopt;
    }
    EXPECT_TRUE(value) << one.where;
    if (!value) return std::nullopt;
    return std::move(*value);
}

template <class T>
void expect_decoded(const json::value& value, const Recorded& one,
                    Result<T> (*decode)(const json::value&, const Source&)) {
    const Result<T> decoded = decode(value, Source{"GET", one.where});
    EXPECT_TRUE(decoded) << one.where << ": " << describe(decoded.error());
}

template <class T>
void read_list(const Recorded& one, Result<T> (*decode)(const json::value&, const Source&)) {
    const auto value = value_of(one);
    if (!value) return;
    PageCollector pages("/");
    const auto next = pages.take(*value);
    EXPECT_NE(next, PageCollector::Next::broken) << one.where << ": " << pages.problem();
    for (const json::value& item : pages.items()) expect_decoded(item, one, decode);
    if (one.path.find("page_size=1&sort=-updated_date") != std::string::npos)
        expect_decoded(*value, one, decode_newest);
}

Result<json::array> as_label(const json::value& value, const Source&) {
    return top_level_labels(json::array({value}));
}

template <class T>
void read_one(const Recorded& one, Result<T> (*decode)(const json::value&, const Source&)) {
    if (const auto value = value_of(one)) expect_decoded(*value, one, decode);
}

void read_about(const Recorded& one) {
    const auto value = value_of(one);
    if (!value) return;
    const auto version = decode_version(*value, Source{"GET", one.where});
    ASSERT_TRUE(version) << one.where;
    EXPECT_TRUE(parse_version(*version)) << *version;
}

Result<About> as_about(const json::value& value, const Source& source) {
    About about;
    const Result<void> read = decode_self(value, source, about);
    if (!read) return read.error();
    return about;
}

void read_login(const Recorded& one) {
    if (one.answer.head.status != 200) return expect_failure(one);
    EXPECT_TRUE(parse_json(one.answer.body, "log in", one.where)->as_object().contains("key"));
}

void read_request(const Recorded& one) {
    const auto value = value_of(one);
    if (!value) return;
    const auto record = decode_request(*value, Source{"GET", one.where});
    ASSERT_TRUE(record) << one.where;
    EXPECT_NE(record->status, RequestStatus::unknown) << one.where;
    EXPECT_TRUE(record->created_date.has_value()) << one.where;
    EXPECT_FALSE(record->type.empty()) << one.where;
    EXPECT_EQ(record->message.empty(), record->status != RequestStatus::failed) << one.where;
    if (record->status == RequestStatus::finished && record->type == "export:backup") {
        ASSERT_TRUE(record->result_url.has_value()) << one.where;
        EXPECT_TRUE(rebased(*record->result_url, "/")->starts_with("/api/")) << one.where;
    }
}

void read_post(const Recorded& one) {
    const PostDecision decision = classify_post(one.answer);
    switch (one.answer.head.status) {
        case 202:
            EXPECT_EQ(decision.answer, PostAnswer::accepted) << one.where;
            break;
        case 409:
            EXPECT_EQ(decision.answer, PostAnswer::running) << one.where;
            EXPECT_FALSE(decision.rq_id.empty()) << one.where;
            break;
        case 400:
            EXPECT_EQ(decision.answer == PostAnswer::no_data,
                      one.answer.body.find("without data") != std::string::npos)
                << one.where;
            break;
        case 404:
            EXPECT_EQ(decision.answer == PostAnswer::no_such_route, one.where.starts_with("A-")) << one.where;
            break;
        default:
            EXPECT_EQ(decision.answer, PostAnswer::refused) << one.where;
            expect_failure(one);
    }
}

void read_old(const Recorded& one) {
    const OldAnswer meaning = classify_old(one.answer);
    const std::map<int, OldAnswer> plain = {
        {202, OldAnswer::pending}, {201, OldAnswer::ready}, {200, OldAnswer::start_over}};
    if (const auto found = plain.find(one.answer.head.status); found != plain.end()) {
        EXPECT_EQ(meaning, found->second) << one.where;
    } else if (one.answer.head.status == 500 && form_of(one.answer.body) == BodyForm::string) {
        EXPECT_TRUE(meaning == OldAnswer::failed || meaning == OldAnswer::lost_result) << one.where;
        EXPECT_FALSE(export_failure(peer_words(one.answer.body), "x").message.empty());
    } else if (one.answer.head.status == 400 && one.answer.body.find("without data") != std::string::npos) {
        EXPECT_EQ(meaning, OldAnswer::no_data) << one.where;
    } else {
        EXPECT_EQ(meaning, OldAnswer::refused) << one.where;
        expect_failure(one);
    }
}

void read_download(const Recorded& one) {
    const int status = one.answer.head.status;
    std::smatch range;
    const std::string asked = one.asked.value_or("Range", "");
    const bool open_range = std::regex_match(asked, range, std::regex("bytes=(\\d+)-"));
    const std::uint64_t offset = open_range ? std::stoull(range[1]) : 0;
    const FileStamp offered = stamp_of(one.answer.head);
    const TakeDecision decision = decide_take(one.answer.head, offset, offered);
    if (status == 200) {
        EXPECT_EQ(decision.action, TakeBody::from_start) << one.where << decision.problem;
        EXPECT_GT(offered.total, 0U) << one.where;
        EXPECT_FALSE(offered.etag.empty()) << one.where;
        EXPECT_FALSE(offered.content_disposition.empty()) << one.where;
    } else if (status == 206 && offset > 0) {
        EXPECT_EQ(decision.action, TakeBody::append) << one.where << decision.problem;
    } else if (status == 206) {
        EXPECT_EQ(decision.action, TakeBody::refuse)
            << one.where << ": a part that we would not have asked for";
    } else {
        EXPECT_EQ(decision.action, TakeBody::not_a_file) << one.where;
        const std::map<std::string, DownloadProblem> words = {
            {"expired", DownloadProblem::expired},
            {"Unknown export request id", DownloadProblem::expired},
            {"not finished", DownloadProblem::not_finished},
            {"result file does not exist", DownloadProblem::result_lost}};
        DownloadProblem wanted = DownloadProblem::other;
        for (const auto& [part, problem] : words) {
            if (one.answer.body.find(part) != std::string::npos) wanted = problem;
        }
        if (status == 412) wanted = DownloadProblem::changed;
        if (status == 416) wanted = DownloadProblem::out_of_range;
        if (one.answer.body == "\"Backup has not finished\"") wanted = DownloadProblem::not_finished;
        EXPECT_EQ(classify_download(status, one.answer.body), wanted) << one.where;
        if (wanted == DownloadProblem::other && status != 304) expect_failure(one);
    }
}

void read_asset(const Recorded& one) {
    EXPECT_EQ(disposition_file_name(one.answer.head.headers.value_or("Content-Disposition", "")), "a.png")
        << one.where;
}

void read_health(const Recorded& one) {
    const int status = one.answer.head.status;
    if ((status != 200 && status != 500) || form_of(one.answer.body) == BodyForm::html) return;
    const auto ill = decode_health(*parse_json(one.answer.body, "GET", one.where), Source{"GET", one.where});
    ASSERT_TRUE(ill) << one.where;
    EXPECT_EQ(ill->has_value(), status == 500) << one.where;
}

struct Route {
    const char* pattern;  ///< "METHOD path without query"
    void (*read)(const Recorded&);
};
const Route ours[] = {
    {"GET /api/server/about", read_about},
    {"POST /api/auth/login", read_login},
    {"GET /api/users/self", [](const Recorded& one) { read_one(one, as_about); }},
    {"GET /api/requests", [](const Recorded& one) { read_list(one, decode_request); }},
    {"GET /api/requests/.+", read_request},
    {"GET /api/organizations", [](const Recorded& one) { read_list(one, decode_organization); }},
    {"GET /api/projects", [](const Recorded& one) { read_list(one, decode_project); }},
    {"GET /api/tasks", [](const Recorded& one) { read_list(one, decode_task); }},
    {"GET /api/issues", [](const Recorded& one) { read_list(one, decode_issue); }},
    {"GET /api/jobs", [](const Recorded& one) { read_list(one, decode_job); }},
    {"GET /api/labels", [](const Recorded& one) { read_list(one, as_label); }},
    {"GET /api/projects/\\d+", [](const Recorded& one) { read_one(one, decode_project); }},
    {"GET /api/tasks/\\d+", [](const Recorded& one) { read_one(one, decode_task); }},
    {"GET /api/tasks/\\d+/data/meta", [](const Recorded& one) { read_one(one, decode_deleted_frames); }},
    {"GET /api/guides/\\d+", [](const Recorded& one) { read_one(one, decode_guide); }},
    {"GET /api/assets/[0-9a-f-]+", read_asset},
    {"GET /api/server/health/", read_health},
    {"POST /api/(projects|tasks)/\\w+/backup/export", read_post},
    {"GET /api/(projects|tasks)/\\d+/backup/download", read_download},
    {"PATCH /api/tasks/\\d+(/data/meta)?",
     [](const Recorded& one) {
         if (one.answer.head.status != 200) expect_failure(one);
     }},
};

/// Whether some rule speaks of it.
bool handle(const Recorded& one, std::map<std::string, int>& left_out) {
    const std::string call = one.method + " " + one.path.substr(0, one.path.find('?'));
    if (std::regex_match(call, std::regex("GET /api/(projects|tasks)/\\d+/backup"))) {
        if (is_single_shot(one.path)) {
            read_download(one);
        } else {
            read_old(one);
        }
        return true;
    }
    for (const Route& route : ours) {
        if (!std::regex_match(call, std::regex(route.pattern))) continue;
        route.read(one);
        return true;
    }
    for (const NotOurs& other : not_ours) {
        if (!std::regex_match(call, std::regex(other.pattern))) continue;
        ++left_out[other.reason];
        return false;
    }
    ADD_FAILURE() << one.where << ": " << call << " is neither understood nor left out for a reason";
    return false;
}

TEST(Replay, EveryRecordedAnswerIsUnderstood) {
    std::map<std::string, int> left_out;
    int understood = 0;
    for (const Recorded& one : all_recorded(left_out)) {
        if (handle(one, left_out)) ++understood;
    }
    std::cout << "understood: " << understood << " recorded answers\n";
    for (const auto& [reason, count] : left_out)
        std::cout << "left out: " << count << " (" << reason << ")\n";
    EXPECT_GE(understood, 500);
}

}  // namespace
}  // namespace autobackup::cvat::replay_test
