// SPDX-License-Identifier: MIT
#include "daemon/cli/common.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>
#include <string_view>
#include <vector>

#include "lib/core/file.hpp"
#include "lib/journal/logging.hpp"
#include "lib/journal/redact.hpp"

namespace autobackup::cli {
namespace {

const std::vector<std::string>& log_levels() {
    static const std::vector<std::string> words{"trace", "debug", "info", "warning", "error"};
    return words;
}

}  // namespace

EnvironmentVariables read_environment(const char* const* environment) {
    EnvironmentVariables variables;
    for (; environment != nullptr && *environment != nullptr; ++environment) {
        const std::string_view entry(*environment);
        const std::size_t equals = entry.find('=');
        if (equals != std::string_view::npos) variables.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
    return variables;
}

std::string value_or(const EnvironmentVariables& environment, const std::string& name, const std::string& fallback) {
    const auto found = environment.find(name);
    return found == environment.end() || found->second.empty() ? fallback : found->second;
}

void set_defaults(Common& common, const EnvironmentVariables& environment) {
    common.config = value_or(environment, "AUTOBACKUPD_CONFIG", "/etc/autobackupd/autobackupd.yaml");
    common.log_level = value_or(environment, "AUTOBACKUPD_LOG_LEVEL", "info");
}

void add_common(CLI::App& app, Common& common) {
    app.add_option("--config", common.config, "Configuration; conf.d/*.yaml beside it is read too")->type_name("FILE")->capture_default_str();
    app.add_option("--log-level", common.log_level, "trace, debug, info, warning or error ($AUTOBACKUPD_LOG_LEVEL)")
        ->type_name("LEVEL")
        ->check(CLI::IsMember(log_levels()));
    const std::vector<std::string> formats{"text", "json", "journal"};
    app.add_option("--log-format", common.log_format, "text, json or journal")->type_name("FORMAT")->check(CLI::IsMember(formats));
}

Ended ended(const CLI::App& app, const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = app.exit(error, out, err);
    Ended result;
    result.exit_code = code == 0 ? 0 : 2;
    result.text = code == 0 ? out.str() : journal::without_user_info(err.str());  // what was not expected is repeated
    return result;
}

std::optional<Ended> mistake(const Common& common) {
    const auto& levels = log_levels();
    if (std::find(levels.begin(), levels.end(), common.log_level) != levels.end()) return std::nullopt;
    return Ended{2, "$AUTOBACKUPD_LOG_LEVEL is \"" + common.log_level + "\"; allowed: trace, debug, info, warning, error\n"};
}

int print(const char* program, const std::string& text) {
    const Result<void> written = write_all(STDOUT_FILENO, text, "standard output");
    if (written) return 0;
    journal::write_line(STDERR_FILENO, std::string(program) + ": " + describe(written.error()));
    return 1;
}

journal::LogOptions log_options(const Common& common) {
    journal::LogOptions options;
    options.level = journal::parse_level(common.log_level).value_or(journal::Level::info);
    if (!common.log_format.empty()) options.format = journal::parse_format(common.log_format).value_or(journal::Format::automatic);
    return options;
}

}  // namespace autobackup::cli
