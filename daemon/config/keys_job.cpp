// SPDX-License-Identifier: MIT
// The part of the key table below jobs.*. Numbers and defaults: the contract with users.
#include "daemon/config/keys.hpp"

namespace autobackup::config {
namespace {

constexpr std::int64_t second = 1000;
constexpr std::int64_t hour = 3600 * second;
constexpr std::int64_t day = 24 * hour;
constexpr std::int64_t most_kept = 100'000;

constexpr Key job_table[] = {
    {.path = "jobs.*",
     .type = Type::mapping,
     .meaning = "One job: one source, and where its backups go. Names: `[a-z0-9][a-z0-9._-]{0,63}`.",
     .example = "traffic-signs"},
    {.path = "jobs.*.enabled",
     .type = Type::boolean,
     .meaning = "`false`: never started by the schedule.",
     .fallback = "true"},
    {.path = "jobs.*.schedule",
     .type = Type::schedule,
     .meaning = "When it runs; see [Schedules](#schedules). A list is allowed; `manual`: only when "
                "asked. A job without a "
                "schedule is `manual`, with a warning.",
     .example = "daily 02:30"},
    {.path = "jobs.*.time_zone",
     .type = Type::zone,
     .meaning = "Time zone of the schedule. Default: the general one.",
     .example = "Asia/Tokyo"},
    {.path = "jobs.*.jitter",
     .type = Type::duration,
     .meaning = "A start is put off by up to this: the same each time, another one per host and job.",
     .fallback = "0s",
     .example = "15m",
     .max = 7 * day},
    {.path = "jobs.*.catch_up",
     .type = Type::choice,
     .meaning = "After a time in which the daemon did not run: `latest` makes up for the last missed "
                "start, `none` for none.",
     .fallback = "latest",
     .choices = "latest|none"},
    {.path = "jobs.*.overlap",
     .type = Type::choice,
     .meaning = "When it is due while it still runs: `skip` that start, or `queue` it.",
     .fallback = "skip",
     .choices = "skip|queue"},
    {.path = "jobs.*.timeout",
     .type = Type::duration,
     .meaning = "A run that takes longer is stopped and failed (partial if something was saved).",
     .fallback = "6h",
     .min = second,
     .max = 365 * day},
    {.path = "jobs.*.after",
     .type = Type::job_list,
     .meaning = "Starts when these jobs succeeded (their run of the same due time).",
     .example = "[other-job]",
     .shown = Shown::commented},
    {.path = "jobs.*.retry",
     .type = Type::mapping,
     .meaning = "How a step that fails for a passing reason is tried again."},
    {.path = "jobs.*.retry.attempts",
     .type = Type::integer,
     .meaning = "Tries in all.",
     .fallback = "4",
     .min = 1,
     .max = 100},
    {.path = "jobs.*.retry.delay",
     .type = Type::duration,
     .meaning = "Wait before the second try; doubles with each further one.",
     .fallback = "5s",
     .max = day},
    {.path = "jobs.*.retry.max_delay",
     .type = Type::duration,
     .meaning = "Longest wait between two tries.",
     .fallback = "5m",
     .max = day},
    {.path = "jobs.*.cvat",
     .type = Type::mapping,
     .meaning = "The source: projects and tasks of a CVAT server."},
    {.path = "jobs.*.github",
     .type = Type::mapping,
     .meaning = "The source: the repositories of GitHub organisations or users, each kept as a bare mirror with all its refs. "
                "`archive` and `git` are not for mirrors.",
     .shown = Shown::commented},
    {.path = "jobs.*.mirror",
     .type = Type::mapping,
     .meaning = "The source: repositories of any git server, each kept as a bare mirror with all its refs in "
                "`<storage>/mirrors/<job>/<name>.git`. A job has one source; `archive` and `git` are not for mirrors.",
     .shown = Shown::commented},
    {.path = "jobs.*.archive",
     .type = Type::mapping,
     .meaning = "Also keep dated ZIP files in `<storage>/archives/<job>/`. Absent: none, the vault alone "
                "holds every version."},
    {.path = "jobs.*.archive.keep",
     .type = Type::mapping,
     .meaning = "Which of the ZIP files stay. Absent: all. The newest verified one always stays."},
    {.path = "jobs.*.archive.keep.last",
     .type = Type::integer,
     .meaning = "So many of the newest.",
     .example = "3",
     .max = most_kept},
    {.path = "jobs.*.archive.keep.daily",
     .type = Type::integer,
     .meaning = "The newest of each of so many days.",
     .example = "7",
     .max = most_kept},
    {.path = "jobs.*.archive.keep.weekly",
     .type = Type::integer,
     .meaning = "The newest of each of so many weeks.",
     .example = "5",
     .max = most_kept},
    {.path = "jobs.*.archive.keep.monthly",
     .type = Type::integer,
     .meaning = "The newest of each of so many months.",
     .example = "12",
     .max = most_kept},
    {.path = "jobs.*.archive.keep.yearly",
     .type = Type::integer,
     .meaning = "The newest of each of so many years.",
     .example = "3",
     .max = most_kept},
    {.path = "jobs.*.archive.keep.within",
     .type = Type::duration,
     .meaning = "All that are not older than this.",
     .example = "14d",
     .min = second},
    {.path = "jobs.*.git",
     .type = Type::mappings,
     .meaning =
         "Where the vault is pushed to: one target, or a list. The vault's branch is that of the first one; "
         "each is pushed and verified on its own. Absent: only the local vault."},
    {.path = "jobs.*.checks", .type = Type::mapping, .meaning = "Schedules of deeper checks.", .since = {}},
    {.path = "jobs.*.shrink_limit",
     .type = Type::percent,
     .meaning = "An item that has lost more than this of its tasks, frames or annotations since its last verified copy "
                "fails, and nothing of it is saved; the way out is `run JOB --accept-shrink`. `100%`: never.",
     .fallback = "30%"},
    {.path = "jobs.*.notify",
     .type = Type::notices,
     .meaning = "Replaces the general list for this job; the same keys. `[]`: nobody is told.",
     .example = "[]",
     .shown = Shown::commented},
};

constexpr Key cvat_table[] = {
    {.path = "jobs.*.cvat.server",
     .type = Type::text,
     .meaning = "Name of the server. Default: the only CVAT server.",
     .example = "lab"},
    {.path = "jobs.*.cvat.projects",
     .type = Type::selection,
     .meaning = "Which projects; see [Selections](#selections).",
     .fallback = "all"},
    {.path = "jobs.*.cvat.tasks",
     .type = Type::task_selection,
     .meaning = "Which tasks by themselves; also `unassigned`: those that belong to no project.",
     .fallback = "none"},
    {.path = "jobs.*.cvat.organization",
     .type = Type::organization,
     .meaning = "As the server's `organization`, for this job.",
     .example = "annotators"},
    {.path = "jobs.*.cvat.export",
     .type = Type::choice,
     .meaning = "`tasks`: only tasks that changed are exported, and the project is put together from "
                "them as the server itself "
                "would; `project`: one export of the whole; `auto`: tasks, but a project held for the "
                "first time may be "
                "fetched whole when that is cheaper.",
     .fallback = "auto",
     .choices = "tasks|project|auto"},
    {.path = "jobs.*.cvat.download",
     .type = Type::choice,
     .meaning = "`changes`: of a backup that the vault holds already, only the parts that differ are "
                "downloaded where the server allows it (2.32 and later); `whole`: always everything.",
     .fallback = "changes",
     .choices = "changes|whole"},
    {.path = "jobs.*.cvat.touch",
     .type = Type::boolean,
     .meaning = "May move an `updated_date` by an empty PATCH to get past the server's stale cache. "
                "Needs a token that may write.",
     .fallback = "false"},
    {.path = "jobs.*.cvat.details",
     .type = Type::boolean,
     .meaning = "A side file with what CVAT's own backup leaves out.",
     .fallback = "true"},
    {.path = "jobs.*.cvat.datasets",
     .type = Type::empty_list,
     .meaning = "Readable second copies. Must be empty in this version.",
     .fallback = "[]"},
};

constexpr Key git_table[] = {
    {.path = "jobs.*.git.url",
     .type = Type::git_url,
     .meaning = "`https://`, `http://`, `ssh://`, `user@host:path`, `file:///` or an absolute path; no "
                "password, and no user name but that of ssh.",
     .example = "https://github.com/acme/annotations.git"},
    {.path = "jobs.*.git.branch", .type = Type::branch, .meaning = "Created if missing.", .fallback = "main"},
    {.path = "jobs.*.git.auth",
     .type = Type::mapping,
     .meaning = "http(s): either `token`, or `username` with `password`. ssh: `ssh_key`, `known_hosts` or "
                "both. Absent: no authentication; for ssh what its own configuration and agent offer."},
    {.path = "jobs.*.git.auth.token",
     .type = Type::secret,
     .meaning = "A token; the user name sent with it is `x-access-token`.",
     .example = "git-token"},
    {.path = "jobs.*.git.auth.username",
     .type = Type::text,
     .meaning = "User name, with `password`.",
     .example = "bot",
     .shown = Shown::commented},
    {.path = "jobs.*.git.auth.password",
     .type = Type::secret,
     .meaning = "Password or token of `username`.",
     .example = "git-password",
     .shown = Shown::commented},
    {.path = "jobs.*.git.auth.ssh_key",
     .type = Type::secret,
     .meaning = "Private key for ssh, in OpenSSH's format and without a passphrase.",
     .example = "git-key",
     .shown = Shown::commented},
    {.path = "jobs.*.git.auth.known_hosts",
     .type = Type::path,
     .meaning = "File with the host keys that are trusted (`ssh-keyscan`, compared with what the server's "
                "owner publishes). Default: ssh's own files.",
     .example = "/etc/autobackupd/known_hosts",
     .shown = Shown::commented},
    {.path = "jobs.*.git.ca_file",
     .type = Type::path,
     .meaning = "PEM file with certificates that are trusted in addition to the system's.",
     .example = "/etc/ssl/lab-ca.pem",
     .shown = Shown::commented},
    {.path = "jobs.*.git.author", .type = Type::mapping, .meaning = "Author and committer of the commits."},
    {.path = "jobs.*.git.author.name", .type = Type::text, .meaning = "Name.", .fallback = "autobackupd"},
    {.path = "jobs.*.git.author.email",
     .type = Type::email,
     .meaning = "Address.",
     .fallback = "autobackupd@localhost"},
    {.path = "jobs.*.git.large_files",
     .type = Type::choice,
     .meaning = "Files over `large_file_limit`: `lfs` hands them to Git LFS (a pointer in git, the content as an object of the "
                "server's LFS), `refuse` fails the item. The same in all targets of a job.",
     .fallback = "lfs",
     .choices = "lfs|refuse"},
    {.path = "jobs.*.git.large_file_limit",
     .type = Type::size,
     .meaning = "The largest file that goes into git itself. Raise it for a server that has no Git LFS and takes large files.",
     .fallback = "100MB"},
};

}  // namespace

std::span<const Key> job_keys() {
    return job_table;
}
std::span<const Key> cvat_keys() {
    return cvat_table;
}
std::span<const Key> git_keys() {
    return git_table;
}

}  // namespace autobackup::config
