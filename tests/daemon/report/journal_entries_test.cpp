// SPDX-License-Identifier: MIT
#include "daemon/report/journal_entries.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <regex>
#include <map>
#include <set>

#include "lib/core/file.hpp"
#include "tests/support/sample_run.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::report::journal_entries_test {
namespace {

using journal::Entry;
using journal::Priority;
using test::sample_commit;
using test::sample_failed_stage;
using test::sample_item;
using test::sample_run;

using Fields = std::vector<std::pair<std::string, std::string>>;

TEST(JournalEntries, AGreenRunIsOneNotice) {
    const auto entries = entries_of(sample_run());
    ASSERT_EQ(entries.size(), 1U);
    const Entry& entry = entries[0];
    EXPECT_EQ(entry.priority, Priority::notice);
    EXPECT_EQ(entry.message_id, message_id::run_succeeded);
    EXPECT_EQ(entry.message,
              "traffic-signs  success: 1 saved in 12.3 s (7 requests, 1.03 GiB received, 5.00 MiB sent)");
    EXPECT_EQ(entry.fields, (Fields{{"AUTOBACKUP_JOB", "traffic-signs"},
                                    {"AUTOBACKUP_RUN_ID", "01JD0000000000000000000000"},
                                    {"AUTOBACKUP_ATTEMPT", "1"},
                                    {"AUTOBACKUP_OUTCOME", "success"},
                                    {"AUTOBACKUP_BYTES", "1101004800"},
                                    {"AUTOBACKUP_DURATION_USEC", "12344600"},
                                    {"AUTOBACKUP_COMMIT", sample_commit}}));
}

TEST(JournalEntries, ACheckHasIdsOfItsOwn) {
    model::Run run = sample_run();
    run.items.clear();
    run.check = model::CheckFacts{"checksum", 5, 0};
    Entry entry = entries_of(run).back();
    EXPECT_EQ(entry.message_id, message_id::check_passed);
    EXPECT_EQ(entry.message, "traffic-signs  check checksum  success: 5 copies in 12.3 s");
    EXPECT_EQ(entry.priority, Priority::notice);
    EXPECT_EQ(entry.fields[3], (Fields::value_type{"AUTOBACKUP_CHECK", "checksum"}));
    run.outcome = model::RunOutcome::partial;
    run.check->damaged = 1;
    entry = entries_of(run).back();
    EXPECT_EQ(entry.message_id, message_id::check_failed);
    EXPECT_EQ(entry.priority, Priority::error) << "a damaged copy is no warning";
    EXPECT_EQ(entry.message, "traffic-signs  check checksum  partial: 1 of 5 copies damaged in 12.3 s");
    run.check->kind = "drill";
    entry = entries_of(run).back();
    EXPECT_EQ(entry.message_id, message_id::drill_failed);
    EXPECT_EQ(entry.message, "traffic-signs  drill  partial: 1 of 5 restores failed in 12.3 s");
    run.check->server = "staging";
    entry = entries_of(run).back();
    EXPECT_EQ(entry.message, "traffic-signs  drill into staging  partial: 1 of 5 restores failed in 12.3 s");
    EXPECT_EQ(entry.fields[4], (Fields::value_type{"AUTOBACKUP_DRILL_SERVER", "staging"}));
    run.outcome = model::RunOutcome::cancelled;
    EXPECT_EQ(entries_of(run).back().message_id, message_id::run_cancelled);
}

TEST(JournalEntries, AFailedStageComesBeforeTheRun) {
    model::Run run = sample_run();
    run.outcome = model::RunOutcome::failed;
    run.items[0].outcome = model::ItemOutcome::failed;
    run.items[0].commit.clear();
    run.items[0].stages.push_back(sample_failed_stage("download"));
    run.items[0].stages.back().duration_s = 1.5;
    run.items[0].stages.back().bytes = 77;
    const auto entries = entries_of(run);
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].priority, Priority::error);
    EXPECT_EQ(entries[0].message_id, message_id::stage_failed);
    EXPECT_EQ(entries[0].message,
              "traffic-signs: download of project-12 failed: GET project 12 of lab: the connection was reset "
              "(the peer said: Bad Gateway); is the proxy well?");
    EXPECT_EQ(entries[0].fields, (Fields{{"AUTOBACKUP_JOB", "traffic-signs"},
                                         {"AUTOBACKUP_RUN_ID", "01JD0000000000000000000000"},
                                         {"AUTOBACKUP_ATTEMPT", "1"},
                                         {"AUTOBACKUP_ITEM", "project-12"},
                                         {"AUTOBACKUP_STAGE", "download"},
                                         {"AUTOBACKUP_OUTCOME", "failed"},
                                         {"AUTOBACKUP_ERROR_CODE", "connection_reset"},
                                         {"AUTOBACKUP_BYTES", "77"},
                                         {"AUTOBACKUP_DURATION_USEC", "1500000"}}));
    EXPECT_EQ(entries[1].message_id, message_id::run_failed);
    EXPECT_EQ(entries[1].priority, Priority::error);
}

TEST(JournalEntries, AFailedPushOfASavedItemIsAWarning) {
    model::Run run = sample_run();
    run.items[0].stages = {sample_failed_stage("push")};
    run.items[0].stages[0].task = "task 7";
    EXPECT_EQ(entries_of(run)[0].priority, Priority::warning);
    EXPECT_NE(entries_of(run)[0].message.find("push of project-12 (task 7) failed"), std::string::npos);
}

TEST(JournalEntries, EachOutcomeHasItsForm) {
    using R = model::RunOutcome;
    const std::vector<std::tuple<R, const char*, Priority>> forms = {
        {R::success, message_id::run_succeeded, Priority::notice},
        {R::unchanged, message_id::run_succeeded, Priority::notice},
        {R::partial, message_id::run_partial, Priority::warning},
        {R::failed, message_id::run_failed, Priority::error},
        {R::cancelled, message_id::run_cancelled, Priority::notice},
        {R::refused, message_id::run_refused, Priority::warning}};
    for (const auto& [outcome, id, priority] : forms) {
        model::Run run = sample_run();
        run.outcome = outcome;
        EXPECT_EQ(entries_of(run)[0].message_id, id) << model::name(outcome);
        EXPECT_EQ(entries_of(run)[0].priority, priority) << model::name(outcome);
    }
}

TEST(JournalEntries, RunErrorsAreToldWithTheirCodes) {
    model::Run run = sample_run();
    run.errors = {fail(Errc::timeout, "run", "job", "late"), fail(Errc::disk_full, "write", "x", "full")};
    const Entry entry = entries_of(run)[0];
    EXPECT_NE(entry.message.find("sent): run job: late"), std::string::npos);
    std::vector<std::string> codes;
    for (const auto& [name, value] : entry.fields) {
        if (name == "AUTOBACKUP_ERROR_CODE") codes.push_back(value);
    }
    EXPECT_EQ(codes, (std::vector<std::string>{"timeout", "disk_full"}));
}

TEST(JournalEntries, EveryFieldIsOneThatJournaldKeeps) {
    model::Run run = sample_run();
    run.errors = {fail(Errc::timeout, "run", "job", "late")};
    run.items[0].stages = {sample_failed_stage("push")};
    run.items[0].kind = "cvat_task";
    for (const Entry& entry : entries_of(run)) {
        for (const auto& [name, value] : entry.fields) EXPECT_TRUE(journal::is_field_name(name)) << name;
    }
}

std::string catalogue() {
    return read_file(fs::path(AUTOBACKUPD_SOURCE_DIR) / "systemd" / "autobackupd.catalog").value();
}

TEST(JournalEntries, AnItemHasAnEntryOfItsOwn) {
    model::Run run = sample_run();
    model::Item item = run.items[0];
    item.outcome = model::ItemOutcome::saved;
    item.bytes = 77;
    item.duration_s = 1.5;
    item.commit = std::string(40, 'a');
    const Entry entry = entry_of(run, item);
    EXPECT_EQ(entry.priority, journal::Priority::info);
    EXPECT_EQ(entry.message_id, message_id::item_done);
    const std::map<std::string, std::string> fields(entry.fields.begin(), entry.fields.end());
    EXPECT_EQ(fields.at("AUTOBACKUP_JOB"), run.job);
    EXPECT_EQ(fields.at("AUTOBACKUP_RUN_ID"), run.run_id);
    EXPECT_EQ(fields.at("AUTOBACKUP_OUTCOME"), "saved");
    EXPECT_EQ(fields.at("AUTOBACKUP_BYTES"), "77");
    EXPECT_EQ(fields.at("AUTOBACKUP_DURATION_USEC"), "1500000");
    EXPECT_EQ(fields.at("AUTOBACKUP_COMMIT"), item.commit);
    EXPECT_EQ(fields.count("AUTOBACKUP_ITEM"), 1U);
    item.outcome = model::ItemOutcome::partial;
    item.commit.clear();
    EXPECT_EQ(entry_of(run, item).priority, journal::Priority::warning);
    EXPECT_EQ(entry_of(run, item).fields.size() + 1, entry.fields.size());
}

// id → text below it. Other rooms have messages of their own; tests/e2e/test_serve_told.py compares all.
std::map<std::string, std::string> catalogue_texts() {
    std::map<std::string, std::string> texts;
    const std::string text = catalogue();
    const std::regex head("-- ([0-9a-f]{32})\n");
    for (std::sregex_iterator at(text.begin(), text.end(), head); at != std::sregex_iterator(); ++at) {
        const auto begin = static_cast<std::size_t>(at->position() + at->length());
        texts[(*at)[1]] = text.substr(begin, text.find("\n-- ", begin) - begin);
    }
    return texts;
}

const std::set<std::string> known_messages = {message_id::run_succeeded, message_id::run_partial,
                                              message_id::run_failed,    message_id::run_cancelled,
                                              message_id::run_refused,   message_id::stage_failed};

TEST(Catalogue, HasATextForEachMessage) {
    EXPECT_EQ(known_messages.size(), 6U);
    const auto texts = catalogue_texts();
    for (const std::string& id : known_messages) EXPECT_EQ(texts.count(id), 1U) << id;
}

TEST(Catalogue, NamesOnlyFieldsThatAreSent) {
    model::Run run = sample_run();
    run.items[0].stages = {sample_failed_stage("push")};
    std::set<std::string> sent;
    for (const Entry& entry : entries_of(run)) {
        for (const auto& [name, value] : entry.fields) sent.insert(name);
    }
    const std::regex field("@([A-Z_]+)@");
    for (const auto& [id, text] : catalogue_texts()) {
        if (known_messages.count(id) == 0) continue;
        for (std::sregex_iterator at(text.begin(), text.end(), field); at != std::sregex_iterator(); ++at)
            EXPECT_TRUE(sent.count((*at)[1]) == 1) << (*at)[1];
    }
}

TEST(Catalogue, IsReadByJournalctl) {
    if (std::system("journalctl --version > /dev/null 2>&1") != 0)
        GTEST_SKIP() << "journalctl is not installed";
    test::TempDir root;
    const fs::path folder = root.path() / "usr/lib/systemd/catalog";
    fs::create_directories(folder);
    fs::create_directories(root.path() / "var/lib/systemd/catalog");
    fs::copy_file(fs::path(AUTOBACKUPD_SOURCE_DIR) / "systemd" / "autobackupd.catalog",
                  folder / "autobackupd.catalog");
    const std::string journalctl = "journalctl --root=" + root.path().string();
    const std::string said = (root.path() / "said").string();
    ASSERT_EQ(std::system((journalctl + " --update-catalog > " + said + " 2>&1").c_str()), 0)
        << read_file(said).value();
    ASSERT_EQ(std::system((journalctl + " --list-catalog > " + said + " 2>&1").c_str()), 0)
        << read_file(said).value();
    const std::string listed = read_file(said).value();
    EXPECT_NE(listed.find(std::string(message_id::stage_failed) + " autobackupd: Stage @AUTOBACKUP_STAGE@"),
              std::string::npos)
        << listed;
    EXPECT_EQ(std::count(listed.begin(), listed.end(), '\n'), std::ssize(catalogue_texts())) << listed;
}

}  // namespace
}  // namespace autobackup::report::journal_entries_test
