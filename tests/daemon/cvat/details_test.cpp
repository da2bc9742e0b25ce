// SPDX-License-Identifier: MIT
#include "daemon/cvat/details.hpp"

#include <gtest/gtest.h>

namespace autobackup::cvat_job::details_test {
namespace {

cvat::User user(const char* name) {
    cvat::User one;
    one.username = name;
    return one;
}

ProjectView two_tasks() {
    ProjectView view;
    view.project.id = 12;
    view.project.name = "Traffic signs";
    view.project.organization_id = 3;
    view.project.owner = user("admin");
    view.project.raw = boost::json::object{{"target_storage", boost::json::object{{"location", "local"}}}};
    for (const std::int64_t id : {5, 7}) {
        cvat::Task task;
        task.id = id;
        task.name = "t" + std::to_string(id);
        task.size = 4;
        view.tasks.push_back(task);
    }
    cvat::Job job;
    job.id = 9;
    job.task_id = 7;
    job.type = "annotation";
    job.stage = "validation";
    job.state = "in progress";
    job.assignee = user("bob");
    job.stop_frame = 3;
    view.jobs[7] = {job};
    return view;
}

SideLists full_lists() {
    SideLists lists;
    lists.issues.emplace();
    cvat::Issue issue;
    issue.id = 1;
    issue.job_id = 9;
    issue.frame = 2;
    issue.position = {1.0, 2.5};
    issue.owner = user("wanda");
    (*lists.issues)[9] = {issue};
    cvat::Comment comment;
    comment.id = 4;
    comment.issue_id = 1;
    comment.owner = user("admin");
    comment.message = "look \"here\"";
    lists.comments.emplace();
    (*lists.comments)[1] = {comment};
    cvat::Webhook webhook;
    webhook.id = 2;
    webhook.project_id = 12;
    webhook.target_url = "https://hooks.example.org/in?key=secret";
    webhook.events = {"create:job"};
    lists.webhooks = std::vector<cvat::Webhook>{webhook};
    cvat::QualitySettings quality;
    quality.id = 6;
    quality.task_id = 5;
    quality.values = {{"z_last", true}, {"a_first", 0.4}};
    lists.quality = std::vector<cvat::QualitySettings>{quality};
    lists.roles = std::map<std::string, std::string>{{"wanda", "worker"}, {"admin", "owner"}, {"somebody", "worker"}};
    return lists;
}

TEST(Details, TheWholeTextOfAProject) {
    EXPECT_EQ(details_text(two_tasks(), "acme", full_lists()),
              R"({"format":1,"kind":"project","id":12,"name":"Traffic signs","organization":3,"organization_slug":"acme","owner":"admin",)"
              R"("assignee":null,"created_date":"1970-01-01T00:00:00.000Z","guide_id":null,"source_storage":null,)"
              R"("target_storage":{"location":"local"},"webhooks":[{"id":2,"target_url":"https://hooks.example.org/in?…","description":"",)"
              R"("content_type":"","is_active":false,"enable_ssl":false,"owner":null,"events":["create:job"]}],)"
              R"("members":[{"user":"admin","role":"owner"},{"user":"wanda","role":"worker"}],"tasks":[)"
              "\n"
              R"({"id":5,"name":"t5","owner":null,"assignee":null,"created_date":"1970-01-01T00:00:00.000Z","size":4,"guide_id":null,)"
              R"("source_storage":null,"target_storage":null,"data_cloud_storage_id":null,)"
              R"("quality_settings":{"id":6,"a_first":0.4,"z_last":true},"jobs":[]},)"
              "\n"
              R"({"id":7,"name":"t7","owner":null,"assignee":null,"created_date":"1970-01-01T00:00:00.000Z","size":4,"guide_id":null,)"
              R"("source_storage":null,"target_storage":null,"data_cloud_storage_id":null,"jobs":[{"id":9,"type":"annotation",)"
              R"("stage":"validation","state":"in progress","assignee":"bob","start_frame":0,"stop_frame":3,"issues":[{"id":1,"frame":2,)"
              R"("position":[1,2.5],"owner":"wanda","assignee":null,"created_date":"1970-01-01T00:00:00.000Z","resolved":false,)"
              R"("comments":[{"id":4,"owner":"admin","created_date":"1970-01-01T00:00:00.000Z","message":"look \"here\""}]}]}]})"
              "\n]}\n");
}

TEST(Details, WhatIsNotShownIsAbsentAndNotEmpty) {
    const std::string none = details_text(two_tasks(), "", SideLists());
    for (const char* key : {"issues", "webhooks", "quality_settings", "members"}) {
        EXPECT_EQ(none.find(key), std::string::npos) << key;
    }
    SideLists lists;
    lists.issues.emplace();
    lists.webhooks.emplace();
    lists.roles.emplace();
    const std::string empty = details_text(two_tasks(), "acme", lists);
    for (const char* part : {R"("issues":[])", R"("webhooks":[])", R"("members":[])"}) {
        EXPECT_NE(empty.find(part), std::string::npos) << part;
    }
}

TEST(Details, OnlyTheProjectsOwnWebhooksAndSettings) {
    SideLists lists = full_lists();
    lists.webhooks->front().project_id = 13;
    lists.quality->front().task_id.reset();
    lists.quality->front().project_id = 12;
    const std::string text = details_text(two_tasks(), "acme", lists);
    EXPECT_NE(text.find(R"("webhooks":[])"), std::string::npos);
    EXPECT_LT(text.find("quality_settings"), text.find("\"tasks\":")) << "the project's";
}

TEST(Details, DoesNotDependOnTheOrderOfTheServersKeys) {
    SideLists lists = full_lists();
    lists.quality->front().values = {{"a_first", 0.4}, {"z_last", true}};
    EXPECT_EQ(details_text(two_tasks(), "acme", lists), details_text(two_tasks(), "acme", full_lists()));
}

TEST(Details, ATaskOfItsOwn) {
    TaskView view;
    const ProjectView project = two_tasks();
    view.task = project.tasks[1];
    view.jobs = project.jobs.at(7);
    const std::string text = details_text(view, "acme", full_lists());
    EXPECT_TRUE(text.starts_with(R"({"format":1,"kind":"task","id":7,"organization":null,"organization_slug":"acme","members":)")) << text;
    EXPECT_NE(text.find("look"), std::string::npos);
}

TEST(Details, WebhookUrlsLoseWhatMayBeASecret) {
    EXPECT_EQ(url_without_secrets("https://h.example.org/hook"), "https://h.example.org/hook");
    EXPECT_EQ(url_without_secrets("https://u:p@h.example.org:8443/a/b"), "https://h.example.org:8443/a/b");
    EXPECT_EQ(url_without_secrets("https://h/a?token=x"), "https://h/a?…");
    EXPECT_EQ(url_without_secrets("https://h/a#frag"), "https://h/a?…");
    EXPECT_EQ(url_without_secrets("https://h/services/T02/0123456789abcdef/x"), "https://h/services/T02/…/x");
    EXPECT_EQ(url_without_secrets("https://h"), "https://h");
    EXPECT_EQ(url_without_secrets("https://"), "https://");
    EXPECT_EQ(url_without_secrets("https://?q"), "https://?…");
    EXPECT_EQ(url_without_secrets("no url"), "…");
    EXPECT_EQ(url_without_secrets("?a://b@c"), "…");
}

}  // namespace
}  // namespace autobackup::cvat_job::details_test
