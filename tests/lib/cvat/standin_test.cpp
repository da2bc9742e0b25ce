// SPDX-License-Identifier: MIT
// Client and exporter over real sockets against the stand-in of every family.
#include <gtest/gtest.h>

#include <map>

#include "lib/cvat/resume.hpp"
#include "lib/hash/digest.hpp"
#include "tests/lib/cvat/standin_fixture.hpp"

namespace autobackup::cvat::standin_test {
namespace {

const Object project_1{Kind::project, 1};
const Object project_big{Kind::project, 4};
const Object task_1{Kind::task, 1};

class StandinTest : public testing::TestWithParam<const char*> {
protected:
    static void TearDownTestSuite() { servers_.clear(); }
    void SetUp() override {
        server().order("clear");
        server().order("reset");
    }
    static test::CvatStandin& server() {
        auto& one = servers_[GetParam()];
        if (!one) one = std::make_unique<test::CvatStandin>(std::vector<std::string>{"--family", GetParam()});
        return *one;
    }
    static bool single_shot() { return *GetParam() == 'A' || *GetParam() == 'B'; }
    /// A fault on the download route only.
    static void spoil(const std::string& action, const std::string& more = std::string()) {
        server().order("fault", R"({"match":{"path":"backup/download|action=download"},"action":)" + action +
                                    more + "}");
    }
    Result<ExportedFile> fetch(Lab& lab, Object object) {
        return test::run_coroutine([&] { return lab.fetch(object, file_); });
    }
    void expect_whole(const Result<ExportedFile>& file) {
        ASSERT_TRUE(file) << describe(file.error());
        const std::string bytes = read_file(file_, 1 << 30).value();
        EXPECT_EQ(bytes.size(), file->bytes);
        EXPECT_EQ(hash::sha256_hex(bytes), file->sha256);
        EXPECT_TRUE(looks_like_zip(bytes));
        EXPECT_NE(bytes.find("PK\x05\x06"), std::string::npos) << "the end record";
    }

    static inline std::map<std::string, std::unique_ptr<test::CvatStandin>> servers_;
    test::TempDir directory_;
    std::filesystem::path file_ = directory_.path() / "x.zip";
};

TEST_P(StandinTest, ConnectsAndReadsEverything) {
    Lab lab(server().url(), Lab::password());
    auto work = [&]() -> Awaitable<bool> {
        const auto about = co_await lab.client_.connect();
        EXPECT_TRUE(about) << describe(about.error());
        if (!about) co_return false;
        EXPECT_EQ(about->family, static_cast<Family>(*GetParam() - 'A'));
        EXPECT_TRUE(about->is_admin);
        const Context personal;
        Context of_acme;
        of_acme.organization = "acme";
        const auto projects = co_await lab.client_.projects(personal);
        const auto tasks = co_await lab.client_.tasks(personal);
        const auto organizations = co_await lab.client_.organizations();
        const auto acme = co_await lab.client_.projects(of_acme);
        const auto newest = co_await lab.client_.newest(personal);
        const auto jobs = co_await lab.client_.jobs_of_project(personal, 1);
        const auto labels = co_await lab.client_.labels_of_project(1);
        const auto frames = co_await lab.client_.deleted_frames(1);
        const auto health = co_await lab.client_.health();
        EXPECT_TRUE(projects && tasks && organizations && acme && newest && jobs && labels && frames &&
                    health);
        EXPECT_GT(tasks->size(), projects->size());
        EXPECT_EQ(organizations->front().slug, "acme");
        EXPECT_EQ(acme->size(), 2U);
        EXPECT_EQ(newest->projects.count, static_cast<std::int64_t>(projects->size()));
        EXPECT_FALSE(jobs->empty());
        EXPECT_FALSE(labels->empty());
        EXPECT_FALSE(health->has_value());
        const auto project = co_await lab.client_.project(1);
        EXPECT_TRUE(project && project->guide_id);
        const auto guide = co_await lab.client_.guide(project->guide_id.value_or(0));
        EXPECT_TRUE(guide);
        lab.http_->close_idle();
        co_return true;
    };
    EXPECT_TRUE(test::run_coroutine(work));
    EXPECT_EQ(server().count_log("path=api/auth/login"), 1U) << "one login a run";
    EXPECT_EQ(server().count_log("method=HEAD"), 0U);
}

TEST_P(StandinTest, FetchesProjectsAndTasks) {
    Lab lab(server().url(), Lab::password());
    const auto project = fetch(lab, project_1);
    expect_whole(project);
    EXPECT_NE(project->content_disposition.find("_backup_"), std::string::npos);
    std::filesystem::remove(file_);
    expect_whole(fetch(lab, task_1));
}

TEST_P(StandinTest, ResumesAfterCutsStallsAndResets) {
    Settings settings = Lab::password();
    settings.limits.no_progress = Milliseconds(2'000);
    Lab lab(server().url(), std::move(settings));
    std::string whole;
    for (const char* action : {R"({"cut":700000})", R"({"cut":1,"with":"rst"})",
                               R"({"stall":1200000,"seconds":6})", R"({"cut":-1})"}) {
        spoil(action);
        const auto file = fetch(lab, project_big);
        expect_whole(file);
        if (!file) continue;
        EXPECT_EQ(file->download_attempts, 2) << action;
        const bool something = std::string(action).find("0000") != std::string::npos ||
                               std::string(action).find("-1") != std::string::npos;
        EXPECT_EQ(file->resumed, something ? 1 : 0) << action;
        if (whole.empty()) whole = file->sha256;
        EXPECT_EQ(file->sha256, whole) << action;
        std::filesystem::remove(file_);
    }
}

TEST_P(StandinTest, ALostAnswerIsAskedForAgain) {
    Lab lab(server().url(), Lab::password());
    spoil(R"({"cut":0,"where":"before"})", R"(,"count":2)");
    expect_whole(fetch(lab, project_1));
}

TEST_P(StandinTest, ATruncationThatLooksLikeTheEndIsNotBelieved) {
    Lab lab(server().url(), Lab::password());
    spoil(R"({"wrong_length":5})");
    expect_whole(fetch(lab, project_1));
    spoil(R"({"no_length":true})", R"(,"count":-1)");
    EXPECT_FALSE(fetch(lab, task_1));
}

TEST_P(StandinTest, ALoginPageIsABadResponse) {
    Lab lab(server().url(), Lab::password());
    spoil(R"({"html":true})", R"(,"count":-1)");
    const auto page = fetch(lab, project_1);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, Errc::bad_response);
    server().order("clear");
    server().order("fault", R"({"match":{"path":"/api/users/self"},"action":{"html":true}})");
    const auto self = fetch(lab, project_1);
    ASSERT_FALSE(self);
    EXPECT_EQ(self.error().code, Errc::bad_response);
}

TEST_P(StandinTest, PassingTroubleIsTriedAgain) {
    Lab lab(server().url(), Lab::password());
    server().order("fault", R"({"match":{"path":"/api/server/about"},"action":{"status":502}})");
    server().order("fault", R"({"match":{"path":"/backup"},"action":{"status":504}})");
    server().order(
        "fault",
        R"({"match":{"path":"/api/users/self"},"action":{"status":429,"headers":{"Retry-After":"1"},"body":"{\"detail\":\"x\"}"}})");
    spoil(R"({"status":500})");
    expect_whole(fetch(lab, project_1));
}

TEST_P(StandinTest, AFailedExportTellsWhy) {
    Lab lab(server().url(), Lab::password());
    server().order(
        "export",
        R"({"kind":"fail","target":"project","id":1,"message":"FileNotFoundError: [Errno 2] No such file or directory: 'x'\n","count":9})");
    const auto failed = fetch(lab, project_1);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Errc::export_failed);
    EXPECT_FALSE(failed.error().transient);
    EXPECT_NE(failed.error().peer.find("FileNotFoundError"), std::string::npos);
    server().order("clear");
    server().order(
        "export",
        R"({"kind":"fail","target":"project","id":1,"message":"Work-horse terminated unexpectedly; waitpid returned 9 (signal 9); ","count":2})");
    const auto later = fetch(lab, project_1);
    expect_whole(later);
    EXPECT_EQ(later->export_attempts, 3);
}

TEST_P(StandinTest, ADeadWorkerIsNoticed) {
    Lab lab(server().url(), Lab::password());
    server().order("export", R"({"kind":"dead_worker","recover_after":0.3})");
    const auto file = fetch(lab, project_1);
    expect_whole(file);
    EXPECT_EQ(file->export_attempts, 2);
}

TEST_P(StandinTest, AnExpiredResultIsAskedForAgain) {
    Lab lab(server().url(), Lab::password());
    for (const char* what : {"file", "record", "both"}) {
        lab.after_ready_ = [what] {
            server().order("export", R"({"kind":"expire","what":")" + std::string(what) + "\"}");
        };
        const auto file = fetch(lab, project_1);
        expect_whole(file);
        if (file) {
            EXPECT_EQ(file->export_attempts, 2) << what;
        }
        std::filesystem::remove(file_);
    }
}

TEST_P(StandinTest, AWrongHostInTheServersUrlsDoesNotMatter) {
    Lab lab(server().url(), Lab::password());
    server().order("export", R"({"kind":"result_host","host":"http://inner_name:8080","count":-1})");
    expect_whole(fetch(lab, project_1));
}

TEST_P(StandinTest, SomebodyElsesFileUnderTheSameUrlStartsOver) {
    if (single_shot()) GTEST_SKIP() << "the URL of families A and B gives its file once only";
    Lab lab(server().url(), Lab::password());
    spoil(R"({"cut":700000})");
    bool swapped = false;
    lab.observer_.on_progress = [&](std::uint64_t received) {
        if (received < 600'000 || swapped) return;
        swapped = true;
        server().order("export", R"({"kind":"swap","target":"project","id":4})");
    };
    const auto file = fetch(lab, project_big);
    expect_whole(file);
    EXPECT_TRUE(swapped);
    EXPECT_EQ(file->resumed, 0);
    EXPECT_NE(read_file(file_)->find("swapped.txt"), std::string::npos);
    EXPECT_EQ(server().count_log("path=backup/download&status=412"), 1U);
}

TEST_P(StandinTest, ATaskWithoutDataIsToldSo) {
    Lab lab(server().url(), Lab::password());
    const auto empty = fetch(lab, Object{Kind::task, 4});
    ASSERT_FALSE(empty);
    EXPECT_EQ(empty.error().code, Errc::no_data);
    EXPECT_EQ(fetch(lab, Object{Kind::task, 9'999}).error().code, Errc::not_found);
}

TEST_P(StandinTest, CancellationEndsItAtOnce) {
    Lab lab(server().url(), Lab::password());
    server().order("export", R"({"kind":"never"})");
    EXPECT_THROW(test::run_coroutine([&] { return lab.fetch(project_1, file_); }, Milliseconds(10'000),
                                     Milliseconds(300)),
                 boost::system::system_error);
    EXPECT_EQ(lab.exports_.waiting(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Families, StandinTest, testing::Values("A", "B", "C", "D"),
                         [](const auto& one) { return std::string(one.param); });

}  // namespace
}  // namespace autobackup::cvat::standin_test
