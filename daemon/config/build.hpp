// SPDX-License-Identifier: MIT
// The typed configuration from the merged tree, and the checks that concern several keys at once.
#pragma once

#include "daemon/config/check.hpp"
#include "daemon/config/view.hpp"

namespace autobackup::config {

/// `root` was checked and has its inherited values. Problems and warnings are added; the result is meant to
/// be used only when there is no problem.
Config build_config(const yaml::Node& root, Problems& problems, Problems& warnings);

/// One server; `entry` is its name and keys.
Server build_server(const yaml::Entry& entry, Problems& problems, Problems& warnings);

/// One job; the name of its server is resolved by build_config.
Job build_job(const yaml::Entry& entry, Problems& problems, Problems& warnings);

/// Who we are at `url`: the key `auth` of `parent`. With an empty URL it may be for http(s) or for ssh.
GitAuth build_git_auth(const View& parent, const std::string& url, Problems& problems);

/// The source of a `github:` job.
GithubSource build_github(const View& job, Problems& problems, Problems& warnings);
/// A server with the key `github`.
GithubServer build_github_server(const View& keys, const yaml::Entry& entry, Problems& problems, Problems& warnings);

/// The source of a `mirror:` job.
MirrorSource build_mirror(const View& job, Problems& problems, Problems& warnings);

/// `copies` and `bundles` of a source; `node`: its part of the key table; `forge`: its repositories have owners.
MirrorOutlets build_outlets(const View& keys, const KeyNode& node, bool forge, Problems& problems, Problems& warnings);

/// Fills a git target of the job at `job_path`.
std::vector<GitTarget> build_git(const View& job, Problems& problems, Problems& warnings);

/// The metrics: where they are told.
Metrics build_metrics(const View& root, Problems& warnings);

/// The list `notify` of `parent` (the top, or a job).
std::vector<Notice> build_notices(const View& parent, Problems& problems, Problems& warnings);

/// The server that each job names, or the only one of its kind; unknown names and missing ones are problems.
void resolve_servers(Config& config, const yaml::Node& jobs, Problems& problems);

/// `after` names existing jobs, not itself, and nothing waits for itself in a circle.
void check_after(const Config& config, const yaml::Node& jobs, Problems& problems);

}  // namespace autobackup::config
