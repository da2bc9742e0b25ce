// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <limits>

#include "daemon/report/outgoing.hpp"
#include "daemon/report/report.hpp"
#include "lib/core/text.hpp"
#include "lib/journal/redact.hpp"
#include "tests/support/sample_run.hpp"

namespace autobackup::report::json_test {
namespace {

using test::sample_failed_stage;
using test::sample_item;
using test::sample_run;

TEST(ReportJson, IsTheContractsExampleByteByByte) {
    EXPECT_EQ(
        json_line(to_json(sample_run())),
        R"({"format":1,"run_id":"01JD0000000000000000000000","job":"traffic-signs","trigger":"manual","attempt":1,)"
        R"("outcome":"success","started_at":"2026-11-21T01:30:00.120Z","finished_at":"2026-11-21T01:30:12.464Z",)"
        R"("duration_s":12.345,)"
        R"("counts":{"saved":1,"unchanged":0,"partial":0,"failed":0,"skipped":0,"gone":0},)"
        R"("traffic":{"api_requests":7,"bytes_received":1101004800,"bytes_sent":5242880},)"
        R"("items":[{"kind":"cvat_project","id":12,"name":"Traffic signs","outcome":"saved","stages":[)"
        R"({"stage":"inspect","outcome":"ok","duration_s":0.05},)"
        R"({"stage":"export","outcome":"ok","duration_s":8.1,"attempts":1},)"
        R"({"stage":"download","outcome":"ok","bytes":1101004800,"resumed":0},)"
        R"({"stage":"verify","outcome":"ok"},)"
        R"({"stage":"commit","outcome":"ok","commit":"5e6f7a8b00000000000000000000000000000000"},)"
        R"({"stage":"push","outcome":"ok","target":"https://github.com/acme/annotations.git","branch":"main"}],)"
        R"("tasks":{"total":50,"exported":1,"kept":49,"skipped":0,"failed":0},)"
        R"("archive":{"path":"archives/traffic-signs/project-12/20261121T013000Z.zip","bytes":1101004800,"sha256":"ab12"},)"
        R"("commit":"5e6f7a8b00000000000000000000000000000000",)"
        R"("pushed":[{"target":"https://github.com/acme/annotations.git","branch":"main","verified":true}],)"
        R"("warnings":[]}],"errors":[],"warnings":[]})");
}

TEST(ReportJson, IsOneLineThatReadsBackTheSame) {
    model::Run run = sample_run();
    run.items[0].name = "two\nlines\t\x1b[2J";
    run.items[0].duration_s = 1e-9;
    const std::string line = json_line(to_json(run));
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_EQ(boost::json::parse(line), boost::json::value(to_json(run)));
    EXPECT_EQ(boost::json::parse(line).at("items").at(0).at("name").as_string(), "two\nlines\t\x1b[2J");
}

TEST(ReportJson, TellsAFailedStageWithAllItsWords) {
    model::Run run = sample_run();
    run.items[0].stages = {sample_failed_stage("download")};
    run.items[0].stages[0].task = "task 7";
    EXPECT_EQ(
        json_line(to_json(run).at("items").at(0).at("stages")),
        R"([{"stage":"download","task":"task 7","outcome":"failed","error":{"operation":"GET",)"
        R"("object":"project 12 of lab","code":"connection_reset","message":"the connection was reset",)"
        R"("peer":"Bad Gateway","transient":true,"hint":"is the proxy well?"}}])");
}

TEST(ReportJson, AnErrorAlwaysHasAllItsKeys) {
    EXPECT_EQ(json_line(to_json(fail(Errc::timeout, "run", "job lab", "too long"))),
              R"({"operation":"run","object":"job lab","code":"timeout","message":"too long","peer":"",)"
              R"("transient":false,"hint":""})");
}

TEST(ReportJson, PeersWordsAreCut) {
    Failure failure = fail(Errc::server_error, "GET", "x", "y");
    failure.peer = std::string(5000, 'p');
    const boost::json::object object = to_json(failure);
    EXPECT_LE(object.at("peer").as_string().size(), 2048U + 3U);
}

TEST(ReportJson, CountsEveryOutcome) {
    model::Run run;
    using O = model::ItemOutcome;
    for (const O outcome :
         {O::saved, O::unchanged, O::unchanged, O::partial, O::failed, O::skipped, O::gone, O::gone}) {
        run.items.emplace_back().outcome = outcome;
    }
    EXPECT_EQ(json_line(to_json(run).at("counts")),
              R"({"saved":1,"unchanged":2,"partial":1,"failed":1,"skipped":1,"gone":2})");
}

TEST(ReportJson, AnEmptyItemHasOnlyWhatAlwaysStands) {
    model::Item item;
    item.kind = "cvat_task";
    item.id = 7;
    item.outcome = model::ItemOutcome::skipped;
    item.reason = "holds no data";
    EXPECT_EQ(json_line(to_json(item)), R"({"kind":"cvat_task","id":7,"name":"","outcome":"skipped",)"
                                        R"("reason":"holds no data","stages":[],"pushed":[],"warnings":[]})");
}

TEST(ReportJson, RunErrorsAndWarningsStand) {
    model::Run run = sample_run();
    run.items.clear();
    run.errors = {fail(Errc::source_empty, "list", "projects of lab", "nothing is listed")};
    run.warnings = {"state.sqlite was damaged"};
    const boost::json::object object = to_json(run);
    EXPECT_EQ(object.at("errors").at(0).at("code").as_string(), "source_empty");
    EXPECT_EQ(object.at("warnings").at(0).as_string(), "state.sqlite was damaged");
}

TEST(ReportJson, DurationsHaveThreeDecimalsAndAreNeverNegative) {
    model::Run run = sample_run();
    const auto duration = [&run](std::chrono::microseconds spent) {
        run.finished_at = run.started_at + spent;
        return json_line(to_json(run).at("duration_s"));
    };
    EXPECT_EQ(duration(std::chrono::microseconds(1'234'567)), "1.235");
    EXPECT_EQ(duration(std::chrono::microseconds(499)), "0");
    EXPECT_EQ(duration(std::chrono::hours(7)), "25200");
    EXPECT_EQ(duration(-std::chrono::hours(1)), "0");
    run.items[0].stages[0].duration_s = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(json_line(to_json(run).at("items").at(0).at("stages").at(0).at("duration_s")), "0");
}

TEST(ReportJson, NoSecretAndNoUserInfoGetsOut) {
    std::vector<Secret> secrets;
    secrets.emplace_back("report-token-9");
    journal::redact(std::move(secrets));
    const std::string evil = "https://bot:pw@host/x report-token-9";
    model::Run run = sample_run();
    run.errors = {fail(Errc::internal, evil, evil, evil, evil)};
    run.errors[0].hint = evil;
    run.warnings = {evil};
    model::Item& item = run.items[0];
    item.name = "report-token-9";
    item.reason = evil;
    item.warnings = {evil};
    item.pushed[0].target = evil;
    item.archive->path = evil;
    for (model::Stage& stage : item.stages) {
        stage.target = stage.branch = stage.reason = stage.task = evil;
        stage.error = run.errors[0];
    }
    std::string all = json_line(to_json(run)) + human_line(run.job, item) + summary_line(run);
    for (const std::string& line : run_lines(run)) all += line;
    EXPECT_EQ(all.find("report-token-9"), std::string::npos) << all;
    EXPECT_EQ(all.find("bot:pw"), std::string::npos) << all;
    EXPECT_NE(all.find("https://host/x ***"), std::string::npos) << all;
}

TEST(ReportJson, InvalidBytesAreReplaced) {
    model::Run run = sample_run();
    run.items[0].name = "a\xff\xc3";
    run.items[0].warnings = {"b\xed\xa0\x80"};
    const std::string line = json_line(to_json(run));
    EXPECT_EQ(valid_utf8(line), line);
    EXPECT_NE(line.find("\"a\xEF\xBF\xBD\xEF\xBF\xBD\""), std::string::npos);
}

TEST(ValidUtf8, KeepsWhatIsValidAndNothingElse) {
    const std::string replacement = "\xEF\xBF\xBD";
    for (const std::string valid :
         {"", "abc", "ü", "€", "😀", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80", "\n"}) {
        EXPECT_EQ(valid_utf8(valid), valid);
    }
    EXPECT_EQ(valid_utf8(std::string("a\0b", 3)), std::string("a\0b", 3));
    for (const std::string byte : {"\x80", "\xbf", "\xc0", "\xc1", "\xf5", "\xff", "\xc3", "\xe2", "\xf0"}) {
        EXPECT_EQ(valid_utf8("x" + byte), "x" + replacement);
        EXPECT_EQ(valid_utf8(byte + "x"), replacement + "x");
    }
    EXPECT_EQ(valid_utf8("\xc0\xaf"), replacement + replacement);                    // overlong '/'
    EXPECT_EQ(valid_utf8("\xe0\x80\xaf"), replacement + replacement + replacement);  // overlong
    EXPECT_EQ(valid_utf8("\xed\xa0\x80"), replacement + replacement + replacement);  // surrogate
    EXPECT_EQ(valid_utf8("\xf4\x90\x80\x80"), replacement + replacement + replacement + replacement);
    EXPECT_EQ(valid_utf8("\xe2\x82x"), replacement + replacement + "x");
}

}  // namespace
}  // namespace autobackup::report::json_test
