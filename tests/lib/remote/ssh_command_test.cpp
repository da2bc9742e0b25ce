// SPDX-License-Identifier: MIT
// Programs at the other end of ssh, against a real sshd.
#include "lib/remote/ssh_command.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "lib/remote/ssh_words.hpp"
#include "tests/lib/remote/remote_kit.hpp"
#include "tests/support/ssh_server.hpp"

namespace autobackup::remote::ssh_command_test {
namespace {

class SshCommandTest : public testing::Test {
protected:
    void program(const std::string& name, const std::string& script) const {
        const fs::path path = server_.file("bin") / name;
        fs::create_directories(path.parent_path());
        std::ofstream(path) << "#!/bin/sh\n" << script;
        ::chmod(path.c_str(), 0755);
    }
    Result<SshAnswer> run(const std::string& name, const std::string& hosts = "known_hosts",
                          const std::string& repository = "a.git") {
        Settings settings = at(server_.url(repository));
        settings.ssh.key = Secret(server_.key());
        settings.ssh.known_hosts = server_.file(hosts);
        settings.ssh.run_directory = dir_.path() / "run";
        settings.no_progress = no_progress_;
        async::Workers workers(1);
        const std::unique_ptr<SshCommands> commands = make_ssh_commands(workers, std::move(settings)).value();
        auto work = [&]() -> Awaitable<Result<SshAnswer>> {
            Result<SshAnswer> answer = co_await commands->run(name, "upload");
            co_return answer;
        };
        Result<SshAnswer> answer = test::run_coroutine(work, Milliseconds(30'000));
        received_ = commands->traffic().bytes_received;
        return answer;
    }

    test::TempDir dir_;
    test::SshServer server_{dir_.path() / "server"};
    Milliseconds no_progress_{20'000};
    std::uint64_t received_ = 0;
};

TEST_F(SshCommandTest, GivesOutputWordsAndExitCode) {
    program("ask", "echo \"$1 $2\"; echo words >&2; exit 3\n");
    const Result<SshAnswer> answer = run("ask");
    ASSERT_TRUE(answer) << describe(answer.error());
    EXPECT_EQ(answer->output, server_.repository().string() + " upload\n");
    EXPECT_EQ(answer->words, "words");
    EXPECT_EQ(answer->exit_code, 3);
    EXPECT_EQ(received_, answer->output.size());
}

TEST_F(SshCommandTest, APathWithOtherCharactersIsQuotedAndAPlainOneIsNot) {
    program("ask", "printf '%s|%s|%s' \"$1\" \"$2\" \"$SSH_ORIGINAL_COMMAND\"\n");
    const std::string plain = server_.repository().string();
    EXPECT_EQ(run("ask")->output, plain + "|upload|ask " + plain + " upload");
    EXPECT_TRUE(run("ask", "known_hosts", "it's%20$HOME.git")
                    ->output.starts_with(server_.repository("it's $HOME.git").string() + "|upload|"));
    EXPECT_TRUE(is_plain_shell_word("~bot/acme/a_b-1.git"));
    for (const char* other : {"", "a b", "a'b", "$a", "a;b", "a*", "ä"})
        EXPECT_FALSE(is_plain_shell_word(other)) << other;
}

TEST_F(SshCommandTest, AProgramThatIsNotThereIsAnAnswerOfTheServer) {
    const Result<SshAnswer> answer = run("git-lfs-authenticate");
    ASSERT_TRUE(answer) << describe(answer.error());
    EXPECT_NE(answer->exit_code, 0);
    EXPECT_NE(answer->words.find("unrecognized command"), std::string::npos)
        << "git-shell's own: " << answer->words;
}

TEST_F(SshCommandTest, WhatSshItselfRefusesIsAFailureOfItsOwn) {
    program("ask", "echo yes\n");
    const Result<SshAnswer> answer = run("ask", "no_hosts");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::host_key_unknown);
    EXPECT_NE(answer.error().hint.find("add this line to"), std::string::npos);
    EXPECT_EQ(answer.error().operation, "run ask for");
}

TEST_F(SshCommandTest, SilenceAndTooManyWordsEnd) {
    program("endless", "yes\n");
    const Result<SshAnswer> endless = run("endless");
    ASSERT_FALSE(endless);
    EXPECT_EQ(endless.error().code, Errc::bad_response);
    no_progress_ = Milliseconds(3'000);
    program("silent", "sleep 20\n");
    const Result<SshAnswer> silent = run("silent");
    ASSERT_FALSE(silent);
    EXPECT_EQ(silent.error().code, Errc::no_progress);
    program("dripping", "while echo x; do sleep 0.2; done\n");
    const Result<SshAnswer> dripping = run("dripping");
    ASSERT_FALSE(dripping);
    EXPECT_EQ(dripping.error().code, Errc::no_progress) << "the limit is for all of it";
}

TEST_F(SshCommandTest, AnotherUrlIsRefused) {
    async::Workers workers(1);
    const auto made = make_ssh_commands(workers, at("https://h/a.git"));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Errc::config_invalid);
}

}  // namespace
}  // namespace autobackup::remote::ssh_command_test
