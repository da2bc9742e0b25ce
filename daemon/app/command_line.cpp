// SPDX-License-Identifier: MIT
#include "daemon/app/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>

#include "daemon/cli/versions.hpp"
#include "lib/core/text.hpp"

namespace autobackup::app {
namespace {

constexpr const char* description = "Scheduled, verified, restorable backups of CVAT servers";

// Of an empty one, which would match nothing or everything; "" otherwise.
std::string selector_mistake(const std::string& selector) {
    const std::string_view text = trim(selector);
    if (!text.empty() && text != "project:" && text != "task:") return {};
    return "the selector \"" + one_line(selector) + "\" names nothing: project:12, task:7, a name or a glob";
}

void add_run(CLI::App& app, CommandLine& line) {
    CLI::App* run = app.add_subcommand("run", "Run jobs now, in the foreground");
    cli::add_common(*run, line);
    run->set_version_flag("--version", version_text());
    run->add_option("JOB", line.jobs, "Names of jobs in the configuration")->required();
    run->add_flag("--json", line.json, "Print one report per job on stdout, one JSON object a line");
    run->add_flag("--quiet", line.quiet, "No lines for what went well, no progress");
    run->add_flag("--force", line.force, "Export everything again, also what has not moved");
    run->add_option("--only", line.only, "Only this item: project:12, task:7, a name or a glob (may be repeated)")
        ->type_name("SELECTOR")
        ->allow_extra_args(false)  // one value each: the next word is a JOB
        ->check(&selector_mistake);
    run->add_flag("!--no-push", line.push, "Keep the commit in the local vault; a later run pushes it");
    run->add_flag("--accept-shrink", line.accept_shrink,
                  "Accept that the source has much less than last time, or that another server stands under its URL: save what there is");
    run->add_flag("--adopt-remote", line.adopt_remote,
                  "Accept that a target's branch was rewritten or deleted: build on what is there now, or push it anew; nothing is forced");
    run->add_flag("--dry-run", line.dry_run,
                  "Say what would be exported: nothing is fetched, saved or pushed. A storage that is not there yet is not made, in another one the run is "
                  "noted in the history");
    run->add_flag("--wait", line.wait, "Wait when the job is running in another process");
    run->footer("Examples:\n  autobackupd run traffic-signs\n  autobackupd run traffic-signs --json --quiet | jq .outcome\n"
                "  autobackupd run traffic-signs --only project:12 --force\n\n"
                "Exit codes: 0 everything saved and verified, or unchanged; 1 failed; 2 bad command line or configuration;\n"
                "3 partial; 4 busy in another process, or paused; 5 cancelled.");
}

void add_check(CLI::App& app, CommandLine& line) {
    CLI::App* check = app.add_subcommand("check-config", "Check the configuration and its secrets");
    cli::add_common(*check, line);
    check->add_flag("--json", line.json, "Print {\"errors\": […]} on stdout");
    check->add_flag("--online", line.online, "Also ask the servers and git targets (reads only)");
    check->add_flag("--show", line.show, "Print the values that count, and the next due times of each job");
    check->add_flag("--origin", line.origin, "With the place where each value is written");
    check->add_flag("--skip-secrets", line.skip_secrets, "Do not look for the secrets, nor into files of certificates");
    check->footer("Examples:\n  autobackupd check-config\n  autobackupd check-config --config ./my.yaml --show --origin\n"
                  "  autobackupd check-config --online");
}

void add_printers(CLI::App& app, CommandLine& line) {
    CLI::App* schema = app.add_subcommand("schema", "Print the JSON Schema (2020-12) of the configuration");
    cli::add_common(*schema, line);
    schema->add_flag("--json", line.json, "The schema is JSON always");
    schema->footer("Example:\n  autobackupd schema > autobackupd.schema.json");
    CLI::App* sample = app.add_subcommand("sample-config", "Print a configuration to start from");
    cli::add_common(*sample, line);
    sample->add_option("KIND", line.sample, "cvat, github, minimal or full")->capture_default_str();
    sample->footer("Example:\n  autobackupd sample-config cvat > /etc/autobackupd/autobackupd.yaml");
    CLI::App* import = app.add_subcommand("import-config", "Print another tool's settings as a configuration");
    cli::add_common(*import, line);
    import->add_option("--from", line.import_from, "cvat-auto-backup, python-github-backup, github-mirror-script or gitim")
        ->required()->type_name("TOOL");
    import->add_option("FILE", line.import_file, "Its .env, or a script or crontab that calls it; without FILE: its arguments, behind --");
    import->footer("What has no counterpart is told in comments. Secrets are not repeated: the comments say where to put them.\n\nExamples:\n"
                   "  autobackupd import-config --from cvat-auto-backup ~/cvat-auto-backup/.env\n"
                   "  autobackupd import-config --from python-github-backup -- acme --organization --token T --repositories --bare -o /srv/github\n"
                   "  autobackupd import-config --from gitim /etc/cron.d/gitim > /etc/autobackupd/autobackupd.yaml");
    CLI::App* serve = app.add_subcommand("serve", "Run the schedule until SIGTERM; the verb when none is given");
    cli::add_common(*serve, line);
    serve->footer("Examples:\n  systemctl enable --now autobackupd\n  autobackupd serve --config ./my.yaml\n\n"
                  "SIGHUP reads the configuration again, SIGTERM stops in order: runs that go on are cancelled and go on at the next start.\n"
                  "Steer it with autobackupctl. Exit codes: 0 stopped in order; 1 no state or storage; 2 bad configuration; 4 another daemon\n"
                  "works on this storage.");
}

const std::map<std::string, Verb>& verbs() {
    static const std::map<std::string, Verb> all{{"run", Verb::run},     {"check-config", Verb::check_config},   {"schema", Verb::schema},
                                                 {"serve", Verb::serve}, {"sample-config", Verb::sample_config}, {"import-config", Verb::import_config}};
    return all;
}

// A job that is named twice runs once.
void drop_doubles(std::vector<std::string>& jobs) {
    std::set<std::string> seen;
    std::erase_if(jobs, [&seen](const std::string& job) { return !seen.insert(job).second; });
}

// Behind `--` of import-config stands another program's command line and none of ours; elsewhere it only ends the options.
bool asks_import(const char* const* argv, const char* const* end) {
    for (const char* const* word = argv + 1; word < end; ++word) {
        if (verbs().contains(*word)) return verbs().at(*word) == Verb::import_config;
    }
    return false;
}

Verb verb_of(const CLI::App& app) {
    const auto chosen = app.get_subcommands();
    return chosen.empty() ? Verb::serve : verbs().at(chosen.front()->get_name());
}

void describe(CLI::App& app, CommandLine& line) {
    app.set_version_flag("--version", version_text());
    app.require_subcommand(0, 1);
    cli::add_common(app, line);
    add_run(app, line);
    add_check(app, line);
    add_printers(app, line);
    app.footer("Examples:\n  autobackupd sample-config cvat > /etc/autobackupd/autobackupd.yaml\n  autobackupd check-config --online\n"
               "  autobackupd run traffic-signs\n\n`autobackupd VERB --help` tells more.");
}

Parsed ended_by(cli::Ended ended) {
    Parsed parsed;
    parsed.exit_code = ended.exit_code;
    parsed.text = std::move(ended.text);
    return parsed;
}

}  // namespace

std::string version_text() {
    return cli::version_text("autobackupd");
}

void with_command_line(const std::function<void(const CLI::App&)>& use) {
    CommandLine line;
    cli::set_defaults(line, {});
    CLI::App app(description, "autobackupd");
    describe(app, line);
    use(app);
}

Parsed parse_command_line(int argc, const char* const* argv, const EnvironmentVariables& environment) {
    CommandLine line;
    cli::set_defaults(line, environment);
    CLI::App app(description, "autobackupd");
    describe(app, line);
    const char* const* const all_end = argv + argc;
    const char* const* end = std::find_if(argv, all_end, [](const char* word) { return std::string_view(word) == "--"; });
    if (!asks_import(argv, end)) end = all_end;
    if (end != all_end) line.import_arguments.assign(end + 1, all_end);
    try {
        app.parse(static_cast<int>(end - argv), argv);
    } catch (const CLI::ParseError& error) {
        return ended_by(cli::ended(app, error));
    }
    line.verb = verb_of(app);
    drop_doubles(line.jobs);
    if (std::optional<cli::Ended> mistake = cli::mistake(line)) return ended_by(std::move(*mistake));
    Parsed parsed;
    parsed.command = std::move(line);
    return parsed;
}

}  // namespace autobackup::app
