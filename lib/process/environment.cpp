// SPDX-License-Identifier: MIT
#include <cstdlib>

#include "lib/process/child.hpp"

namespace autobackup::process {
namespace {

std::string ours_or(const char* name, std::string fallback) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
    return fallback;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> git_environment() {
    std::vector<std::pair<std::string, std::string>> environment = {
        {"PATH", ours_or("PATH", "/usr/local/bin:/usr/bin:/bin")},
        {"HOME", ours_or("HOME", "/nonexistent")},
        {"LANG", "C.UTF-8"},
        {"LC_ALL", "C.UTF-8"},
        {"GIT_CONFIG_NOSYSTEM", "1"},
        {"GIT_TERMINAL_PROMPT", "0"},
        {"GIT_ASKPASS", "/bin/false"},  // never a window or a terminal that waits for a human
        {"SSH_ASKPASS", "/bin/false"},
        {"GIT_OPTIONAL_LOCKS", "0"},
    };
    for (const char* name : {"TMPDIR", "SSH_AUTH_SOCK"}) {
        std::string value = ours_or(name, std::string());
        if (!value.empty()) environment.emplace_back(name, std::move(value));
    }
    return environment;
}

}  // namespace autobackup::process
