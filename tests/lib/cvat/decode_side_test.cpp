// SPDX-License-Identifier: MIT
// The lists of what no backup holds. Issues as recorded are read in replay_test.cpp.
#include <gtest/gtest.h>

#include "lib/cvat/decode.hpp"

namespace autobackup::cvat::decode_side_test {
namespace {

namespace json = boost::json;
const Source source{"GET", "things of lab"};

TEST(DecodeSide, AnIssueWithAndWithoutItsExtras) {
    const auto full = decode_issue(json::parse(R"({"id":4,"frame":2,"position":[1.5,2],"job":9,
        "owner":{"id":1,"username":"admin"},"assignee":{"id":2,"username":"alice"},"resolved":true,
        "created_date":"2026-11-21T05:16:29.5Z","updated_date":"2026-11-21T05:16:34Z",
        "comments":{"count":2,"url":"x"}})"),
                                   source);
    ASSERT_TRUE(full) << describe(full.error());
    EXPECT_EQ(full->job_id, 9);
    EXPECT_EQ(full->frame, 2);
    EXPECT_EQ(full->position.size(), 2U);
    EXPECT_EQ(full->assignee->username, "alice");
    EXPECT_TRUE(full->resolved);
    EXPECT_EQ(full->comments, 2);
    const auto bare = decode_issue(json::parse(R"({"id":4,"frame":0,"job":9,"assignee":null})"), source);
    ASSERT_TRUE(bare) << describe(bare.error());
    EXPECT_FALSE(bare->owner || bare->assignee || bare->resolved);
    EXPECT_EQ(bare->comments, 0);
}

TEST(DecodeSide, WhatAnIssueCannotBeWithout) {
    for (const char* key : {"id", "job", "frame"}) {
        json::object issue{{"id", 1}, {"job", 2}, {"frame", 3}};
        issue.erase(key);
        const auto bad = decode_issue(issue, source);
        ASSERT_FALSE(bad) << key;
        EXPECT_EQ(bad.error().code, Errc::bad_response);
        EXPECT_NE(bad.error().message.find(key), std::string::npos) << bad.error().message;
    }
}

TEST(DecodeSide, AComment) {
    const auto comment = decode_comment(json::parse(R"({"id":7,"issue":4,"owner":{"id":1,"username":"admin"},
        "message":"look\nhere","created_date":"2026-11-21T05:16:29Z","updated_date":"2026-11-21T05:16:29Z"})"),
                                        source);
    ASSERT_TRUE(comment) << describe(comment.error());
    EXPECT_EQ(comment->issue_id, 4);
    EXPECT_EQ(comment->message, "look\nhere");
    EXPECT_FALSE(decode_comment(json::parse(R"({"id":7})"), source));
}

TEST(DecodeSide, AWebhookOfAProjectAndOfAnOrganisation) {
    const auto project =
        decode_webhook(json::parse(R"({"id":3,"target_url":"https://h/x","description":"d","type":"project",
        "content_type":"application/json","is_active":true,"enable_ssl":false,"owner":{"id":1,"username":"admin"},
        "project_id":12,"organization":null,"events":["update:task","create:job"],"last_status":200})"),
                       source);
    ASSERT_TRUE(project) << describe(project.error());
    EXPECT_EQ(project->project_id, 12);
    EXPECT_EQ(project->events, (std::vector<std::string>{"create:job", "update:task"}));
    EXPECT_TRUE(project->is_active);
    EXPECT_FALSE(project->enable_ssl);
    const auto whole = decode_webhook(json::parse(R"({"id":3,"project_id":null})"), source);
    ASSERT_TRUE(whole) << describe(whole.error());
    EXPECT_FALSE(whole->project_id);
}

TEST(DecodeSide, QualitySettingsKeepEveryPlainValueButDates) {
    const auto settings = decode_quality_settings(
        json::parse(R"({"id":5,"task_id":7,"project_id":null,"iou_threshold":0.4,"target_metric":"accuracy",
        "new_key":true,"nested":{"a":1},"created_date":"2026-11-21T05:16:29Z","updated_date":null})"),
        source);
    ASSERT_TRUE(settings) << describe(settings.error());
    EXPECT_EQ(settings->task_id, 7);
    EXPECT_FALSE(settings->project_id);
    const json::object expected{{"iou_threshold", 0.4}, {"target_metric", "accuracy"}, {"new_key", true}};
    EXPECT_EQ(settings->values, expected);
}

TEST(DecodeSide, AMembership) {
    const auto member = decode_membership(
        json::parse(R"({"id":1,"user":{"id":2,"username":"alice"},"organization":1,"role":"maintainer"})"), source);
    ASSERT_TRUE(member) << describe(member.error());
    EXPECT_EQ(member->user.username, "alice");
    EXPECT_EQ(member->role, "maintainer");
    EXPECT_TRUE(decode_membership(json::parse(R"({"id":1,"user":null})"), source)) << "an invitation";
}

}  // namespace
}  // namespace autobackup::cvat::decode_side_test
