// SPDX-License-Identifier: MIT
// Values of secrets, at the moment they are needed. Blocks (files, a command for up to 30 s): call it on a
// worker, or before the loop runs. No message repeats a value.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "daemon/config/load.hpp"
#include "daemon/model/config.hpp"
#include "lib/core/failure.hpp"
#include "lib/core/secret.hpp"
#include "lib/core/stop.hpp"

namespace autobackup::config {

/// Where secrets are looked for. The environment is the caller's to give (main passes its own): nothing here
/// reads it.
struct SecretPlaces {
    std::map<std::string, std::string>
        environment;  ///< CREDENTIALS_DIRECTORY, what {env} names, what a command gets
    std::filesystem::path directory = "/etc/autobackupd/credentials";
    std::chrono::milliseconds command_limit{30'000};
    std::size_t longest = std::size_t{64} << 10;  ///< bytes of a value; more is refused
    std::map<std::string, Secret> known{};        ///< by key path: read before (see read_ahead()), not looked for again
    /// Asked some times a second while a command runs, on the thread that reads the secret; true: the command is
    /// killed with its group and the failure is `cancelled`. Empty: nobody asks it to stop.
    StopAsked stopped{};
    /// A stop of `token` stops them.
    void stop_with(std::stop_token token) {
        stopped = stop_asked_by(std::move(token));
    }
};

/// The value, without one trailing newline (LF or CRLF). secret_missing when it is not there, empty, too
/// long, or its file can be written by group or others; object is the key path, the message names the places
/// looked at (for a NAME: $CREDENTIALS_DIRECTORY/NAME, $CREDENTIALS_DIRECTORY/autobackupd_NAME,
/// places.directory/NAME), a failed command's stderr is the peer's words. `warnings` (may be null) gets a
/// sentence for a file that others can read.
Result<Secret> read_secret(const SecretRef& ref, const SecretPlaces& places,
                           std::vector<std::string>* warnings = nullptr);

/// Every secret of every server and job is there: for check-config, and `run` before it asks any server. A
/// problem stands where the reference is written. `warnings` (may be null) as above.
std::vector<Problem> check_secrets(const Config& config, const SecretPlaces& places,
                                   std::vector<Problem>* warnings = nullptr);

/// Reads what these jobs (none named: all) and their servers need into places.known, for a process that is about to become a user who may
/// not read it. What cannot be had is left to whoever needs it, who says so.
void read_ahead(const Config& config, const std::vector<std::string>& jobs, SecretPlaces& places);

/// The references of a server; of a job's source and targets (not of its notices).
std::vector<SecretRef> secrets_of(const Server& server);
std::vector<SecretRef> secrets_of(const Job& job);
/// Name of the server that the job's source is on; empty: it needs none.
const std::string& server_of(const Job& job);

/// Every reference of the configuration, servers first.
std::vector<SecretRef> all_secrets(const Config& config);

/// What a program that is not ours gets of the daemon's environment: PATH, HOME, the locale and the like, and no variable
/// that may hold a secret. PATH is always there.
std::vector<std::pair<std::string, std::string>> harmless_environment(const SecretPlaces& places);

/// The output of a program run without a shell, in a process group of its own that is killed at the limit.
/// secret_missing on any failure; peer = its stderr. cancelled: places.stopped said so.
Result<std::string> run_secret_command(const SecretRef& ref, const SecretPlaces& places);

}  // namespace autobackup::config
