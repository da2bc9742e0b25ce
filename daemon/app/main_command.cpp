// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "daemon/app/commands.hpp"
#include "daemon/config/load.hpp"
#include "daemon/import/import.hpp"
#include "lib/core/file.hpp"
#include "lib/journal/logging.hpp"

namespace autobackup::app {
namespace {

constexpr std::size_t largest_import = std::size_t{1} << 20;

int refuse(const Failure& why) {
    std::fprintf(stderr, "autobackupd: %s\n", describe(why).c_str());
    return 2;
}

int dispatch(Loop& loop, const CommandLine& line, const EnvironmentVariables& environment) {
    switch (line.verb) {
        case Verb::run: return run_command(loop, line, environment);
        case Verb::check_config: return check_config_command(loop, line, environment);
        case Verb::schema: return schema_command();
        case Verb::sample_config: return sample_config_command(line);
        case Verb::serve: return serve_command(loop, line, environment);
        case Verb::import_config: return import_config_command(line);
    }
    return 2;
}

}  // namespace

int schema_command() { return print_text(config::schema_json()); }

int sample_config_command(const CommandLine& line) {
    const Result<std::string> text = config::sample(line.sample);
    return text ? print_text(*text) : refuse(text.error());
}

int import_config_command(const CommandLine& line) {
    import_config::Given given;
    given.arguments = line.import_arguments;
    std::error_code no_directory;
    given.directory = std::filesystem::current_path(no_directory).string();
    if (!line.import_file.empty()) {
        Result<std::string> text = read_file(line.import_file, largest_import);
        if (!text) return refuse(text.error());
        given.file_text = std::move(*text);
    } else if (given.arguments.empty()) {
        return refuse(fail(Errc::config_invalid, "import-config", line.import_from, "a FILE is missing, or the tool's arguments behind --"));
    }
    const Result<std::string> text = import_config::configuration_for(line.import_from, given);
    return text ? print_text(*text) : refuse(text.error());
}

int main_command(int argc, const char* const* argv, const char* const* environment) {
    Loop loop;  // first, so that a signal at any moment is an orderly stop
    const EnvironmentVariables variables = cli::read_environment(environment);
    const Parsed parsed = parse_command_line(argc, argv, variables);
    if (!parsed.command) {
        if (parsed.exit_code == 0) return print_text(parsed.text);
        std::fputs(parsed.text.c_str(), stderr);
        return parsed.exit_code;
    }
    journal::set_up_logging(cli::log_options(*parsed.command));
    return dispatch(loop, *parsed.command, variables);
}

}  // namespace autobackup::app
