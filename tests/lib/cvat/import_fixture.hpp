// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/cvat/importer.hpp"
#include "tests/lib/cvat/cvat_fixture.hpp"

namespace autobackup::cvat {

class RecordingImport : public ImportObserver {
public:
    void begins(const std::string& what) override { begun.push_back(what); }
    void sent(std::uint64_t bytes, std::uint64_t) override { offsets.push_back(bytes); }
    void waiting(const std::string& status, Milliseconds) override { statuses.push_back(status); }

    std::vector<std::string> begun, statuses;
    std::vector<std::uint64_t> offsets;
};

inline ImportPolicy quick_import() {
    ImportPolicy policy;
    policy.chunk = 10;
    policy.poll_first = Milliseconds(1);
    policy.poll_max = Milliseconds(2);
    policy.import_deadline = Milliseconds(3'000);
    policy.unseen_deadline = Milliseconds(200);
    policy.attempts = 3;
    policy.retry_delay = Milliseconds(1);
    policy.retry_max_delay = Milliseconds(2);
    return policy;
}

/// `content` in pieces of seven bytes.
inline ImportFile file_of(std::string content, Kind kind = Kind::project) {
    ImportFile file;
    file.kind = kind;
    file.words = "project 12";
    file.name = "Demo";
    file.bytes = content.size();
    file.produce = [content = std::move(content)](const TakePiece& take) -> Result<void> {
        for (std::size_t at = 0; at < content.size(); at += 7) {
            const std::string piece = content.substr(at, 7);
            const Result<void> taken = take(std::as_bytes(std::span<const char>(piece.data(), piece.size())));
            if (!taken) return taken.error();
        }
        return {};
    };
    return file;
}

/// An importer on a list of expected requests.
class ImportTest : public testing::Test {
protected:
    explicit ImportTest(Family family = Family::d, std::string version = "2.54.1") {
        client_.assume(about_of(family, std::move(version)));
    }

    Result<Imported> run(ImportFile file, std::string organization = std::string()) {
        Importer importer(client_, workers_, policy_);
        return test::run_coroutine(
            [&] { return importer.run(file, organization, observer_, &source_failed_); });
    }

    static constexpr const char* route = "/api/projects/backup/";
    static constexpr const char* upload = "/api/projects/backup/1_uuid";
    static constexpr const char* requests = "/api/requests?action=import&page_size=500&sort=id";
    static constexpr const char* rq = "action=import&target=project&id=9&subresource=backup";
    static constexpr const char* rq_path =
        "/api/requests/action%3Dimport%26target%3Dproject%26id%3D9%26subresource%3Dbackup";
    static constexpr const char* newest = "/api/projects?page_size=1&sort=-id";
    static constexpr const char* since = "/api/projects?page_size=100&sort=-id&org=";
    static constexpr const char* finish = "/api/projects/backup/?filename=1_uuid";

    void expect_create() {
        http_.post(route)
            .answers(201)
            .header("Location", "http://elsewhere/api/projects/backup/1_uuid")
            .header("Upload-Filename", "1_uuid");
    }
    test::FakeExchange& patch(std::string offset, std::string body) {
        return http_.expect(http::Method::patch, upload)
            .with("Upload-Offset", std::move(offset))
            .with_body(std::move(body));
    }
    test::FakeExchange& head() { return http_.expect(http::Method::head, upload); }
    void expect_remembered(const std::string& listed = std::string()) {
        http_.get(newest).answers(200, R"({"count":1,"next":null,"previous":null,"results":[{"id":40}]})");
        expect_requests(listed);
    }
    void expect_requests(const std::string& listed = std::string()) {
        const std::string count = listed.empty() ? "0" : "1";
        http_.get(requests).answers(
            200, R"({"count":)" + count + R"(,"next":null,"previous":null,"results":[)" + listed + "]}");
    }
    void expect_new(const std::string& listed) {
        http_.get(since).answers(200,
                                 R"({"count":1,"next":null,"previous":null,"results":[)" + listed + "]}");
    }
    static std::string record(const std::string& status, const std::string& more = std::string()) {
        return R"({"id":")" + std::string(rq) + R"(","status":")" + status +
               R"(","operation":{"type":"import:backup","target":"project"})" + more + "}";
    }
    void expect_accepted() {
        http_.post(finish)
            .with("Upload-Finish", "true")
            .answers(202, R"({"rq_id":")" + std::string(rq) + "\"}");
    }
    void expect_done() { http_.get(rq_path).answers(200, record("finished", R"(,"result_id":41)")); }
    /// A whole upload of "0123456789ABCDE".
    void expect_upload() {
        expect_create();
        patch("0", "0123456789").answers(204);
        patch("10", "ABCDE").answers(204);
    }
    static ImportFile demo() { return file_of("0123456789ABCDE"); }

    test::FakeHttp http_;
    Client client_{http_, test_settings()};
    async::Workers workers_{2};
    RecordingImport observer_;
    ImportPolicy policy_ = quick_import();
    bool source_failed_ = false;
};

}  // namespace autobackup::cvat
