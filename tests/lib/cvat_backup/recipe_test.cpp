// SPDX-License-Identifier: MIT
// A project backup put together from the API and the task backups is the server's own project backup, member
// by member.
#include <gtest/gtest.h>

#include "lib/cvat/backup_format.hpp"
#include "tests/support/cvat_samples.hpp"

namespace autobackup::cvat::recipe_test {
namespace {

namespace json = boost::json;
using test::cvat_sample;
using test::members_of;
using test::recorded_answer;

std::string content(const test::Members& members, const std::string& name) {
    for (const auto& [member, text] : members) {
        if (member == name) return text;
    }
    ADD_FAILURE() << "no " << name;
    return {};
}

TEST(Recipe, EveryMemberOfTheProjectInOrder) {
    const std::string file = "11-synthesized-project-backup.json";
    const json::value project = recorded_answer(file, "GET /api/projects/1");
    const json::value labels = recorded_answer(file, "GET /api/labels?project_id=1&page_size=all&sort=id");
    const json::value guide = recorded_answer(file, "GET /api/guides/1");
    const test::Members server = members_of(cvat_sample("project-images-video-gt-skeleton-guide.zip"));
    const std::string markdown(guide.at("markdown").as_string());
    const auto uuids = asset_uuids(markdown);
    ASSERT_EQ(uuids, std::vector<std::string>{"aaa2a704-528d-4e64-8140-a5194e0626b1"});

    test::Members ours;
    ours.emplace_back(
        "assets/a.png",
        content(server, "assets/a.png"));  // a body of the API that the recording has no bytes of
    ours.emplace_back("annotation_guide.md", guide_member(markdown, {{uuids[0], "a.png"}}));
    const auto written = project_json(test::project_from(project), labels.at("results").as_array());
    ASSERT_TRUE(written) << describe(written.error());
    ours.emplace_back("project.json", *written);
    const std::vector<std::string> tasks = {"task-images-annotations.zip", "task-video-track.zip",
                                            "task-ground-truth-job.zip"};
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        for (const auto& [name, text] : members_of(cvat_sample(tasks[i])))
            ours.emplace_back("task_" + std::to_string(i) + "/" + name, text);
    }
    EXPECT_EQ(ours.size(), 27U);
    EXPECT_EQ(ours, server);
}

TEST(Recipe, FamilyAProject) {
    const json::value labels =
        recorded_answer("A-11-lists.json", "GET /api/labels?project_id=1&page_size=all&sort=id");
    const test::Members server = members_of(cvat_sample("A-project-images-video-gt-skeleton-guide.zip"));
    Project project;
    project.name = "Demo project";
    project.status = "annotation";
    EXPECT_EQ(project_json(project, labels.at("results").as_array()).value(),
              content(server, "project.json"));
    test::Members task;
    for (const auto& [name, text] : server) {
        if (name.starts_with("task_0/")) task.emplace_back(name.substr(7), text);
    }
    EXPECT_EQ(task, members_of(cvat_sample("A-task-images-annotations.zip")));
    const std::string link = "/api/assets/54e7496b-a9d9-441f-8bda-4941179ce1d2";
    EXPECT_EQ(guide_member("# Guide\n![a](" + link + ")", {{link.substr(12), "a.png"}}),
              content(server, "annotation_guide.md"));
}

// project.json of every sample, taken apart and written again.
TEST(Recipe, EveryProjectJsonAgain) {
    int projects = 0;
    for (const auto& path : test::cvat_samples()) {
        if (path.filename().string().find("project-") == std::string::npos) continue;
        ++projects;
        const std::string text = content(members_of(path), "project.json");
        const json::value parsed = json::parse(text);
        json::array labels = parsed.at("labels").as_array();
        // What the API has on top: ids, also within the drawing, and keys that no backup holds.
        std::int64_t id = 100;
        for (json::value& label : labels) {
            label.as_object()["id"] = id++;
            label.as_object()["has_parent"] = false;
            for (json::value& sublabel : label.as_object()["sublabels"].as_array()) {
                sublabel.as_object()["id"] = id;
                const std::string by_name =
                    "data-label-name=\"" + std::string(sublabel.at("name").as_string()) + "\"";
                std::string svg(label.at("svg").as_string());
                svg.replace(svg.find(by_name), by_name.size(),
                            "data-label-id=\"" + std::to_string(id++) + "\"");
                label.as_object()["svg"] = svg;
            }
        }
        json::object project = parsed.as_object();
        project["id"] = 1;
        EXPECT_EQ(project_json(test::project_from(project), labels).value(), text) << path;
    }
    EXPECT_GE(projects, 9);
}

TEST(ProjectJson, EscapesAsTheServerDoes) {
    Project project;
    project.name = "\"\\/\b\f\n\r\t";
    project.name += std::string("\x01\x1f\x7f\0", 4) + "ü日\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAA</script>";
    project.bug_tracker = "'&<>";
    project.status = "annotation";
    EXPECT_EQ(project_json(project, {}).value(),
              "{\"name\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\\u0000ü日\\u2028\\u2029\xE2\x80\xAA</"
              "script>\",\"bug_tracker\":\"'&<>\","
              "\"status\":\"annotation\",\"labels\":[],\"version\":\"1.0\"}");
}

TEST(ProjectJson, DropsWhatNoBackupHolds) {
    const json::value labels = json::parse(R"([
        {"id": 1, "name": "a", "color": "#1", "attributes": [], "type": "any", "sublabels": [], "svg": "<svg/>", "future": {"x": 1}},
        {"id": 2, "name": "sub", "has_parent": true, "parent_id": 3},
        {"id": 3, "name": "s", "color": "#2", "attributes": [], "type": "skeleton", "svg": "<a data-label-id=\"12\"/><b data-label-id=\"1\"/>",
         "sublabels": [{"id": 1, "name": "o\"ne", "color": "#3", "attributes": [
                          {"id": 9, "name": "n", "mutable": true, "input_type": "text", "default_value": "", "values": ["", "x"]}], "type": "points"},
                       {"id": 12, "name": "twelve", "color": "#4", "attributes": [], "type": "points"}]}])");
    EXPECT_EQ(
        project_json(Project(), labels.as_array()).value(),
        R"({"name":"","bug_tracker":"","status":"","labels":[{"name":"a","color":"#1","attributes":[],"type":"any","sublabels":[]},)"
        R"({"name":"s","color":"#2","attributes":[],"type":"skeleton","sublabels":[{"name":"o\"ne","color":"#3","attributes":[)"
        R"({"name":"n","mutable":true,"input_type":"text","default_value":"","values":["","x"]}],"type":"points"},)"
        R"({"name":"twelve","color":"#4","attributes":[],"type":"points"}],)"
        R"("svg":"<a data-label-name=\"twelve\"/><b data-label-name=\"o\"ne\"/>"}],"version":"1.0"})");
}

TEST(ProjectJson, NamesWhatIsMissing) {
    const auto problem = [](const char* label) {
        const auto written = project_json(Project(), json::parse(label).as_array());
        return written ? std::string("none")
                       : std::string(name(written.error().code)) + ": " + written.error().message;
    };
    EXPECT_EQ(problem(R"([{"name": "a", "color": "", "attributes": [], "type": "any"}])"),
              "bad_response: label \"a\" has no list of sublabels");
    EXPECT_NE(problem(R"([{"name": "a", "color": 1, "attributes": [], "type": "any", "sublabels": []}])")
                  .find("color"),
              std::string::npos);
    EXPECT_NE(
        problem(R"([{"name": "a", "color": "", "attributes": [], "type": "skeleton", "sublabels": []}])")
            .find("svg"),
        std::string::npos);
    EXPECT_NE(problem(R"([7])").find("not a JSON object"), std::string::npos);
    const auto attribute = [&](const std::string& with) {
        return problem(
            (R"([{"name": "a", "color": "", "type": "any", "sublabels": [], "attributes": [{"name": "x", "input_type": "text", )" +
             with + "}]}]")
                .c_str());
    };
    EXPECT_EQ(attribute(R"("mutable": true, "default_value": "", "values": [])"), "none");
    EXPECT_NE(attribute(R"("mutable": 1, "default_value": "", "values": [])").find("mutable"),
              std::string::npos);
    EXPECT_NE(attribute(R"("mutable": true, "default_value": null, "values": [])").find("default_value"),
              std::string::npos);
    EXPECT_NE(
        attribute(R"("mutable": true, "default_value": "", "values": [1])").find("value that is no text"),
        std::string::npos);
    EXPECT_NE(attribute(R"("mutable": true, "default_value": "", "values": "a")").find("list of values"),
              std::string::npos);
}

constexpr char uuid_1[] = "aaa2a704-528d-4e64-8140-a5194e0626b1";
constexpr char uuid_2[] = "136dab94-5db0-4a65-bc2c-07eec1cd906f";

TEST(Guide, AssetUuids) {
    const std::string text =
        std::string("![a](/api/assets/") + uuid_2 + ") http://host/api/assets/" + uuid_1 + "x /api/assets/" +
        uuid_2 + " /api/assets/not-a-uuid /api/assets/AAA2A704-528d-4e64-8140-a5194e0626b1 /api/assets/";
    EXPECT_EQ(asset_uuids(text), (std::vector<std::string>{uuid_2, uuid_1}));
    EXPECT_TRUE(asset_uuids("").empty());
    EXPECT_TRUE(asset_uuids("/api/assets/aaa2a704-528d").empty());
}

TEST(Guide, LinksBecomeMembers) {
    const std::string one = std::string("/api/assets/") + uuid_1;
    const std::string two = std::string("/api/assets/") + uuid_2;
    EXPECT_EQ(guide_member("(" + one + ")(http://host" + one + ")" + two, {{uuid_1, "a.png"}}),
              "(assets/a.png)(http://hostassets/a.png)" + two);
    EXPECT_EQ(guide_member(one + two, {{uuid_1, "same.png"}, {uuid_2, "same.png"}}),
              "assets/same.pngassets/same.png");
    EXPECT_EQ(guide_member("", {{uuid_1, "a"}}), "");
    EXPECT_EQ(guide_member("nothing\n", {}), "nothing\n");
}

TEST(Guide, OfATaskInsideAProject) {
    // Seen on a 2.14.4 server: assets/t.png becomes task_0/assets/t.png, nothing else changes.
    EXPECT_EQ(task_guide_in_project("# T\n![t](assets/t.png)\n", 0, {"t.png"}),
              "# T\n![t](task_0/assets/t.png)\n");
    EXPECT_EQ(task_guide_in_project("assets/a.png assets/a.png.jpg assets/b assets/a.pn assets/", 12,
                                    {"a.png", "a.png.jpg"}),
              "task_12/assets/a.png task_12/assets/a.png.jpg assets/b assets/a.pn assets/");
    EXPECT_EQ(task_guide_in_project("assets/x", 3, {}), "assets/x");
    EXPECT_EQ(task_guide_in_project("assets/x assets/x", 1, {"x", "x"}), "task_1/assets/x task_1/assets/x");
    for (const char* text : {"# T\n![t](assets/t.png)\n", "assets/x assets/x", "nothing"})
        EXPECT_EQ(task_guide_alone(task_guide_in_project(text, 12, {"t.png", "x"}), 12), text);
    EXPECT_EQ(task_guide_alone("task_1/assets/x", 2), "task_1/assets/x");
}

}  // namespace
}  // namespace autobackup::cvat::recipe_test
