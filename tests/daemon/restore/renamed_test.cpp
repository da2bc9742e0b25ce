// SPDX-License-Identifier: MIT
// A version under another name: that is all that changes.
#include "daemon/restore/content_parts.hpp"
#include "tests/daemon/restore/restore_kit.hpp"

namespace autobackup::restore::renamed_test {
namespace {

using Renamed = Storage;

std::map<std::string, std::string> texts_of(const Content& content) {
    std::map<std::string, std::string> texts;
    for (const vault::VersionMember& member : content.members) {
        std::string& text = texts[member.entry.name];
        const git::TakeBytes take = [&](std::span<const std::byte> bytes) -> Result<void> {
            text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            return {};
        };
        EXPECT_TRUE(member.produce(take));
    }
    return texts;
}

TEST_F(Renamed, ChangesTheNameOfTheProjectAndNothingElse) {
    save(12, "2026-11-21T01:30:00Z", project("1"));
    const std::vector<Snapshot> all = snapshots();
    const Place where = place();
    for (const Prefer copy : {Prefer::vault, Prefer::archive}) {
        const Request request{where, all.at(0), std::nullopt, copy};
        Result<Content> content = content_of(request, copy, true);
        ASSERT_TRUE(content);
        std::map<std::string, std::string> expected = texts_of(*content);
        expected["project.json"] = "{\"name\":\"drill\"}";
        const Result<Content> called = renamed(std::move(*content), "drill");
        ASSERT_TRUE(called);
        EXPECT_EQ(texts_of(*called), expected);
        std::uint64_t bytes = 0;
        const zip::Output count = [&](std::span<const std::byte> piece) -> Result<void> {
            bytes += piece.size();
            return {};
        };
        ASSERT_TRUE(write(*called, count, {}));
        EXPECT_EQ(bytes, called->bytes) << "what an upload announces";
    }
}

TEST_F(Renamed, WithoutANameThereIsNothingToChange) {
    save(12, "2026-11-21T01:30:00Z", {{"task_0/task.json", "{}"}}, false);
    const std::vector<Snapshot> all = snapshots();
    Result<Content> content = content_of_vault(place(), all.at(0), std::nullopt, {});
    ASSERT_TRUE(content);
    const Result<Content> called = renamed(std::move(*content), "drill");
    ASSERT_FALSE(called);
    EXPECT_EQ(called.error().code, Errc::archive_invalid);
}

}  // namespace
}  // namespace autobackup::restore::renamed_test
