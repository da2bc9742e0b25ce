// SPDX-License-Identifier: MIT
#include <spdlog/spdlog.h>

#include <stop_token>

#include "build_info.hpp"
#include "daemon/app/commands.hpp"
#include "daemon/app/configuration.hpp"
#include "daemon/serve/daemon.hpp"
#include "lib/core/file.hpp"
#include "lib/core/host.hpp"
#include "lib/core/text.hpp"
#include "lib/journal/logging.hpp"

namespace autobackup::app {
namespace {

// `$RUNTIME_DIRECTORY` may name several, colon-separated.
std::filesystem::path control_socket(const EnvironmentVariables& environment) {
    const std::string named = cli::value_or(environment, "RUNTIME_DIRECTORY", {});
    if (!named.empty()) return std::filesystem::path(split(named, ':').front()) / "control.sock";
    const std::filesystem::path directory = "/run/autobackupd";
    (void)make_directories(directory, 0755);  // listening says what is wrong
    return directory / "control.sock";
}

std::string host_identity() {
    const Result<std::string> id = read_file("/etc/machine-id", 64);
    if (id && !trim(*id).empty()) return std::string(trim(*id));
    return host_name();
}

}  // namespace

int serve_command(Loop& loop, const CommandLine& line, const EnvironmentVariables& variables) {
    config::Loaded loaded = load_configuration(line, variables);
    if (!loaded.config) {
        tell_problems(loaded.problems);
        return 2;
    }
    const std::unique_ptr<journal::Sink> journal = journal::make_sink(cli::log_options(line));
    serve::Settings settings;
    settings.version = build::version;
    settings.commit = build::git_sha;
    settings.config_path = line.config;
    settings.socket = control_socket(variables);
    settings.host = host_identity();
    settings.host_name = host_name();
    const auto sendmail = variables.find("AUTOBACKUPD_SENDMAIL");
    settings.sendmail = sendmail == variables.end() ? "/usr/sbin/sendmail" : sendmail->second;
    settings.load = [&line, &variables] { return load_configuration(line, variables); };
    settings.environment.http = http_settings();
    settings.environment.secrets = secret_places(variables);
    std::stop_source stop;
    config::SecretPlaces places = settings.environment.secrets;
    places.stop_with(stop.get_token());
    settings.missing_secrets = [places = std::move(places)](const config::Config& config) {
        std::vector<std::string> lines;
        for (const config::Problem& problem : check_job_secrets(config, {}, places)) lines.push_back(config::describe(problem));
        return lines;
    };
    settings.journal = journal.get();
    serve::Daemon daemon(std::move(settings), std::move(*loaded.config));
    loop.on_hangup([&daemon] { daemon.hang_up(); });
    int exit_code = 1;
    auto work = [&daemon, &exit_code]() -> Awaitable<void> { exit_code = co_await daemon.run(); };
    loop.run(work(), [&stop] { stop.request_stop(); });
    return exit_code;
}

}  // namespace autobackup::app
