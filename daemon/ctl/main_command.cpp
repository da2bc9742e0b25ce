// SPDX-License-Identifier: MIT
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/complete.hpp"
#include "lib/journal/logging.hpp"

namespace autobackup::ctl {
namespace {

constexpr std::size_t narrowest_screen = 80;

// Nothing is held that an orderly stop would have to give back: the daemon sees the connection close.
void end_now(int) {
    ::_exit(5);
}

void set_signals() {
    ::signal(SIGINT, end_now);
    ::signal(SIGTERM, end_now);
    ::signal(SIGPIPE, SIG_IGN);
}

Screen screen_of(const cli::EnvironmentVariables& environment) {
    Screen screen;
    screen.clock.now = now();
    if (::isatty(STDOUT_FILENO) == 0) return screen;
    struct winsize size {};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) screen.width = std::max<std::size_t>(narrowest_screen, size.ws_col);
    screen.colour = cli::value_or(environment, "NO_COLOR", {}).empty() && cli::value_or(environment, "TERM", "dumb") != "dumb";
    return screen;
}

int dispatch(const Context& context) {
    const std::map<std::string, int (*)(const Context&)> commands{
        {"status", status_command}, {"list", list_command},       {"next", next_command},    {"history", history_command}, {"show", show_command},
        {"logs", logs_command},     {"watch", watch_command},     {"run", run_command},      {"cancel", cancel_command},   {"pause", steer_command},
        {"resume", steer_command},  {"skip-next", steer_command}, {"reload", reload_command},
        {"snapshots", snapshots_command}, {"restore", restore_command}, {"verify", verify_command}, {"drill", drill_command}, {"prune", prune_command},
        {"hold", hold_command}, {"release", hold_command}};
    return commands.at(context.line.verb)(context);
}

}  // namespace

int main_command(int argc, const char* const* argv, const char* const* environment) {
    set_signals();
    const cli::EnvironmentVariables variables = cli::read_environment(environment);
    // For the completion scripts alone; not on the command line that people see, whose options would be taken for ours.
    if (argc > 2 && std::string(argv[1]) == "complete") return complete_command({argv + 2, argv + argc}, variables);
    const Parsed parsed = parse_command_line(argc, argv, variables);
    if (!parsed.command) {
        if (parsed.ended.exit_code == 0) return print(parsed.ended.text);
        std::fputs(parsed.ended.text.c_str(), stderr);
        return parsed.ended.exit_code;
    }
    journal::LogOptions logging = cli::log_options(*parsed.command);
    logging.identifier = "autobackupctl";
    journal::set_up_logging(logging);
    return dispatch(Context{*parsed.command, variables, screen_of(variables)});
}

}  // namespace autobackup::ctl
