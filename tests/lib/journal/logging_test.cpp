// SPDX-License-Identifier: MIT
#include "lib/journal/logging.hpp"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <regex>

#include "lib/journal/redact.hpp"
#include "tests/support/capture.hpp"

namespace autobackup::journal::logging_test {
namespace {

using test::Capture;

class Logging : public testing::Test {
protected:
    void SetUp() override {
        ::unsetenv("JOURNAL_STREAM");
        ::unsetenv("NO_COLOR");
    }
    void TearDown() override { before_each_line({}); }

    static void set_up(const Capture& out, Format format, Level level = Level::info) {
        LogOptions options;
        options.format = format;
        options.level = level;
        options.fd = out.fd();
        set_up_logging(options);
    }
};

TEST_F(Logging, TextLinesAreDated) {
    Capture out = Capture::pipe();
    set_up(out, Format::text);
    spdlog::warn("disk is {} % full", 91);
    const std::regex form(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warning disk is 91 % full\n)");
    const std::string text = out.text();
    EXPECT_TRUE(std::regex_match(text, form)) << text;
}

TEST_F(Logging, LinesOnATerminalAreShort) {
    Capture out = Capture::terminal();
    set_up(out, Format::text);
    spdlog::info("started");
    spdlog::error("lost");
    EXPECT_EQ(out.text(), "started\n\x1b[31merror:\x1b[0m lost\n");
}

TEST_F(Logging, NoColorIsRespected) {
    ::setenv("NO_COLOR", "1", 1);
    Capture out = Capture::terminal();
    set_up(out, Format::text);
    spdlog::warn("late");
    EXPECT_EQ(out.text(), "warning: late\n");
}

TEST_F(Logging, JsonLinesAreObjects) {
    Capture out = Capture::pipe();
    set_up(out, Format::json, Level::trace);
    spdlog::trace("say \"x\"\nand more");
    const std::string text = out.text();
    ASSERT_EQ(text.find('\n'), text.size() - 1) << text;
    const boost::json::object line = boost::json::parse(text).as_object();
    EXPECT_EQ(line.at("level").as_string(), "trace");
    EXPECT_EQ(line.at("message").as_string(), "say \"x\"\\nand more");
    EXPECT_EQ(line.at("time").as_string().size(), 24U);
}

TEST_F(Logging, TheLevelIsALimit) {
    Capture out = Capture::pipe();
    set_up(out, Format::text, Level::warning);
    spdlog::info("not this");
    EXPECT_EQ(out.text(), "");
    spdlog::warn("this");
    EXPECT_NE(out.text().find("this"), std::string::npos);
}

TEST_F(Logging, SecretsAndForgedLinesDoNotGetOut) {
    std::vector<Secret> secrets;
    secrets.emplace_back("logged-token-77");
    redact(std::move(secrets));
    for (const Format format : {Format::text, Format::json}) {
        Capture out = Capture::pipe();
        set_up(out, format);
        spdlog::info("Authorization: Token logged-token-77\n2026-01-01 error forged https://u:p@h/");
        const std::string text = out.text();
        EXPECT_EQ(text.find("logged-token-77"), std::string::npos) << text;
        EXPECT_EQ(text.find("u:p@"), std::string::npos) << text;
        EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
    }
}

TEST_F(Logging, JournalFormatAlsoGoesToStderrOutsideOfAService) {
    Capture out = Capture::pipe();
    set_up(out, Format::journal);
    spdlog::info("seen");
    EXPECT_NE(out.text().find("info seen"), std::string::npos);
}

TEST_F(Logging, StderrThatIsTheJournalIsNotToldTwice) {
    Capture out = Capture::pipe();
    struct stat status {};
    ASSERT_EQ(::fstat(out.fd(), &status), 0);
    ::setenv("JOURNAL_STREAM", (std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino)).c_str(),
             1);
    EXPECT_TRUE(is_journal_stream(out.fd()));
    set_up(out, Format::automatic);
    spdlog::info("to journald alone");
    EXPECT_EQ(out.text(), "");
    set_up(out, Format::text);
    spdlog::info("asked for");
    EXPECT_NE(out.text().find("asked for"), std::string::npos);
}

TEST_F(Logging, AJournalStreamOfAnotherFileIsNotOurs) {
    ::setenv("JOURNAL_STREAM", "1:1", 1);
    Capture out = Capture::pipe();
    EXPECT_FALSE(is_journal_stream(out.fd()));
    set_up(out, Format::automatic);
    spdlog::info("as text");
    EXPECT_NE(out.text().find(" info as text\n"), std::string::npos);
}

TEST_F(Logging, TheHookComesBeforeLinesOnATerminalOnly) {
    int calls = 0;
    before_each_line([&calls] { ++calls; });
    Capture terminal = Capture::terminal();
    set_up(terminal, Format::text);
    spdlog::info("one");
    write_line(terminal.fd(), "two");
    EXPECT_EQ(calls, 2);
    Capture pipe = Capture::pipe();
    set_up(pipe, Format::text);
    spdlog::info("three");
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(terminal.text(), "one\ntwo\n");
}

TEST_F(Logging, AReaderThatWentAwayDoesNoHarm) {
    LogOptions options;
    options.format = Format::text;
    options.fd = -1;
    set_up_logging(options);
    spdlog::info("nobody reads");
    write_line(-1, "nobody reads");
}

TEST(LogWords, AreParsed) {
    EXPECT_EQ(parse_level("trace"), Level::trace);
    EXPECT_EQ(parse_level("debug"), Level::debug);
    EXPECT_EQ(parse_level("info"), Level::info);
    EXPECT_EQ(parse_level("warning"), Level::warning);
    EXPECT_EQ(parse_level("error"), Level::error);
    EXPECT_EQ(parse_level("warn"), std::nullopt);
    EXPECT_EQ(parse_format("text"), Format::text);
    EXPECT_EQ(parse_format("json"), Format::json);
    EXPECT_EQ(parse_format("journal"), Format::journal);
    EXPECT_EQ(parse_format(""), std::nullopt);
}

}  // namespace
}  // namespace autobackup::journal::logging_test
