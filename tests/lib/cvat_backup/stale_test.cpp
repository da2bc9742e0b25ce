// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "lib/cvat/backup_format.hpp"
#include "tests/support/cvat_samples.hpp"

namespace autobackup::cvat::stale_test {
namespace {

namespace json = boost::json;

Job job(std::int64_t id, const std::string& status = "annotation", const std::string& type = "annotation",
        std::int64_t from = 0, std::int64_t to = 9) {
    Job one;
    one.id = id;
    one.status = status;
    one.type = type;
    one.start_frame = from;
    one.stop_frame = to;
    return one;
}

TaskContent::JobEntry entry(const std::string& status = "annotation",
                            const std::string& type = "annotation") {
    TaskContent::JobEntry one;
    one.status = status;
    one.type = type;
    return one;
}

TaskContent holding(std::vector<TaskContent::JobEntry> jobs, std::vector<std::int64_t> deleted = {}) {
    TaskContent task;
    task.jobs = std::move(jobs);
    task.deleted_frames = std::move(deleted);
    return task;
}

TEST(Stale, EqualIsEmpty) {
    EXPECT_EQ(stale_difference(holding({}), {}, {}), "");
    EXPECT_EQ(stale_difference(holding({entry(), entry("completed")}, {4, 1}), {job(7), job(8, "completed")},
                               {1, 4, 4}),
              "");
}

TEST(Stale, JobsAreComparedInIdOrder) {
    EXPECT_EQ(stale_difference(holding({entry(), entry("completed")}), {job(8, "completed"), job(7)}, {}),
              "");
    EXPECT_EQ(stale_difference(holding({entry("completed"), entry()}), {job(8, "completed"), job(7)}, {}),
              "job 7 has the status \"completed\" in the backup, \"annotation\" on the server");
}

TEST(Stale, CountOfJobs) {
    EXPECT_EQ(stale_difference(holding({entry()}), {job(1), job(2, "annotation", "ground_truth")}, {}),
              "the backup has 1 jobs, the server has 2");
    EXPECT_EQ(stale_difference(holding({}), {job(1)}, {}), "the backup has 0 jobs, the server has 1");
}

TEST(Stale, GroundTruthIsLastWhateverItsId) {
    const auto content = holding({entry("completed"), entry(), entry("validation", "ground_truth")});
    EXPECT_EQ(
        stale_difference(content, {job(1, "validation", "ground_truth"), job(2, "completed"), job(3)}, {}),
        "");
    EXPECT_EQ(
        stale_difference(content, {job(1, "annotation", "ground_truth"), job(2, "completed"), job(3)}, {}),
        "job 1 has the status \"validation\" in the backup, \"annotation\" on the server");
    // One ground truth job replaced by an annotation job: the numbers agree, the types do not.
    EXPECT_EQ(stale_difference(content, {job(2, "completed"), job(3), job(4, "validation")}, {}),
              "job 4 is \"ground_truth\" in the backup, \"annotation\" on the server");
}

TEST(Stale, ReplicasStandBehindTheirJob) {
    const std::string replica = "consensus_replica";
    const auto content = holding({entry("annotation"), entry("completed", replica), entry("validation"),
                                  entry("annotation", replica)});
    // As ids go when replicas were made afterwards; once told by the parent's id, once only by the frames.
    std::vector<Job> jobs = {job(1, "annotation", "annotation", 0, 4),
                             job(2, "validation", "annotation", 5, 9), job(3, "completed", replica, 0, 4),
                             job(4, "annotation", replica, 5, 9)};
    EXPECT_EQ(stale_difference(content, jobs, {}), "");
    for (Job& one : jobs) {
        one.start_frame = one.stop_frame = 0;
        one.raw["parent_job_id"] = nullptr;
    }
    jobs[2].raw["parent_job_id"] = 1;
    jobs[3].raw["parent_job_id"] = 2;
    EXPECT_EQ(stale_difference(content, jobs, {}), "");
    std::swap(jobs[2].status, jobs[3].status);
    EXPECT_NE(stale_difference(content, jobs, {}), "");
}

TEST(Stale, DeletedFrames) {
    EXPECT_EQ(stale_difference(holding({entry()}, {1}), {job(1)}, {}),
              "1 frames are deleted in the backup, 0 on the server");
    EXPECT_EQ(stale_difference(holding({entry()}, {1}), {job(1)}, {2}),
              "other frames are deleted in the backup than on the server");
    EXPECT_EQ(stale_difference(holding({entry()}), {job(1, "completed")}, {2}),
              "job 1 has the status \"annotation\" in the backup, \"completed\" on the server; 0 frames are "
              "deleted in the backup, 1 on the server");
}

TEST(Stale, ServersThatDoNotTellTypeOrStatus) {
    EXPECT_EQ(stale_difference(holding({entry(), entry("completed")}), {job(1, "", ""), job(2, "", "")}, {}),
              "");
}

TEST(Stale, RecordedAnswers) {
    // The family A server says that the first job is completed; the task backup, made before, does not.
    const auto members = test::members_of(test::cvat_sample("A-task-images-annotations.zip"));
    const json::value answer =
        test::recorded_answer("A-11-lists.json", "GET /api/jobs?task_id=1&page_size=all&sort=id");
    std::vector<Job> jobs;
    for (const json::value& one : answer.at("results").as_array()) {
        jobs.push_back(job(one.at("id").to_number<std::int64_t>(), one.at("status").as_string().c_str(),
                           one.at("type").as_string().c_str()));
        jobs.back().raw = one.as_object();
    }
    for (const auto& [name, text] : members) {
        if (name != "task.json") continue;
        EXPECT_EQ(stale_difference(read_task_json(text).value(), jobs, {}),
                  "job 1 has the status \"annotation\" in the backup, \"completed\" on the server");
    }
}

}  // namespace
}  // namespace autobackup::cvat::stale_test
