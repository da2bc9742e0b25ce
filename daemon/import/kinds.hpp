// SPDX-License-Identifier: MIT
// One function for each tool. Private to this room.
#pragma once

#include "daemon/import/import.hpp"
#include "daemon/import/words.hpp"

namespace autobackup::import_config {

/// cvat-auto-backup: .env and options of cli.py.
Result<std::string> from_cvat_auto_backup(const Given& given);
/// python-github-backup (github-backup): its command line, 0.65.
Result<std::string> from_python_github_backup(const Given& given);
/// The mirror script of markb.uk: (organisation|user) LOGIN TOKEN (url|sshUrl) DIRECTORY.
Result<std::string> from_mirror_script(const Given& given);
/// gitim 2.1: -u -p -t -o -d --nopull --shallow --ssh --noforks.
Result<std::string> from_gitim(const Given& given);

/// config_invalid for what is missing.
Failure missing(std::string_view tool, std::string_view what);

/// A GitHub job as text.
struct GithubDraft {
    std::string tool;
    std::string url = "https://api.github.com";
    std::string auth = "{token: github-token}";
    std::vector<std::string> lines;  ///< below jobs.<name>.github
    std::string job = "code";
    Remarks remarks;
};
std::string text_of(const GithubDraft& draft);

}  // namespace autobackup::import_config
