// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "lib/cvat/backup_format.hpp"
#include "tests/support/cvat_samples.hpp"

namespace autobackup::cvat::content_test {
namespace {

namespace json = boost::json;

// One line per task: version name storage jobs(status/type) frames deleted | entries tags shapes tracks.
std::string summary(const TaskContent& task) {
    std::string text = task.version + " " + task.name + " " + task.storage + " [";
    for (const auto& job : task.jobs) text += job.type.substr(0, 1) + ":" + job.status.substr(0, 1) + " ";
    text +=
        "] frames " + std::to_string(task.frames) + " deleted " + std::to_string(task.deleted_frames.size());
    return text + " | " + std::to_string(task.annotation_entries) + " " + std::to_string(task.tags) + " " +
           std::to_string(task.shapes) + " " + std::to_string(task.tracks);
}

std::string member_text(const test::Members& members, const std::string& name) {
    for (const auto& [member, text] : members) {
        if (member == name) return text;
    }
    throw std::runtime_error("no " + name);
}

TaskContent task_in(const std::string& sample, const std::string& folder = "") {
    const auto members = test::members_of(test::cvat_sample(sample));
    TaskContent task = read_task_json(member_text(members, folder + "task.json")).value();
    AnnotationCounter counter;
    counter.feed(member_text(members, folder + "annotations.json")).value();
    counter.finish().value();
    task.annotation_entries = counter.entries();
    task.tags = counter.tags();
    task.shapes = counter.shapes();
    task.tracks = counter.tracks();
    return task;
}

TEST(TaskContent, Samples) {
    EXPECT_EQ(summary(task_in("task-images-annotations.zip")),
              "1.0 images A2 local [a:c a:a ] frames 6 deleted 0 | 2 1 6 0");
    EXPECT_EQ(summary(task_in("task-video-track.zip")),
              "1.0 video B local [a:a ] frames 50 deleted 0 | 1 0 0 1");
    EXPECT_EQ(summary(task_in("task-ground-truth-job.zip")),
              "1.0 with GT local [a:a a:a g:a ] frames 8 deleted 0 | 3 0 0 0");
    EXPECT_EQ(summary(task_in("task-gt-pool-honeypots.zip")),
              "1.0 honeypots local [a:a a:a a:a g:a ] frames 9 deleted 0 | 4 0 0 0");
    EXPECT_EQ(summary(task_in("task-share-data.zip")),
              "1.0 share task local [a:a ] frames 4 deleted 0 | 1 0 0 0");
    EXPECT_EQ(summary(task_in("task-standalone-guide.zip")),
              "1.0 standalone local [a:a ] frames 3 deleted 0 | 1 0 0 0");
    EXPECT_EQ(summary(task_in("project-unicode-name.zip", "task_0/")),
              "1.0 täsk/ \"x\" 日本 local [a:a ] frames 2 deleted 0 | 1 0 0 0");
    EXPECT_EQ(summary(task_in("project-broken-jobs-empty.zip", "task_0/")),
              "1.0 pend local [] frames 0 deleted 0 | 0 0 0 0");
    EXPECT_EQ(summary(task_in("A-task-share-data.zip")),
              "1.0 share share [a:a ] frames 2 deleted 0 | 1 0 0 0");
    EXPECT_EQ(summary(task_in("A-task-images-annotations.zip")),
              "1.0 images A local [a:a a:a ] frames 6 deleted 0 | 2 1 4 0");
    EXPECT_EQ(summary(task_in("A-task-cached-images-index-json.zip")),
              "1.0 cached images local [a:a ] frames 3 deleted 0 | 1 0 0 0");
    EXPECT_EQ(summary(task_in("A-project-images-video-gt-skeleton-guide.zip", "task_2/")),
              "1.0 with GT local [a:a a:a g:a ] frames 8 deleted 0 | 3 0 0 0");
    EXPECT_EQ(summary(task_in("A-project-broken-jobs-empty.zip", "task_1/")),
              "1.0 bad image local [] frames 0 deleted 0 | 0 0 0 0");
}

TEST(TaskContent, EveryTaskOfEverySampleHasTheLabelsOfItsProject) {
    int tasks = 0;
    for (const auto& path : test::cvat_samples()) {
        const auto members = test::members_of(path);
        std::optional<ProjectContent> project;
        for (const auto& [name, text] : members) {
            if (name == "project.json") project = read_project_content(text).value();
            if (!name.ends_with("task.json")) continue;
            ++tasks;
            const TaskContent task = read_task_json(text).value();
            ASSERT_FALSE(task.label_names.empty()) << path;
            if (!project) continue;
            EXPECT_EQ(task.label_names, project->label_names) << path;
            EXPECT_EQ(task.labels_key, project->labels_key) << path;
        }
    }
    EXPECT_GE(tasks, 20);
}

TEST(ProjectContent, NameAndLabels) {
    const auto project = read_project_content(member_text(
        test::members_of(test::cvat_sample("A-project-images-video-gt-skeleton-guide.zip")), "project.json"));
    EXPECT_EQ(project->name, "Demo project");
    EXPECT_EQ(project->version, "1.0");
    EXPECT_EQ(project->label_names, (std::vector<std::string>{"car", "scene", "person", "head", "foot"}));
}

const char* const good_task =
    R"({"name":"t","version":"1.0","labels":[],"data":{"storage":"local","deleted_frames":[3,1]},
    "jobs":[{"status":"annotation","type":"annotation","start_frame":0,"stop_frame":4}]})";

std::string with(const std::string& what, const std::string& by) {
    std::string text = good_task;
    return text.replace(text.find(what), what.size(), by);
}

TEST(TaskContent, NamesWhatIsWrong) {
    ASSERT_TRUE(read_task_json(good_task));
    EXPECT_EQ(read_task_json(good_task)->deleted_frames, (std::vector<std::int64_t>{3, 1}));
    const auto problem = [](const std::string& text) {
        const auto task = read_task_json(text);
        if (task) return std::string("none");
        EXPECT_EQ(task.error().code, Errc::archive_invalid);
        EXPECT_EQ(task.error().object, "task.json");
        return task.error().message;
    };
    EXPECT_EQ(problem(with("1.0", "2.0")), "its version is \"2.0\", only \"1.0\" is known");
    EXPECT_EQ(problem(with("\"version\"", "\"v\"")), "it lacks the key version");
    EXPECT_EQ(problem(with("\"name\"", "\"n\"")), "it lacks the key name");
    EXPECT_EQ(problem(with("\"labels\":[]", "\"labels\":{}")), "it has no list \"labels\"");
    EXPECT_EQ(problem(with("\"data\"", "\"d\"")), "it has no object \"data\"");
    EXPECT_EQ(problem(with("\"jobs\"", "\"j\"")), "it has no list \"jobs\"");
    EXPECT_EQ(problem(with("\"status\"", "\"s\"")), "jobs[0] lacks the key status");
    EXPECT_EQ(problem(with("\"stop_frame\":4", "\"stop_frame\":\"4\"")),
              "jobs[0] has a key of the wrong type: stop_frame (expected a whole number)");
    EXPECT_EQ(problem(with("\"stop_frame\":4", "\"stop_frame\":-1")),
              "jobs[0] goes from frame 0 to frame -1");
    EXPECT_EQ(problem(with("[3,1]", "[3,\"1\"]")),
              "data.deleted_frames holds something that is no whole number");
    EXPECT_EQ(problem(with("[3,1]", "3")), "data.deleted_frames is not a list");
    EXPECT_EQ(problem("[]"), "it is not a JSON object");
    EXPECT_NE(problem("{").find("not JSON"), std::string::npos);
    EXPECT_NE(problem("").find("not JSON"), std::string::npos);
    EXPECT_NE(problem(std::string(100'000, '[')).find("not JSON"), std::string::npos);
    EXPECT_EQ(read_project_content(with("1.0", "3")).error().object, "project.json");
}

TEST(TaskContent, OlderServersLackKeys) {
    const auto task = read_task_json(
        R"({"name":"t","version":"1.0","labels":[],"data":{},"jobs":[{"status":"annotation","start_frame":2,"stop_frame":4}]})");
    ASSERT_TRUE(task);
    EXPECT_EQ(task->jobs[0].type, "annotation");
    EXPECT_TRUE(task->deleted_frames.empty());
    EXPECT_EQ(task->frames, 3);
}

TEST(TaskContent, FramesCountOnce) {
    const auto frames = [](const std::string& jobs) {
        return read_task_json("{\"name\":\"t\",\"version\":\"1.0\",\"labels\":[],\"data\":{},\"jobs\":[" +
                              jobs + "]}")
            ->frames;
    };
    const auto job = [](int from, int to, const std::string& type = "annotation") {
        return "{\"status\":\"annotation\",\"type\":\"" + type +
               "\",\"start_frame\":" + std::to_string(from) + ",\"stop_frame\":" + std::to_string(to) + "}";
    };
    EXPECT_EQ(frames(job(0, 49) + "," + job(45, 94) + "," + job(90, 99)), 100);  // overlap 5
    EXPECT_EQ(frames(job(0, 9) + "," + job(0, 9, "consensus_replica") + "," + job(0, 9, "consensus_replica")),
              10);
    EXPECT_EQ(frames(job(0, 9) + "," + job(10, 14, "ground_truth")), 10);
    EXPECT_EQ(frames(job(10, 19) + "," + job(0, 4)), 15);
    EXPECT_EQ(frames(job(0, 9) + "," + job(2, 3) + "," + job(9, 9)), 10);
    EXPECT_EQ(frames(""), 0);
}

TEST(LabelsKey, OrderDoesNotMatterContentDoes) {
    const auto key = [](const char* labels) { return labels_key(json::parse(labels).as_array()); };
    const std::string one = key(
        R"([{"name":"a","attributes":[{"name":"x","values":["1","2"]},{"name":"y"}]},{"name":"b","sublabels":[{"name":"p"},{"name":"q"}]}])");
    EXPECT_EQ(
        one,
        key(R"([{"name":"b","sublabels":[{"name":"q"},{"name":"p"}]},{"attributes":[{"name":"y"},{"values":["1","2"],"name":"x"}],"name":"a"}])"));
    EXPECT_NE(
        one,
        key(R"([{"name":"a","attributes":[{"name":"x","values":["2","1"]},{"name":"y"}]},{"name":"b","sublabels":[{"name":"p"},{"name":"q"}]}])"));
    EXPECT_NE(
        one,
        key(R"([{"name":"a","attributes":[{"name":"x","values":["1","2"]},{"name":"y"}]},{"name":"b","sublabels":[{"name":"p"}]}])"));
    EXPECT_EQ(key("[]"), "[]");
}

}  // namespace
}  // namespace autobackup::cvat::content_test
