// SPDX-License-Identifier: MIT
// The answers that real servers gave: tests/data/cvat/exchanges.
#pragma once

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "lib/core/file.hpp"
#include "lib/http/client.hpp"

namespace autobackup::cvat {

namespace json = boost::json;

struct Recorded {
    std::string where;  ///< file and number
    std::string method, path;
    http::Headers asked;
    http::Response answer;
    bool has_body = true;  ///< false: only digest and length were kept
};

inline std::string text_of(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

inline Recorded recorded(const json::object& exchange, std::string where) {
    Recorded out;
    out.where = std::move(where);
    const json::object& request = exchange.at("request").as_object();
    out.method = text_of(request, "method");
    out.path = text_of(request, "path");
    if (const auto* headers = request.if_contains("headers"); headers && headers->is_object()) {
        for (const auto& [name, value] : headers->get_object()) {
            if (value.is_string()) out.asked.add(std::string(name), std::string(value.get_string()));
        }
    }
    const json::object& response = exchange.at("response").as_object();
    out.answer.head.status = response.at("status").to_number<int>();
    for (const auto& header : response.at("headers").as_array()) {
        const std::string name(header.at(0).as_string());
        const std::string value(header.at(1).as_string());
        out.answer.head.headers.add(name, value);
    }
    const std::string length = out.answer.head.headers.value_or("Content-Length", "");
    if (!length.empty()) out.answer.head.content_length = std::stoull(length);
    out.has_body = response.contains("body");
    out.answer.body = text_of(response, "body");
    return out;
}

/// Recorded calls that this room never makes.
struct NotOurs {
    const char* pattern;
    const char* reason;
};
inline const NotOurs not_ours[] = {
    {"HEAD .*", "HEAD is sent to uploads alone (import_replay_test.cpp): elsewhere it fails, or consumes the export"},
    {"OPTIONS .*", "asked by a restore, of whose answer one header counts (import_upload_test.cpp)"},
    {"DELETE .*", "a backup deletes nothing on a server"},
    {"(POST|PATCH) /api/(projects|tasks)/backup.*", "restore: see import_replay_test.cpp"},
    {"PATCH /api/projects/\\d+_.*", "an upload at a wrong place"},
    {"POST /api/requests/.*", "exports are not cancelled"},
    {"(GET|POST) /api/(projects|tasks|jobs)/\\d+/dataset/.*", "dataset export"},
    {"GET /api/server/annotation/formats", "dataset export"},
    {"(GET|POST) /api/auth/access_tokens.*", "tokens are made by the user"},
    {"POST /api/auth/(logout|login/)", "never logs out; the route without slash is the one"},
    {"POST /api/projects", "creates nothing"},
    {"POST /api/projects/\\d+/backup", "no such call"},
    {"PATCH /api/jobs/.*", "a backup changes no job"},
    {"GET /api/events", "read by others"},
    {"GET /api/tasks/\\d+/status", "the task itself tells its state"},
    {"GET "
     "/api/(nosuch|/.*|projects/|projects/\\d+/|projects/\\d+/backup/|server/health|projects/\\d+/backup/"
     "export)",
     "wrong routes, asked to see the answer"},
};

/// Every exchange of every file; what is none is counted with its reason.
inline std::vector<Recorded> all_recorded(std::map<std::string, int>& left_out) {
    std::vector<std::filesystem::path> files;
    const std::string folder = std::string(AUTOBACKUPD_TEST_DATA) + "/cvat/exchanges";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<Recorded> out;
    for (const auto& file : files) {
        const json::value content = json::parse(read_file(file).value());
        const json::value* exchanges = content.as_object().if_contains("exchanges");
        if (!exchanges) {
            ++left_out["files without single exchanges (tables of many runs)"];
            continue;
        }
        int number = 0;
        for (const json::value& exchange : exchanges->as_array()) {
            ++number;
            const json::object& object = exchange.as_object();
            const json::value* request = object.if_contains("request");
            const json::value* response = object.if_contains("response");
            if (!request || request->as_object().contains("raw") || !response ||
                !response->as_object().contains("status")) {
                ++left_out["notes and raw requests"];
                continue;
            }
            out.push_back(recorded(object, file.filename().string() + "#" + std::to_string(number)));
        }
    }
    return out;
}

}  // namespace autobackup::cvat
