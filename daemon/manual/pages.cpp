// SPDX-License-Identifier: MIT
#include "daemon/manual/pages.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>
#include <vector>

#include "build_info.hpp"
#include "daemon/app/command_line.hpp"
#include "daemon/config/load.hpp"
#include "daemon/ctl/command_line.hpp"
#include "daemon/manual/roff.hpp"
#include "lib/core/text.hpp"

namespace autobackup::manual {
namespace {

constexpr std::string_view exit_status = R"(.SH "EXIT STATUS"
.TP
0
everything asked for is saved and verified, or was unchanged
.TP
1
failed: nothing new was saved, or it could not be asked for
.TP
2
bad command line or configuration; nothing was started
.TP
3
partial: something was saved, something was not; the report says what
.TP
4
refused: the job or its storage is busy, or the job is paused
.TP
5
cancelled, by request or by a signal
)";

struct Frame {
    std::string name;
    int section;
    std::string environment;  ///< roff
    std::string files;        ///< roff
    std::string see_also;
};

std::string head(const std::string& name, int section, const std::string& what) {
    std::string title = name;
    std::transform(title.begin(), title.end(), title.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return ".TH \"" + escaped(title) + "\" " + std::to_string(section) + " \"\" \"autobackupd " + build::version + "\" \"autobackupd\"\n.SH NAME\n" +
           escaped(name) + " \\- " + escaped(what) + "\n";
}

std::string described(const CLI::Option& option) {
    std::string names;
    for (const std::string& one : option.get_snames()) names += (names.empty() ? "" : ", ") + std::string("-") + one;
    for (const std::string& one : option.get_lnames()) names += (names.empty() ? "" : ", ") + std::string("--") + one;
    if (option.get_positional()) names = option.get_name(true);
    std::string text = ".TP\n\\fB" + escaped(names) + "\\fR";
    const bool takes_value = !option.get_positional() && option.get_items_expected_max() > 0;
    if (takes_value) text += " \\fI" + escaped(option.get_type_name().substr(0, option.get_type_name().find(':'))) + "\\fR";
    text += '\n' + escaped(option.get_description());
    if (!option.get_default_str().empty()) text += " (default " + escaped(option.get_default_str()) + ")";
    return text + '\n';
}

bool is_general(const CLI::Option& option, const CLI::App& program) {
    const std::vector<const CLI::Option*> all = program.get_options();
    const auto same = [&](const CLI::Option* one) { return one->nonpositional() && one->get_name() == option.get_name(); };
    return option.nonpositional() && std::any_of(all.begin(), all.end(), same);
}

// "Examples:\n  …\n\nText": the indented lines are an example, the others running text.
std::string footer_of(const CLI::App& app) {
    std::string examples, words;
    const std::string footer = app.get_footer();
    for (const std::string_view line : split(footer, '\n')) {
        if (line.starts_with("  ")) {
            examples += std::string(line.substr(2)) + '\n';
        } else if (!line.starts_with("Example")) {
            words += (words.empty() ? "" : " ") + std::string(line);
        }
    }
    std::string text;
    if (!trim(words).empty()) text += ".PP\n" + marked_up(trim(words)) + '\n';
    if (!examples.empty()) text += verbatim(examples);
    return text;
}

std::string verb_of(const CLI::App& verb, const CLI::App& program) {
    std::string synopsis = "\\fB" + escaped(verb.get_name()) + "\\fR";
    std::string options;
    for (const CLI::Option* option : verb.get_options()) {
        if (is_general(*option, program)) continue;
        options += described(*option);
        if (!option->get_positional()) continue;
        const std::string operand = "\\fI" + escaped(option->get_name(true)) + "\\fR" + (option->get_items_expected_max() > 1 ? "..." : "");
        synopsis += option->get_required() ? " " + operand : " [" + operand + "]";
    }
    return ".SS \"" + synopsis + "\"\n" + escaped(verb.get_description()) + ".\n" + options + footer_of(verb);
}

std::string program_page(const CLI::App& program, const Frame& frame) {
    std::string text = head(frame.name, frame.section, program.get_description());
    text += ".SH SYNOPSIS\n\\fB" + frame.name + "\\fR \\fIVERB\\fR [\\fIOPTION\\fR]... [\\fIOPERAND\\fR]...\n";
    text += ".SH DESCRIPTION\n" + footer_of(program) + ".SH OPTIONS\nEvery verb takes them.\n";
    for (const CLI::Option* option : program.get_options()) text += described(*option);
    text += ".SH VERBS\n";
    std::string later;
    for (const CLI::App* verb : program.get_subcommands([](const CLI::App*) { return true; })) {
        if (verb->get_footer().empty()) {
            later += (later.empty() ? "" : ", ") + verb->get_name();
        } else {
            text += verb_of(*verb, program);
        }
    }
    if (!later.empty()) text += ".SS \"Not in this version\"\n" + escaped(later) + ".\n";
    text += exit_status;
    return text + ".SH ENVIRONMENT\n" + frame.environment + ".SH FILES\n" + frame.files + ".SH \"SEE ALSO\"\n" + frame.see_also + "\n";
}

constexpr const char* common_environment = R"(.TP
AUTOBACKUPD_CONFIG
path of the configuration, when \-\-config is not given
.TP
AUTOBACKUPD_LOG_LEVEL
level of log lines, when \-\-log\-level is not given
)";
constexpr const char* common_files = R"(.TP
/etc/autobackupd/autobackupd.yaml, /etc/autobackupd/conf.d/*.yaml
the configuration
.TP
/run/autobackupd/control.sock
the control socket; root and the members of group autobackup\-admin may use it
.TP
/var/lib/autobackupd
backups, and state.sqlite with the history
)";

}  // namespace

std::string autobackupctl_1() {
    std::string page;
    const Frame frame{"autobackupctl", 1,
                      std::string(common_environment) +
                          ".TP\nAUTOBACKUPCTL_SOCKET\nthe control socket, when \\-\\-socket is not given\n"
                          ".TP\nNO_COLOR\nno colours on a terminal, whatever its value\n",
                      common_files, "autobackupd(8), autobackupd.yaml(5), journalctl(1)"};
    ctl::with_command_line([&](const CLI::App& app) { page = program_page(app, frame); });
    return page;
}

std::string autobackupd_8() {
    std::string page;
    const Frame frame{"autobackupd", 8,
                      std::string(common_environment) + ".TP\nCREDENTIALS_DIRECTORY\nwhere secrets are looked for first (systemd.exec(5))\n",
                      common_files, "autobackupctl(1), autobackupd.yaml(5), systemctl(1)"};
    app::with_command_line([&](const CLI::App& app) { page = program_page(app, frame); });
    return page;
}

std::string autobackupd_yaml_5() {
    const std::string intro = ".SH DESCRIPTION\n";
    return head("autobackupd.yaml", 5, "configuration of autobackupd") + intro + from_markdown(config::reference_markdown()) +
           ".SH \"SEE ALSO\"\nautobackupd(8), autobackupctl(1), systemd.time(7)\n";
}

}  // namespace autobackup::manual
