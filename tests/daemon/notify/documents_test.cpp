// SPDX-License-Identifier: MIT
// What is written down of notices is so.
#include <regex>

#include "lib/core/file.hpp"
#include "daemon/notify/message.hpp"
#include "tests/daemon/notify/notices_fixture.hpp"

namespace autobackup::notify::documents_test {
namespace {

std::string source(const char* name) {
    return read_file(std::filesystem::path(AUTOBACKUPD_SOURCE_DIR) / name).value();
}

using Documents = NoticesTest;

TEST_F(Documents, the_page_names_every_fact_of_a_command_and_every_key_of_a_webhook) {
    const std::string page = source("docs/monitoring.md");
    model::Run run = failed();
    const Message message = end_message(run, first_failure(), "vm");
    for (const auto& [key, value] : message.facts) {
        const bool first = key == "AUTOBACKUP_JOB";
        EXPECT_NE(page.find("`" + (first ? key : key.substr(std::string("AUTOBACKUP").size())) + "`"), std::string::npos) << key;
    }
    const boost::json::object json = boost::json::parse(message.json).as_object();
    for (const auto& [key, value] : json)
        EXPECT_NE(page.find("`" + std::string(key) + "`"), std::string::npos) << key;
}

TEST_F(Documents, the_catalogue_explains_a_notice_that_failed) {
    webhook("http://127.0.0.1:1/hook");
    tell_failure();
    ASSERT_EQ(journal_.entries().size(), 1U);
    const auto fields = journal_.entries()[0].fields;
    const std::string text = source("systemd/autobackupd.catalog");
    const std::size_t begin = text.find(std::string("\n-- ") + message_id::notice_failed + "\n");
    ASSERT_NE(begin, std::string::npos);
    const std::string entry = text.substr(begin, text.find("\n-- ", begin + 4) - begin);
    const std::regex field("@([A-Z_]+)@");
    int named = 0;
    for (std::sregex_iterator at(entry.begin(), entry.end(), field); at != std::sregex_iterator(); ++at, ++named) {
        const std::string name = (*at)[1];
        EXPECT_TRUE(std::any_of(fields.begin(), fields.end(), [&name](const auto& one) { return one.first == name; })) << name;
    }
    EXPECT_GE(named, 4);
    EXPECT_NE(source("docs/monitoring.md").find(message_id::notice_failed), std::string::npos);
    for (const auto& [name, value] : fields) EXPECT_TRUE(journal::is_field_name(name)) << name;
}

TEST_F(Documents, the_page_tells_how_patient_notices_are) {
    const std::string page = source("docs/monitoring.md");
    const Patience patience;
    EXPECT_EQ(patience.http, Milliseconds(10'000));
    EXPECT_EQ(patience.program, Milliseconds(60'000));
    EXPECT_EQ(patience.attempts, 5);
    EXPECT_NE(page.find("at most 10 s (60 s for programs"), std::string::npos);
    EXPECT_NE(page.find("is tried five times in\nall, 5 s to 60 s apart"), std::string::npos);
}

}  // namespace
}  // namespace autobackup::notify::documents_test
