// SPDX-License-Identifier: MIT
// Reading the configuration for a verb, and telling what is wrong with it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/app/command_line.hpp"
#include "daemon/config/load.hpp"
#include "daemon/config/secrets.hpp"
#include "lib/http/client.hpp"

namespace autobackup::app {

config::Loaded load_configuration(const CommandLine& line, const EnvironmentVariables& environment);
config::SecretPlaces secret_places(const EnvironmentVariables& environment);
/// User agent and the proxies of the environment.
http::ClientSettings http_settings();

/// One line per problem on stderr.
void tell_problems(const std::vector<config::Problem>& problems);

/// Problems of the secrets that the named jobs need (all jobs when empty); every value found is added to what the log redacts.
/// When places.stopped says so it ends early, without a problem for what was not read: the caller asks as well. `found` (may be null) gets the values by
/// key path, as SecretPlaces::known takes them.
std::vector<config::Problem> check_job_secrets(const config::Config& config, const std::vector<std::string>& jobs,
                                               const config::SecretPlaces& places, std::map<std::string, Secret>* found = nullptr);
/// Problems of the `ca_file`s that the named jobs need (all jobs when empty): missing, not readable, or without a certificate.
std::vector<config::Problem> check_certificate_files(const config::Loaded& loaded, const std::vector<std::string>& jobs);

}  // namespace autobackup::app
