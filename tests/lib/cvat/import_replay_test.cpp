// SPDX-License-Identifier: MIT
// Restores as real servers carried them out (2.54.1 and 2.14.4, tests/data/cvat/exchanges): their answers, in
// their order, to our questions.
#include "tests/lib/cvat/import_fixture.hpp"
#include "tests/lib/cvat/recorded.hpp"

namespace autobackup::cvat::import_replay_test {
namespace {

/// The recorded exchanges of one file that a restore consists of.
std::vector<Recorded> restore_of(const std::string& file) {
    std::map<std::string, int> left_out;
    std::vector<Recorded> out;
    for (Recorded& one : all_recorded(left_out)) {
        if (one.where.starts_with(file + "#")) out.push_back(std::move(one));
    }
    return out;
}

http::Method method_of(const std::string& word) {
    for (const http::Method method :
         {http::Method::get, http::Method::head, http::Method::post, http::Method::patch}) {
        if (http::name(method) == word) return method;
    }
    return http::Method::put;
}

class ImportReplay : public testing::Test {
protected:
    /// Our request must be the recorded one: path, and what TUS wants.
    void expect(const Recorded& one) {
        test::FakeExchange& exchange = http_.expect(method_of(one.method), one.path);
        for (const char* name :
             {"Upload-Length", "Upload-Offset", "Upload-Finish", "Tus-Resumable", "X-Organization"}) {
            const std::string* const value = one.asked.find(name);
            const bool compared = name != std::string("Upload-Offset") || same_chunks_;
            if (value != nullptr && compared) exchange.with(name, *value);
        }
        exchange.answers(one.answer.head.status, one.answer.body);
        for (const auto& [name, value] : one.answer.head.headers.all()) {
            if (name != "Content-Length" && name != "content-length") exchange.header(name, value);
        }
    }
    void expect_list(std::string path) {
        http_.get(std::move(path)).answers(200, R"({"count":0,"next":null,"previous":null,"results":[]})");
    }

    Result<Imported> run(Family family, Kind kind, std::size_t bytes, std::size_t chunk,
                         std::string organization = std::string()) {
        Client client(http_, test_settings());
        client.assume(about_of(family, family == Family::a ? "2.14.4" : "2.54.1"));
        async::Workers workers(1);
        RecordingImport observer;
        ImportPolicy policy = quick_import();
        policy.chunk = chunk;
        Importer importer(client, workers, policy);
        ImportFile file = file_of(std::string(bytes, 'z'), kind);
        return test::run_coroutine([&] { return importer.run(file, organization, observer); });
    }

    test::FakeHttp http_;
    bool same_chunks_ = true;  ///< false: the recorded client cut the file in other places
};

TEST_F(ImportReplay, AProject) {
    const std::vector<Recorded> all = restore_of("09-restore-project-good.json");
    for (const Recorded& one : all) {
        const bool good_patch = one.method == "PATCH" && one.answer.head.status == 204;
        const bool created = one.method == "POST" && one.answer.head.status == 201;
        const bool finished = one.method == "POST" && one.answer.head.status == 202;
        if (finished) {
            expect_list("/api/projects?page_size=1&sort=-id");
            expect_list("/api/requests?action=import&page_size=500&sort=id");
        }
        if (created || good_patch || finished || one.path.starts_with("/api/requests/")) expect(one);
    }
    const Result<Imported> done = run(Family::d, Kind::project, 53'824, 26'912);
    ASSERT_TRUE(done) << describe(done.error());
    EXPECT_EQ(done->id, 11);
}

TEST_F(ImportReplay, ATaskIntoAnOrganisation) {
    const std::vector<Recorded> all = restore_of("24-task-export-download-restore.json");
    for (const Recorded& one : all) {
        const bool ours = one.asked.value_or("X-Organization", "") == "acme" ||
                          one.path.find("5882314f") != std::string::npos;
        if (!ours || one.answer.head.status == 403) continue;
        if (one.answer.head.status == 202) {
            expect_list("/api/tasks?page_size=1&sort=-id");
            expect_list("/api/requests?action=import&page_size=500&sort=id");
        }
        expect(one);
    }
    const Result<Imported> done = run(Family::d, Kind::task, 13'409, 20'000, "acme");
    ASSERT_TRUE(done) << describe(done.error());
    EXPECT_GT(done->id, 110);
}

TEST_F(ImportReplay, AProjectOfTheOldFamily) {
    same_chunks_ = false;
    bool created = false;
    bool ended = false;
    for (const Recorded& one : restore_of("A-09-restore-project-tus.json")) {
        created = created || one.answer.head.status == 201;
        const bool upload = one.method == "PATCH" && one.answer.head.status == 204;
        const bool post = one.method == "POST" && one.answer.head.status < 300 && created;
        if (!created || ended || !(upload || post)) continue;
        if (one.path.find("filename=") != std::string::npos)
            expect_list("/api/projects?page_size=1&sort=-id");
        expect(one);
        ended = one.answer.body.starts_with("{\"id\"");
    }
    const Result<Imported> done = run(Family::a, Kind::project, 51'396, 31'396);
    ASSERT_TRUE(done) << describe(done.error());
    EXPECT_EQ(done->id, 7);
}

}  // namespace
}  // namespace autobackup::cvat::import_replay_test
