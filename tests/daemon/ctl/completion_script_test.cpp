// SPDX-License-Identifier: MIT
#include <iostream>

#include "tests/daemon/ctl/program_fixture.hpp"

namespace autobackup::test::completion_script_test {
namespace {

using CompletionScript = Program;

TEST_F(CompletionScript, BashOffersJobsOfTheDaemonOrTheConfiguration) {
    configure();
    record();
    const std::string script = "bash --norc -c '. " AUTOBACKUPD_SOURCE_DIR
                               "/daemon/ctl/completion/autobackupctl.bash; complete -p autobackupctl; try() { COMP_WORDS=(\"$@\"); "
                               "COMP_CWORD=$(($# - 1)); _autobackupctl; echo \"${COMPREPLY[*]}\"; }; ";
    const std::string names = "AUTOBACKUPCTL_SOCKET='" + (directory.path() / "control.sock").string() + "' AUTOBACKUPD_CONFIG='" +
                              (directory.path() / "autobackupd.yaml").string() + "' ";
    const auto tried = [&](const std::string& words) {
        const CommandResult done = run_command(names + script + "try " AUTOBACKUPCTL " " + words + "'");
        EXPECT_NE(done.output.find("-F _autobackupctl autobackupctl\n"), std::string::npos) << done.output;
        return done.output.substr(done.output.find('\n') + 1);
    };
    EXPECT_EQ(tried("run \"\""), "by-hand traffic-signs\n");
    EXPECT_EQ(tried("show 01"), std::string(run_id) + "\n");
    const auto server = start();
    EXPECT_EQ(tried("run \"\""), "traffic-signs acme-code\n");
    EXPECT_EQ(tried("pause ac"), "acme-code\n");
    EXPECT_EQ(tried("run --wai"), "--wait\n");
    EXPECT_EQ(tried("skip"), "skip-next\n");
}

TEST_F(CompletionScript, ZshAndFishReadTheirScripts) {
    const std::string folder = AUTOBACKUPD_SOURCE_DIR "/daemon/ctl/completion/";
    int tried = 0;
    for (const auto& [shell, script] : {std::pair<std::string, std::string>{"zsh", "_autobackupctl"}, {"fish", "autobackupctl.fish"}}) {
        if (run_command("command -v " + shell).exit_code != 0) {
            std::cout << shell << " is not installed: " << script << " was not read by it\n";
            continue;
        }
        ++tried;
        const CommandResult read = run_command(shell + " -n " + folder + script);
        EXPECT_EQ(read.exit_code, 0) << read.output;
    }
    if (tried == 0) GTEST_SKIP() << "neither zsh nor fish is installed";
}

}  // namespace
}  // namespace autobackup::test::completion_script_test
