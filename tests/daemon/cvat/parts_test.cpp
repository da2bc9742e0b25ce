// SPDX-License-Identifier: MIT
#include "daemon/cvat/parts.hpp"

#include <gtest/gtest.h>

#include "daemon/cvat/fingerprint.hpp"

namespace autobackup::cvat_job::parts_test {
namespace {

std::string content_of(const vault::VersionMember& member) {
    std::string text;
    const git::TakeBytes take = [&](std::span<const std::byte> bytes) -> Result<void> {
        text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return {};
    };
    EXPECT_TRUE(member.produce(take));
    return text;
}

TaskCopy copy(std::vector<vault::VersionMember> members, std::optional<std::size_t> guide_index) {
    TaskCopy one;
    one.id = 7;
    one.members = std::move(members);
    one.guide_index = guide_index;
    return one;
}

Result<std::string> no_blobs(const git::Oid&) { return fail(Errc::internal, "read", "blob", "not expected"); }

std::string guide_after(TaskCopy task, std::size_t index) {
    const auto members = put_together(ProjectPart(), {{index, std::move(task)}}, no_blobs);
    EXPECT_TRUE(members);
    for (const vault::VersionMember& member : *members) {
        if (member.entry.name == "task_" + std::to_string(index) + "/annotation_guide.md") return content_of(member);
    }
    return "no guide";
}

TEST(PutTogether, OrderIsTheServersAndNumbersMayHaveGaps) {
    ProjectPart project;
    project.members.push_back(text_member("assets/a.png", "a", 1));
    project.members.push_back(text_member("project.json", "{}", 1));
    std::map<std::size_t, TaskCopy> tasks;
    tasks[0] = copy({text_member("data/x", "x", 1), text_member("task.json", "{}", 1)}, std::nullopt);
    tasks[2] = copy({text_member("task.json", "{}", 1)}, std::nullopt);
    const auto members = put_together(project, tasks, no_blobs).value();
    std::vector<std::string> names;
    for (const vault::VersionMember& member : members) names.push_back(member.entry.name);
    EXPECT_EQ(names, (std::vector<std::string>{"assets/a.png", "project.json", "task_0/data/x", "task_0/task.json", "task_2/task.json"}));
}

TEST(PutTogether, ATasksGuideNamesItsAssetsInTheProject) {
    const auto members = [](const char* text) {
        return std::vector<vault::VersionMember>{text_member("assets/t.png", "png", 1), text_member("annotation_guide.md", text, 1)};
    };
    EXPECT_EQ(guide_after(copy(members("see ![](assets/t.png)"), std::nullopt), 3), "see ![](task_3/assets/t.png)");
    EXPECT_EQ(guide_after(copy(members("see ![](task_3/assets/t.png)"), 3), 3), "see ![](task_3/assets/t.png)");
    EXPECT_EQ(guide_after(copy(members("see ![](task_3/assets/t.png)"), 3), 1), "see ![](task_1/assets/t.png)") << "renumbered";
    const std::vector<vault::VersionMember> bare{text_member("annotation_guide.md", "assets/none", 1)};
    EXPECT_EQ(guide_after(copy(bare, std::nullopt), 3), "assets/none") << "no asset members, nothing to name";
}

TEST(KeptCopy, IsWholeOrNotAtAll) {
    vault::Held held;
    held.manifest.emplace();
    held.manifest->item.kind = vault::ItemId::Kind::project;
    vault::ManifestTask task;
    task.index = 2;
    task.id = 7;
    task.print = "p";
    held.manifest->tasks.push_back(task);
    held.manifest->members = {{"task_2/task.json", 2, 1, 1}, {"task_2/data/x", 1, 1, 1}, {"task_20/task.json", 2, 1, 1}};
    held.blobs["task_2/task.json"] = git::hash_object(git::ObjectType::blob, "{}");
    EXPECT_FALSE(kept_copy(held, 7)) << "data/x is not held";
    held.blobs["task_2/data/x"] = git::hash_object(git::ObjectType::blob, "x");
    const std::optional<TaskCopy> kept = kept_copy(held, 7);
    ASSERT_TRUE(kept);
    ASSERT_EQ(kept->members.size(), 2U);
    EXPECT_EQ(kept->members[1].entry.name, "data/x");
    EXPECT_FALSE(kept->members[1].produce);
    EXPECT_FALSE(kept_copy(held, 8));
}

cvat::Task task_of(std::int64_t id) {
    cvat::Task task;
    task.id = id;
    task.name = "t";
    task.size = 6;
    task.jobs_count = 1;
    task.data = cvat::DataState::ready;
    return task;
}

TEST(Fingerprint, MovesWithEverythingThatABackupShows) {
    const cvat::Task task = task_of(7);
    cvat::Job job;
    job.id = 3;
    job.stage = "annotation";
    job.type = "annotation";
    const std::string before = task_print(task, {job});
    const auto differs = [&](auto change) {
        cvat::Task other = task;
        cvat::Job other_job = job;
        change(other, other_job);
        return task_print(other, {other_job}) != before;
    };
    EXPECT_TRUE(differs([](cvat::Task& t, cvat::Job&) { t.updated_date += std::chrono::microseconds(1); }));
    EXPECT_TRUE(differs([](cvat::Task& t, cvat::Job&) { t.size = 7; }));
    EXPECT_TRUE(differs([](cvat::Task& t, cvat::Job&) { t.data = cvat::DataState::pending_or_failed; }));
    EXPECT_TRUE(differs([](cvat::Task&, cvat::Job& j) { j.stage = "validation"; }));
    EXPECT_TRUE(differs([](cvat::Task&, cvat::Job& j) { j.type = "ground_truth"; }));
    EXPECT_TRUE(differs([](cvat::Task&, cvat::Job& j) { j.updated_date += std::chrono::microseconds(1); }));
    EXPECT_FALSE(differs([](cvat::Task& t, cvat::Job&) { t.raw["x"] = 1; }));
    cvat::Job second = job;
    second.id = 4;
    EXPECT_EQ(task_print(task, {job, second}), task_print(task, {second, job}));
    EXPECT_NE(task_print(task, {job, second}), before);
}

TEST(Fingerprint, ComesBackFromItsText) {
    ItemPrint print;
    print.own = "o";
    print.tasks = {{7, "a"}, {12, "stale:b"}};
    EXPECT_EQ(parse_print(to_text(print)), print);
    EXPECT_EQ(parse_print("not json"), ItemPrint());
    EXPECT_EQ(parse_print("{\"own\": 1}"), ItemPrint());
}

}  // namespace
}  // namespace autobackup::cvat_job::parts_test
