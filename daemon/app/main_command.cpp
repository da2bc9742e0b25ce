// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cstdio>
#include <string>

#include "daemon/app/commands.hpp"
#include "daemon/config/load.hpp"
#include "lib/core/file.hpp"
#include "lib/journal/logging.hpp"

namespace autobackup::app {
namespace {

int print(const std::string& text) {
    const Result<void> written = write_all(STDOUT_FILENO, text, "standard output");
    return written ? 0 : 1;
}

int dispatch(Loop& loop, const CommandLine& line, const EnvironmentVariables& environment) {
    switch (line.verb) {
        case Verb::run: return run_command(loop, line, environment);
        case Verb::check_config: return check_config_command(loop, line, environment);
        case Verb::schema: return schema_command();
        case Verb::sample_config: return sample_config_command(line);
        case Verb::serve: return serve_command(loop, line, environment);
        case Verb::import_config: return later_command("import-config", "write the configuration by hand; `autobackupd sample-config cvat` is a start");
    }
    return 2;
}

}  // namespace

int schema_command() { return print(config::schema_json()); }

int sample_config_command(const CommandLine& line) {
    const Result<std::string> text = config::sample(line.sample);
    if (text) return print(*text);
    std::fprintf(stderr, "autobackupd: %s\n", describe(text.error()).c_str());
    return 2;
}

int later_command(const std::string& verb, const std::string& instead) {
    std::fprintf(stderr, "autobackupd: %s is not in this version; %s\n", verb.c_str(), instead.c_str());
    return 2;
}

int main_command(int argc, const char* const* argv, const char* const* environment) {
    Loop loop;  // first, so that a signal at any moment is an orderly stop
    const EnvironmentVariables variables = cli::read_environment(environment);
    const Parsed parsed = parse_command_line(argc, argv, variables);
    if (!parsed.command) {
        std::fputs(parsed.text.c_str(), parsed.exit_code == 0 ? stdout : stderr);
        return parsed.exit_code;
    }
    journal::set_up_logging(cli::log_options(*parsed.command));
    return dispatch(loop, *parsed.command, variables);
}

}  // namespace autobackup::app
