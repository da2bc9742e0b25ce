// SPDX-License-Identifier: MIT
// Real backups and recorded API answers of CVAT servers (tests/data/cvat).
#pragma once

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "lib/cvat/types.hpp"
#include "lib/zip/archive.hpp"

namespace autobackup::test {

inline std::filesystem::path cvat_sample(const std::string& name) {
    return std::filesystem::path(AUTOBACKUPD_TEST_DATA) / "cvat" / "samples" / name;
}

/// All *.zip of the samples, sorted.
inline std::vector<std::filesystem::path> cvat_samples() {
    std::vector<std::filesystem::path> all;
    for (const auto& entry : std::filesystem::directory_iterator(cvat_sample(""))) {
        if (entry.path().extension() == ".zip") all.push_back(entry.path());
    }
    std::sort(all.begin(), all.end());
    return all;
}

using Members = std::vector<std::pair<std::string, std::string>>;

/// Names and contents in order.
inline Members members_of(const std::filesystem::path& path) {
    auto archive = zip::Archive::open(path).value();
    archive.check(1, {}, {}).value();
    Members members;
    for (const zip::Member& member : archive.members()) {
        members.emplace_back(member.name, archive.read_text(member, std::size_t{1} << 26).value());
    }
    return members;
}

/// The body of the first answer to `method_and_path` ("GET /api/guides/1") in
/// tests/data/cvat/exchanges/<file>.
inline boost::json::value recorded_answer(const std::string& file, const std::string& method_and_path) {
    std::ifstream stream(std::filesystem::path(AUTOBACKUPD_TEST_DATA) / "cvat" / "exchanges" / file);
    const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    const boost::json::value recorded = boost::json::parse(text);
    for (const auto& exchange : recorded.at("exchanges").as_array()) {
        const auto* const request = exchange.as_object().if_contains("request");
        if (request == nullptr || !request->as_object().contains("method")) continue;
        const std::string asked = std::string(request->at("method").as_string()) + " " +
                                  std::string(request->at("path").as_string());
        if (asked == method_and_path)
            return boost::json::parse(exchange.at("response").at("body").as_string());
    }
    throw std::runtime_error(file + " has no " + method_and_path);
}

/// The fields of a project that its backup needs.
inline cvat::Project project_from(const boost::json::value& answer) {
    cvat::Project project;
    project.id = answer.at("id").to_number<std::int64_t>();
    project.name = answer.at("name").as_string().c_str();
    project.bug_tracker = answer.at("bug_tracker").as_string().c_str();
    project.status = answer.at("status").as_string().c_str();
    return project;
}

}  // namespace autobackup::test
