// SPDX-License-Identifier: MIT
#include "daemon/ctl/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "daemon/cli/versions.hpp"
#include "daemon/ctl/line_urls.hpp"

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
    VerbText{"snapshots", Operand::job, false, "List what can be given back: every version, where its copies lie, when it was checked; needs no daemon",
             "  autobackupctl snapshots traffic-signs\n  autobackupctl snapshots acme-code --item acme/app\n  autobackupctl snapshots --from /mnt/archives/traffic-signs\n  autobackupctl snapshots --from "
             "https://github.com/acme/annotations.git --json"},
    VerbText{"restore", Operand::job, false, "Give a version back: into a CVAT server, as a ZIP, as files, or its history as git has it; needs no daemon",
             "  autobackupctl restore traffic-signs --to-zip project.zip\n  autobackupctl restore traffic-signs --item task:15 --at 2026-11-01 --to-zip "
             "task.zip\n  autobackupctl restore --from annotations --item project:12 --to-directory project-12\n  autobackupctl restore --from "
             "https://github.com/acme/annotations.git --to-zip - > project.zip\n  autobackupctl restore traffic-signs --to-cvat lab --organization "
             "annotators --name \"Traffic signs (restored)\"\n  autobackupctl restore traffic-signs --to-bundle annotations.bundle\n  "
             "autobackupctl restore acme-code --item acme/app --to-directory app\n  autobackupctl restore acme-code --item acme/app --to-git "
             "https://git.example.org/app.git"},
    VerbText{"verify", Operand::job_or_path, false, "Check what was saved, to the last byte; of a job, of all jobs, or at a path; needs no daemon",
             "  autobackupctl verify\n  autobackupctl verify traffic-signs --level structure\n  autobackupctl verify --repair\n  autobackupctl verify /mnt/archives --json | jq .damaged\n  "
             "autobackupctl verify --from https://github.com/acme/annotations.git"},
    VerbText{"drill", Operand::job, true, "Restore the newest version of every item on trial, into a scratch directory or a CVAT server, compare it and remove it; needs no daemon",
             "  autobackupctl drill traffic-signs\n  autobackupctl drill traffic-signs --to-cvat staging\n  autobackupctl drill traffic-signs --json | jq .outcome"},
    VerbText{"prune", Operand::job, true, "Remove the dated ZIPs that no rule of `keep` keeps; needs no daemon",
             "  autobackupctl prune traffic-signs --dry-run\n  autobackupctl prune traffic-signs"},
    VerbText{"hold", Operand::snapshot, true, "Pin a snapshot: it is never removed", "  autobackupctl hold project-12@20261121T013000Z"},
    VerbText{"release", Operand::snapshot, true, "Take a pin away", "  autobackupctl release project-12@20261121T013000Z"},
};

void add_operand(CLI::App& verb, const VerbText& text, CommandLine& line) {
    CLI::Option* operand = nullptr;
    if (text.operand == Operand::job) operand = verb.add_option("JOB", line.job, "Name of a job");
    if (text.operand == Operand::run) operand = verb.add_option("RUN", line.run, "Id of a run, or a beginning of it that no other run has");
    if (text.operand == Operand::run_or_job) {
        operand = verb.add_option("RUN|JOB", line.run, "Id of a run or a beginning of it, or the name of a job");
    }
    if (text.operand == Operand::job_or_path) operand = verb.add_option("JOB|PATH", line.job, "Name of a job, or a vault, a clone, a directory of dated ZIPs");
    if (text.operand == Operand::snapshot) operand = verb.add_option("SNAPSHOT", line.snapshot, "Name of a snapshot: see `snapshots`");
    if (operand != nullptr && text.operand_needed) operand->required();
}

void add_from(CLI::App& verb, CommandLine& line) {
    verb.add_option("--from", line.from, "archive, vault, or a PATH or URL of a copy; then neither configuration nor JOB is needed")->type_name("WHERE");
    verb.add_option("--branch", line.branch, "Branch of that repository; default: the one that its HEAD names, else the only one with versions")->type_name("NAME");
    verb.add_option("--username", line.username, "For a URL that no job has")->type_name("NAME");
    verb.add_option("--password-file", line.password_file, "File with the password or token for it")->type_name("FILE");
    verb.add_option("--ca-file", line.ca_file, "Certificate authorities for it, beside the system's (PEM)")->type_name("FILE");
}

int destinations(const CommandLine& line) {
    int given = 0;
    for (const std::string* one : {&line.to_zip, &line.to_directory, &line.to_git, &line.to_bundle, &line.to_cvat}) given += one->empty() ? 0 : 1;
    return given;
}

// Which CVAT server, and who we are there.
CLI::Option* add_server(CLI::App& verb, CommandLine& line, const char* what, const char* password_file) {
    CLI::Option* const to_cvat = verb.add_option("--to-cvat", line.to_cvat, what);
    to_cvat->type_name("SERVER");
    verb.add_option("--organization", line.organization, "With --to-cvat: slug; \"\" = the account's own space; default: the server's in the configuration")
        ->type_name("SLUG")
        ->needs(to_cvat);
    verb.add_option("--server-username", line.server_username, "For a server that the configuration does not have; without it the file holds a token")
        ->type_name("NAME")
        ->needs(to_cvat);
    verb.add_option("--server-password-file", line.server_password_file, password_file)->type_name("FILE")->needs(to_cvat);
    verb.add_option("--server-ca-file", line.server_ca_file, "Certificate authorities for it, beside the system's (PEM)")->type_name("FILE")->needs(to_cvat);
    return to_cvat;
}

void add_restore(CLI::App& verb, CommandLine& line) {
    verb.add_option("--item", line.item, "project:12, task:7 (also one out of a project), acme/app, or a name; default: the only one")->type_name("ITEM");
    CLI::Option* const at = verb.add_option("--at", line.at, "The version of that time: RFC 3339, a date (its end), a date and HH:MM, or a duration ago (3d)");
    at->type_name("TIME");
    verb.add_option("--snapshot", line.snapshot, "The version of that name: see `snapshots`")->type_name("ID")->excludes(at);
    verb.add_option("--to-zip", line.to_zip, "Write the ZIP that CVAT's `Create from backup` takes; - is standard output")->type_name("FILE");
    verb.add_option("--to-directory", line.to_directory, "Write its files below a new or empty directory; a repository: a clone of it")->type_name("DIR");
    verb.add_option("--to-git", line.to_git, "Push the history to another repository; never forced")->type_name("URL");
    verb.add_option("--to-bundle", line.to_bundle, "Write the history as a git bundle")->type_name("FILE");
    CLI::Option* const to_cvat = add_server(verb, line, "Restore it as a new project or task of a CVAT server: its name in the configuration, or its URL",
                                            "File with the password or token for it; default: --password-file, unless --from is a URL");
    verb.add_option("--name", line.name, "With --to-cvat: name of the new project or task; default: the one that it had")->type_name("NAME")->needs(to_cvat);
    verb.add_option("--ref", line.ref, "With --to-git and --to-bundle: branch to write; default: the vault's. Of a repository: give this ref alone, REF:NAME under another name")
        ->type_name("REF");
    verb.add_flag("--all-refs", line.all_refs, "Of a repository: also refs/pull/ and what was kept of force-pushes and deletions");
    verb.add_flag("--bare", line.bare, "Of a repository, with --to-directory: no work tree");
    verb.add_flag("--dry-run", line.dry_run, "Tell what would be done, and write nothing");
    verb.add_flag("--force", line.force, "Overwrite FILE");
    verb.add_flag("--yes", line.yes, "Ask nothing, for scripts that say so; nothing is asked without it either");
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
    if (name == "snapshots" || name == "restore" || name == "verify") add_from(verb, line);
    if (name == "snapshots") verb.add_option("--item", line.item, "Of this item alone; of a repository with every kept ref")->type_name("ITEM");
    if (name == "restore") add_restore(verb, line);
    if (name == "verify") {
        const std::vector<std::string> levels{"exists", "structure", "checksum", "spot"};
        verb.add_option("--level", line.level, "exists, structure or checksum, each includes the ones before; spot: ask the source of a job again for a few tasks or repositories")
            ->type_name("LEVEL")
            ->check(CLI::IsMember(levels))
            ->capture_default_str();
        verb.add_flag("--repair", line.repair, "Of our own storage: mend damaged copies from whole ones; what was damaged goes to <storage>/damaged");
    }
    if (name == "drill") {
        add_server(verb, line, "Import into this CVAT server (its name in the configuration, or its URL) and delete it there again; default: `checks.drill_server` of the job",
                   "File with the password or token for it");
    }
    if (name == "prune") verb.add_flag("--dry-run", line.dry_run, "Tell what would go, and remove nothing");
    if (name == "hold" || name == "release") verb.add_option("--job", line.job, "The job, when several have a snapshot of this name")->type_name("JOB");
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
    app.set_version_flag("--version", cli::version_text("autobackupctl"));
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
    } else if (const std::optional<std::string> wrong = mistake_in_urls(line)) {
        parsed.ended = cli::Ended{2, "autobackupctl: " + *wrong + "\n"};
    } else if (line.to_bundle == "-") {
        parsed.ended = cli::Ended{2, "autobackupctl: --to-bundle -: a bundle is not written to standard output; name a FILE\n"};
    } else if (line.verb == "restore" && destinations(line) != 1) {
        parsed.ended = cli::Ended{2, "autobackupctl: restore needs one of --to-zip, --to-directory, --to-cvat, --to-git and --to-bundle\n"};
    } else if (line.repair && line.level != "checksum") {
        parsed.ended = cli::Ended{2, "autobackupctl: --repair looks at every byte: leave --level out\n"};
    } else {
        parsed.command = std::move(line);
    }
    return parsed;
}

}  // namespace autobackup::ctl
