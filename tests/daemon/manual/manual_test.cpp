// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "daemon/app/command_line.hpp"
#include "daemon/ctl/command_line.hpp"
#include "daemon/manual/pages.hpp"
#include "daemon/manual/roff.hpp"
#include "tests/support/command.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::manual::manual_test {
namespace {

TEST(Roff, NothingOfATextIsARequest) {
    EXPECT_EQ(escaped(".TH x\n'y\na-b\\c"), "\\&.TH x\n\\&'y\na\\-b\\ec");
    EXPECT_EQ(marked_up("`--a` and **b** of [c](d.md) [0-9]"), "\\fB\\-\\-a\\fR and \\fBb\\fR of c [0\\-9]");
    EXPECT_EQ(verbatim("a\n.b\n\n"), ".PP\n.RS 4\n.nf\na\n\\&.b\n.fi\n.RE\n");
}

TEST(Roff, MarkdownBecomesSectionsListsAndExamples) {
    EXPECT_EQ(from_markdown("# T\n\n<!-- x -->\n\none\ntwo\n\n## A b\n\n| k | v |\n|---|---|\n| `x` | y |\n\n```yaml\n- .z\n```\n"),
              ".PP\none two\n.SH \"A B\"\n.TP\n\\fBx\\fR\ny\n.PP\n.RS 4\n.nf\n\\- .z\n.fi\n.RE\n");
    EXPECT_EQ(from_markdown("| key | value | default | meaning |\n|---|---|---|---|\n| `a` | size | `2GiB` | Space. |\n"),
              ".TP\n\\fBa\\fR\nSpace.\n(size; default \\fB2GiB\\fR)\n");
}

// Every verb and long option of a command line stands in its page.
void expect_all_of(const CLI::App& app, const std::string& page) {
    for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
        EXPECT_NE(page.find(escaped(verb->get_name())), std::string::npos) << verb->get_name();
        if (verb->get_footer().empty()) continue;
        for (const CLI::Option* option : verb->get_options()) {
            for (const std::string& name : option->get_lnames())
                EXPECT_NE(page.find(escaped("--" + name)), std::string::npos) << verb->get_name() << name;
        }
    }
}

TEST(Pages, HoldEveryVerbOptionAndKey) {
    ctl::with_command_line([](const CLI::App& app) { expect_all_of(app, autobackupctl_1()); });
    app::with_command_line([](const CLI::App& app) { expect_all_of(app, autobackupd_8()); });
    for (const char* words : {"\\fBjobs.*.schedule\\fR", "\\fBlimits.reserve\\fR", "default \\fB2GiB\\fR", ".SH \"SECRETS\""}) {
        EXPECT_NE(autobackupd_yaml_5().find(words), std::string::npos) << words;
    }
    EXPECT_NE(autobackupctl_1().find("autobackupctl pause traffic\\-signs \\-\\-until 3h"), std::string::npos);
}

TEST(Pages, AreReadWithoutAWarning) {
    const test::TempDir directory;
    int tried = 0;
    for (const auto& [name, text] : {std::pair<std::string, std::string>{"autobackupctl.1", autobackupctl_1()},
                                     {"autobackupd.8", autobackupd_8()},
                                     {"autobackupd.yaml.5", autobackupd_yaml_5()}}) {
        const std::string path = (directory.path() / name).string();
        std::ofstream(path) << text;
        if (test::run_command("command -v man && command -v groff").exit_code == 0) {
            ++tried;
            const test::CommandResult read =
                test::run_command("LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z '" + path + "' >/dev/null");
            EXPECT_EQ(read.exit_code, 0) << name;
            EXPECT_EQ(read.output, "") << name;
        }
        if (test::run_command("command -v mandoc").exit_code == 0) {
            ++tried;
            EXPECT_EQ(test::run_command("mandoc -T lint -W error '" + path + "'").output, "") << name;
        }
    }
    if (tried == 0) GTEST_SKIP() << "neither man with groff nor mandoc is installed: nobody read the pages";
}

}  // namespace
}  // namespace autobackup::manual::manual_test
