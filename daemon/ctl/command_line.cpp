// SPDX-License-Identifier: MIT
#include "daemon/ctl/command_line.hpp"

#include <sqlite3.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <boost/version.hpp>
#include <string_view>
#include <utility>

#include "build_info.hpp"

namespace autobackup::ctl {
namespace {

constexpr const char* description = "Shows and steers a running autobackupd";
constexpr const char* default_socket = "/run/autobackupd/control.sock";

struct VerbText {
    const char* name;
    Operand operand;
    bool operand_needed;
    const char* description;
    const char* examples;
};

constexpr std::array verbs{
    VerbText{"status", Operand::none, false, "Show the daemon, what runs now, and every job",
             "  autobackupctl status\n  autobackupctl status --json | jq .daemon.warnings"},
    VerbText{"list", Operand::none, false, "List the jobs: state, last run, next run",
             "  autobackupctl list\n  autobackupctl list --json | jq -r '.jobs[].job'"},
    VerbText{"next", Operand::job, false, "List due times; without a daemon as the configuration alone says",
             "  autobackupctl next\n  autobackupctl next traffic-signs --count 10"},
    VerbText{"history", Operand::job, false, "List runs that have ended, newest first; works without a daemon",
             "  autobackupctl history\n  autobackupctl history traffic-signs --limit 100 --json | jq '.runs[].outcome'"},
    VerbText{"show", Operand::run, true, "Show the report of a run; works without a daemon",
             "  autobackupctl show 01KAJ7\n  autobackupctl show 01KAJ7 --json | jq '.items[] | select(.outcome == \"failed\")'"},
    VerbText{"logs", Operand::run_or_job, true, "Show the journal of a run or a job (runs journalctl)",
             "  autobackupctl logs traffic-signs\n  autobackupctl logs 01KAJ7\n  autobackupctl logs traffic-signs -f"},
    VerbText{"watch", Operand::run_or_job, true, "Follow a run until it has ended; the exit code is the run's",
             "  autobackupctl watch traffic-signs\n  autobackupctl watch 01KAJ7"},
    VerbText{"run", Operand::job, true, "Start a job now, in the daemon",
             "  autobackupctl run traffic-signs\n  autobackupctl run traffic-signs --wait --json | jq .outcome"},
    VerbText{"cancel", Operand::run_or_job, true, "Stop a run; what it has saved stays saved",
             "  autobackupctl cancel 01KAJ7\n  autobackupctl cancel traffic-signs"},
    VerbText{"pause", Operand::job, true, "Start no further run of a job; one that goes on is not stopped",
             "  autobackupctl pause traffic-signs\n  autobackupctl pause traffic-signs --until 3h\n  autobackupctl pause traffic-signs --until "
             "2026-12-01"},
    VerbText{"resume", Operand::job, true, "End a pause", "  autobackupctl resume traffic-signs"},
    VerbText{"skip-next", Operand::job, true, "Leave out the next due time of a job", "  autobackupctl skip-next traffic-signs"},
    VerbText{"reload", Operand::none, false, "Read the configuration again; a bad one is refused and the old one stays",
             "  autobackupctl reload && autobackupctl list"},
};
constexpr std::array later{"snapshots", "verify", "prune", "drill", "hold", "release", "restore"};

void add_operand(CLI::App& verb, const VerbText& text, CommandLine& line) {
    CLI::Option* operand = nullptr;
    if (text.operand == Operand::job) operand = verb.add_option("JOB", line.job, "Name of a job");
    if (text.operand == Operand::run) operand = verb.add_option("RUN", line.run, "Id of a run, or a beginning of it that no other run has");
    if (text.operand == Operand::run_or_job) {
        operand = verb.add_option("RUN|JOB", line.run, "Id of a run or a beginning of it, or the name of a job");
    }
    if (operand != nullptr && text.operand_needed) operand->required();
}

void add_own_options(CLI::App& verb, const std::string& name, CommandLine& line) {
    if (name == "next")
        verb.add_option("--count", line.count, "Due times of each job")->type_name("N")->check(CLI::Range(1, 100))->capture_default_str();
    if (name == "history") verb.add_option("--limit", line.limit, "Runs at most")->type_name("N")->check(CLI::Range(1, 1000))->capture_default_str();
    if (name == "logs") verb.add_flag("-f,--follow", line.follow, "Go on with what comes");
    if (name == "run") {
        verb.add_flag("--wait", line.wait, "Wait for its end, and end with its exit code");
        verb.add_flag("--force", line.force, "Export everything again, also what has not moved");
        verb.add_flag("--accept-shrink", line.accept_shrink,
                      "Accept that the source has much less than last time, or that another server stands under its URL");
    }
    if (name == "pause") {
        verb.add_option("--until", line.until, "RFC 3339, HH:MM, a date, a date and HH:MM, or a duration (3h); default: until it is resumed")
            ->type_name("TIME");
    }
}

void add_common(CLI::App& app, CommandLine& line) {
    cli::add_common(app, line);
    app.add_option("--socket", line.socket, "Control socket of the daemon ($AUTOBACKUPCTL_SOCKET)")->type_name("PATH")->capture_default_str();
}

void describe(CLI::App& app, CommandLine& line) {
    const std::string boost = std::to_string(BOOST_VERSION / 100000) + "." + std::to_string(BOOST_VERSION / 100 % 1000);
    app.set_version_flag("--version", std::string("autobackupctl ") + build::version + " (" + build::git_sha + ")\nBoost " + boost + ", SQLite " +
                                          sqlite3_libversion() + "\n");
    app.require_subcommand(1, 1);
    add_common(app, line);
    for (const VerbText& text : verbs) {
        CLI::App* const verb = app.add_subcommand(text.name, text.description);
        add_operand(*verb, text, line);
        verb->add_flag("--json", line.json,
                       std::string_view(text.name) == "logs" ? "Entries as journalctl -o json prints them" : "Print JSON on stdout");
        add_own_options(*verb, text.name, line);
        add_common(*verb, line);
        verb->footer(std::string("Examples:\n") + text.examples);
    }
    for (const char* name : later) {
        CLI::App* const verb = app.add_subcommand(name, "Not in this version");
        add_common(*verb, line);
        verb->allow_extras();
        verb->prefix_command();
    }
    app.footer(
        "Examples:\n  autobackupctl status\n  autobackupctl run traffic-signs --wait\n  autobackupctl history traffic-signs\n\n"
        "`autobackupctl VERB --help` tells more. Exit codes: 0 good; 1 failed, or no daemon answers; 2 bad command line or\n"
        "configuration; 3 partial; 4 refused: busy or paused; 5 cancelled.");
}

}  // namespace

Operand operand_of(const std::string& verb) {
    const auto found = std::find_if(verbs.begin(), verbs.end(), [&](const VerbText& text) { return verb == text.name; });
    return found == verbs.end() ? Operand::none : found->operand;
}

void with_command_line(const std::function<void(const CLI::App&)>& use) {
    CommandLine line;
    cli::set_defaults(line, {});
    line.socket = default_socket;
    CLI::App app(description, "autobackupctl");
    describe(app, line);
    use(app);
}

Parsed parse_command_line(int argc, const char* const* argv, const cli::EnvironmentVariables& environment) {
    CommandLine line;
    cli::set_defaults(line, environment);
    line.socket = cli::value_or(environment, "AUTOBACKUPCTL_SOCKET", default_socket);
    CLI::App app(description, "autobackupctl");
    describe(app, line);
    Parsed parsed;
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        parsed.ended = cli::ended(app, error);
        return parsed;
    }
    line.verb = app.get_subcommands().front()->get_name();
    if (std::optional<cli::Ended> mistake = cli::mistake(line)) {
        parsed.ended = std::move(*mistake);
    } else if (std::find(later.begin(), later.end(), line.verb) != later.end()) {
        parsed.ended =
            cli::Ended{2, "autobackupctl: " + line.verb + " is not in this version; docs/operations.md says how to get data back without it\n"};
    } else {
        parsed.command = std::move(line);
    }
    return parsed;
}

}  // namespace autobackup::ctl
