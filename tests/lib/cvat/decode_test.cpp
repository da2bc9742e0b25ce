// SPDX-License-Identifier: MIT
#include "lib/cvat/decode.hpp"

#include <gtest/gtest.h>

namespace autobackup::cvat::decode_test {
namespace {

namespace json = boost::json;
const Source source{"GET", "things of lab"};

json::value parsed(std::string_view text) {
    return json::parse(json::string_view(text.data(), text.size()));
}

struct TaskCase {
    const char* fields;
    DataState data;
    std::int64_t size;
    std::int64_t jobs;
};
class TaskData : public testing::TestWithParam<TaskCase> {};
TEST_P(TaskData, SaysWhatCanBeExported) {
    const std::string text = R"({"id":7,"name":"t","updated_date":"2026-11-21T05:11:16.000001Z")" +
                             std::string(GetParam().fields) + "}";
    const auto task = decode_task(parsed(text), source);
    ASSERT_TRUE(task) << describe(task.error());
    EXPECT_EQ(task->data, GetParam().data);
    EXPECT_EQ(task->size, GetParam().size);
    EXPECT_EQ(task->jobs_count, GetParam().jobs);
}
INSTANTIATE_TEST_SUITE_P(
    States, TaskData,
    testing::Values(TaskCase{R"(,"jobs":{"count":0},"mode":"")", DataState::none, 0, 0},
                    TaskCase{R"(,"data":null,"size":null,"jobs":{"count":0})", DataState::none, 0, 0},
                    TaskCase{R"(,"data":3,"size":0,"jobs":{"count":0})", DataState::pending_or_failed, 0, 0},
                    TaskCase{R"(,"data":3,"size":5,"jobs":{"count":0})", DataState::pending_or_failed, 0, 0},
                    TaskCase{R"(,"data":3,"size":5,"jobs":{"count":2,"url":"x"})", DataState::ready, 5, 2},
                    TaskCase{R"(,"data":3,"size":5,"segments":[{"jobs":[{},{}]},{"jobs":[{}]}])",
                             DataState::ready, 5, 3},
                    TaskCase{R"(,"data":3,"size":5)", DataState::ready, 5, 0}));

TEST(Decode, ReadsAProjectOfEitherFamily) {
    const auto d = decode_project(
        parsed(R"({"id":12,"name":"Traffic signs","bug_tracker":"","status":"annotation","organization_id":4,
        "guide_id":null,"owner":{"id":1,"username":"admin"},"assignee":null,"updated_date":"2026-11-21T05:11:16.5Z",
        "created_date":"2026-11-20T05:11:16Z","tasks":{"count":3,"url":"x"},"something":"new"})"),
        source);
    ASSERT_TRUE(d) << describe(d.error());
    EXPECT_EQ(d->organization_id, 4);
    EXPECT_EQ(d->tasks_count, 3);
    EXPECT_EQ(d->owner->username, "admin");
    EXPECT_FALSE(d->assignee);
    EXPECT_FALSE(d->guide_id);
    EXPECT_TRUE(d->raw.contains("something"));
    const auto a = decode_project(
        parsed(
            R"({"id":12,"name":"n","organization":9,"owner":5,"updated_date":"2026-11-21T05:11:16Z","tasks":[1,2]})"),
        source);
    ASSERT_TRUE(a) << describe(a.error());
    EXPECT_EQ(a->organization_id, 9);
    EXPECT_EQ(a->owner->id, 5);
    EXPECT_EQ(a->tasks_count, 2);
}

TEST(Decode, NamesTheEssentialKeyThatIsMissing) {
    const auto project = decode_project(parsed(R"({"id":12,"name":"n"})"), source);
    ASSERT_FALSE(project);
    EXPECT_EQ(project.error().code, Errc::bad_response);
    EXPECT_NE(project.error().message.find("updated_date"), std::string::npos);
    const auto job =
        decode_job(parsed(R"({"id":"x","task_id":1,"updated_date":"2026-11-21T05:11:16Z"})"), source);
    ASSERT_FALSE(job);
    EXPECT_NE(job.error().message.find("wrong type: id"), std::string::npos) << job.error().message;
    EXPECT_FALSE(decode_task(parsed("[]"), source));
    EXPECT_FALSE(decode_version(parsed("{}"), source));
    EXPECT_FALSE(decode_guide(parsed(R"({"id":1})"), source));
    EXPECT_FALSE(decode_organization(parsed(R"({"id":1,"name":"x"})"), source));
    EXPECT_FALSE(decode_request(parsed(R"({"id":"x"})"), source));
}

TEST(Decode, ReadsTheNewestOfAList) {
    const auto some = decode_newest(
        parsed(R"({"count":3,"next":"x","results":[{"id":1,"updated_date":"2026-11-21T05:11:16.314514Z"}]})"),
        source);
    ASSERT_TRUE(some);
    EXPECT_EQ(some->count, 3);
    EXPECT_EQ(some->updated_date, "2026-11-21T05:11:16.314514Z");
    const auto none = decode_newest(parsed(R"({"count":0,"next":null,"results":[]})"), source);
    ASSERT_TRUE(none);
    EXPECT_EQ(none->updated_date, "");
    EXPECT_FALSE(decode_newest(parsed(R"({"count":3})"), source));
    EXPECT_FALSE(decode_newest(parsed(R"({"count":1,"results":[{"id":1}]})"), source));
}

TEST(Decode, KnowsAnAdmin) {
    About about;
    ASSERT_TRUE(decode_self(parsed(R"({"id":3,"username":"bob","groups":["user"],"is_superuser":false})"),
                            source, about));
    EXPECT_FALSE(about.is_admin);
    ASSERT_TRUE(decode_self(parsed(R"({"id":3,"username":"bob","groups":["user","admin"]})"), source, about));
    EXPECT_TRUE(about.is_admin);
    ASSERT_TRUE(decode_self(parsed(R"({"id":3,"username":"bob","is_superuser":true})"), source, about));
    EXPECT_TRUE(about.is_admin);
}

TEST(Decode, ReadsARequestWithAndWithoutNulls) {
    const auto full = decode_request(
        parsed(R"({"status":"finished","message":"","id":"action=export","operation":{"type":"export:backup",
        "target":"project","project_id":7,"task_id":null},"created_date":"2026-11-21T05:11:53.459675Z","result_url":"http://h/x","result_id":null})"),
        source);
    ASSERT_TRUE(full);
    EXPECT_EQ(full->status, RequestStatus::finished);
    EXPECT_EQ(full->result_url, "http://h/x");
    EXPECT_EQ(full->target_id, 7);
    EXPECT_FALSE(full->stored_elsewhere);
    const auto bare = decode_request(parsed(R"({"status":"scheduled","id":"x"})"), source);
    ASSERT_TRUE(bare);
    EXPECT_EQ(bare->status, RequestStatus::unknown);
    EXPECT_EQ(bare->status_text, "scheduled");
    EXPECT_FALSE(bare->created_date);
    const auto cloud = decode_request(parsed(R"({"status":"finished","id":"x","result_url":null})"), source);
    ASSERT_TRUE(cloud);
    EXPECT_TRUE(cloud->stored_elsewhere);
    EXPECT_FALSE(decode_request(parsed(R"({"status":"finished","id":"x"})"), source)->stored_elsewhere);
    EXPECT_EQ(decode_rq_id(R"({"rq_id":"abc"})"), "abc");
    EXPECT_EQ(decode_rq_id("Export process is already running"), "");
}

TEST(Decode, KeepsTopLevelLabelsById) {
    const auto labels =
        parsed(R"([{"id":5,"name":"foot","has_parent":true},{"id":3,"name":"person","has_parent":false},
        {"id":1,"name":"car","has_parent":false,"parent_id":null},{"id":9,"name":"old","parent_id":3}])")
            .as_array();
    const auto top = top_level_labels(labels);
    ASSERT_EQ(top.size(), 2U);
    EXPECT_EQ(top[0].at("name"), "car");
    EXPECT_EQ(top[1].at("name"), "person");
}

TEST(Decode, ReadsFramesAndHealth) {
    EXPECT_EQ(*decode_deleted_frames(parsed(R"({"deleted_frames":[1,4]})"), source),
              (std::vector<std::int64_t>{1, 4}));
    EXPECT_TRUE(decode_deleted_frames(parsed(R"({"size":3})"), source)->empty());
    EXPECT_FALSE(decode_deleted_frames(parsed(R"({"deleted_frames":"x"})"), source));
    EXPECT_FALSE(decode_health(parsed(R"({"DiskUsage":"working"})"), source)->has_value());
    const auto ill = decode_health(
        parsed(R"({"DiskUsage":"warning: host 95% disk usage","OPAHealthCheck":"working"})"), source);
    EXPECT_EQ(**ill, "DiskUsage: warning: host 95% disk usage");
}

}  // namespace
}  // namespace autobackup::cvat::decode_test
