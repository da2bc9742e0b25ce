// SPDX-License-Identifier: MIT
#include "daemon/ctl/complete.hpp"

#include <gtest/gtest.h>

namespace autobackup::ctl::complete_test {
namespace {

std::vector<std::string> offered(const std::vector<std::string>& words, std::string* asked_at = nullptr) {
    const auto jobs = [asked_at](const CommandLine& line) {
        if (asked_at != nullptr) *asked_at = line.socket + " " + line.config;
        return std::vector<Candidate>{{"traffic-signs", "waiting"}, {"acme-code", ""}};
    };
    const auto runs = [](const CommandLine&) { return std::vector<Candidate>{{"01KAJ7", "acme-code failed"}}; };
    const auto servers = [](const CommandLine&) { return std::vector<Candidate>{{"lab", "https://cvat.example.org"}}; };
    std::vector<std::string> found;
    for (const Candidate& one : candidates(words, {}, Names{jobs, runs, servers})) found.push_back(one.word);
    return found;
}

using Texts = std::vector<std::string>;

TEST(Complete, Verbs) {
    EXPECT_EQ(offered({"re"}), (Texts{"resume", "reload", "restore", "release"}));
    EXPECT_EQ(offered({""}).size(), 20U);
    EXPECT_EQ(offered({"dri"}), Texts{"drill"});
}

TEST(Complete, JobsAndRunsWhereTheyBelong) {
    EXPECT_EQ(offered({"run", ""}), (Texts{"traffic-signs", "acme-code"}));
    EXPECT_EQ(offered({"run", "t"}), (Texts{"traffic-signs"}));
    EXPECT_EQ(offered({"show", ""}), (Texts{"01KAJ7"}));
    EXPECT_EQ(offered({"restore", ""}), (Texts{"traffic-signs", "acme-code"}));
    EXPECT_EQ(offered({"verify", ""}), (Texts{"traffic-signs", "acme-code"}));
    EXPECT_EQ(offered({"verify", "--level", "s"}), Texts{"structure"});
    EXPECT_EQ(offered({"logs", ""}), (Texts{"traffic-signs", "acme-code", "01KAJ7"}));
    EXPECT_EQ(offered({"run", "traffic-signs", ""}), Texts());
    EXPECT_EQ(offered({"reload", ""}), Texts());
    EXPECT_EQ(offered({"nonsense", ""}), offered({""}));
}

TEST(Complete, OptionsAndTheirValues) {
    EXPECT_EQ(offered({"run", "--w"}), (Texts{"--wait"}));
    EXPECT_EQ(offered({"run", "--wait", "a"}), (Texts{"acme-code"}));
    EXPECT_EQ(offered({"run", "--log-level", "w"}), (Texts{"warning"}));
    EXPECT_EQ(offered({"run", "--log-level", "debug", "a"}), (Texts{"acme-code"}));
    EXPECT_EQ(offered({"restore", "traffic-signs", "--to-cvat", ""}), Texts{"lab"});
    EXPECT_EQ(offered({"run", "--config", ""}), Texts());  // a file: the shell's own
    EXPECT_EQ(offered({"--socket", "/tmp/x", "run", "a"}), (Texts{"acme-code"}));
    EXPECT_EQ(offered({"--soc"}), (Texts{"--socket"}));
}

TEST(Complete, NamesAreAskedForWhereTheCommandLineSays) {
    std::string at;
    offered({"--socket", "/tmp/x", "run", "--config", "/tmp/y", ""}, &at);
    EXPECT_EQ(at, "/tmp/x /tmp/y");
    offered({"run", ""}, &at);
    EXPECT_EQ(at, "/run/autobackupd/control.sock /etc/autobackupd/autobackupd.yaml");
}

}  // namespace
}  // namespace autobackup::ctl::complete_test
