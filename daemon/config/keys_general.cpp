// SPDX-License-Identifier: MIT
// The part of the key table outside servers and jobs. Numbers and defaults: the contract with users.
#include "daemon/config/keys.hpp"

namespace autobackup::config {
namespace {

constexpr std::int64_t second = 1000;
constexpr std::int64_t hour = 3600 * second;

constexpr Key general_table[] = {
    {.path = "storage",
     .type = Type::path,
     .meaning = "Directory of everything the daemon writes. Default: `$STATE_DIRECTORY`, else "
                "`/var/lib/autobackupd`.",
     .example = "/var/lib/autobackupd"},
    {.path = "time_zone",
     .type = Type::zone,
     .meaning = "Time zone of every schedule that names none itself. Default: the system's.",
     .example = "Europe/Berlin"},
    {.path = "limits", .type = Type::mapping, .meaning = "Limits of the whole daemon."},
    {.path = "limits.runs",
     .type = Type::integer,
     .meaning = "Jobs that run at once.",
     .fallback = "4",
     .min = 1,
     .max = 1000},
    {.path = "limits.per_host",
     .type = Type::integer,
     .meaning = "Exports, downloads and pushes at once towards one host.",
     .fallback = "2",
     .min = 1,
     .max = 1000},
    {.path = "limits.reserve",
     .type = Type::size,
     .meaning = "Free space that a run may not use up.",
     .fallback = "2GiB"},
    {.path = "limits.connect",
     .type = Type::duration,
     .meaning = "Time to connect to any remote: name look-up, TCP, proxy, TLS.",
     .fallback = "15s",
     .min = 100,
     .max = hour},
    {.path = "limits.no_progress",
     .type = Type::duration,
     .meaning = "A peer that moves no byte for so long is given up.",
     .fallback = "2m",
     .min = 100,
     .max = 24 * hour},
    {.path = "servers",
     .type = Type::named,
     .meaning = "The servers that jobs read from, by a name of your choice. The only one of a kind is "
                "the default of that kind."},
    {.path = "metrics",
     .type = Type::mapping,
     .meaning = "Prometheus metrics of `serve`: a file, a listener, or both. Absent: none."},
    {.path = "notify",
     .type = Type::notices,
     .meaning = "Who is told by `serve` what became of runs: a list; each entry has exactly one of `ping`, `webhook`, "
                "`email`, `command`."},
    {.path = "defaults",
     .type = Type::job_keys,
     .meaning = "Merged under every job, key by key: what a job says itself goes before. The keys are "
                "those of a job; a source "
                "(`cvat:`) counts only for jobs that have that source.",
     .example = "{retry: {attempts: 4, delay: 5s, max_delay: 5m}}"},
    {.path = "jobs", .type = Type::named, .meaning = "What is backed up, by a name of your choice."},
};

constexpr Key server_table[] = {
    {.path = "servers.*",
     .type = Type::mapping,
     .meaning = "One server. Names: `[a-z0-9][a-z0-9._-]{0,63}`.",
     .example = "lab"},
    {.path = "servers.*.cvat",
     .type = Type::cvat_url,
     .meaning = "Base URL of a CVAT server. `http://` is allowed, with a warning unless it is loopback.",
     .example = "https://cvat.example.org"},
    {.path = "servers.*.github",
     .type = Type::text,
     .meaning = "API root of GitHub or GitHub Enterprise.",
     .since = {}},
    {.path = "servers.*.auth",
     .type = Type::mapping,
     .meaning = "Who we are there: exactly one of `token`, `access_token`, or `username` with `password`."},
    {.path = "servers.*.auth.token",
     .type = Type::secret,
     .meaning = "CVAT's API key (`Authorization: Token …`).",
     .example = "lab-token"},
    {.path = "servers.*.auth.access_token",
     .type = Type::secret,
     .meaning = "A personal access token of CVAT (`Authorization: Bearer …`); a read-only one is enough.",
     .example = "lab-access-token",
     .shown = Shown::commented},
    {.path = "servers.*.auth.username",
     .type = Type::text,
     .meaning = "User name, with `password`.",
     .example = "bot",
     .shown = Shown::commented},
    {.path = "servers.*.auth.password",
     .type = Type::secret,
     .meaning = "Password of `username`.",
     .example = "lab-password",
     .shown = Shown::commented},
    {.path = "servers.*.auth.app_id", .type = Type::integer, .meaning = "A GitHub App.", .since = {}},
    {.path = "servers.*.auth.installation", .type = Type::text, .meaning = "Its installation.", .since = {}},
    {.path = "servers.*.auth.private_key", .type = Type::secret, .meaning = "Its key.", .since = {}},
    {.path = "servers.*.organization",
     .type = Type::organization,
     .meaning = "Slug of the organization that jobs look at; `\"\"`: the personal workspace only; "
                "absent: everything visible.",
     .example = "annotators"},
    {.path = "servers.*.ca_file",
     .type = Type::path,
     .meaning = "PEM file with certificates that are trusted in addition to the system's.",
     .example = "/etc/ssl/lab-ca.pem",
     .shown = Shown::commented},
    {.path = "servers.*.ssh", .type = Type::mapping, .meaning = "Key and known hosts for ssh.", .since = {}},
    {.path = "servers.*.limits", .type = Type::mapping, .meaning = "Limits towards this server."},
    {.path = "servers.*.limits.exports",
     .type = Type::integer,
     .meaning = "Exports asked for and not yet finished on the server.",
     .fallback = "1",
     .min = 1,
     .max = 100},
    {.path = "servers.*.limits.poll_first",
     .type = Type::duration,
     .meaning = "Time from asking for an export to the first look whether it is ready.",
     .fallback = "500ms",
     .min = 10,
     .max = hour},
    {.path = "servers.*.limits.poll_max",
     .type = Type::duration,
     .meaning = "Longest time between two such looks.",
     .fallback = "15s",
     .min = 10,
     .max = hour},
    {.path = "servers.*.limits.export_deadline",
     .type = Type::duration,
     .meaning = "An export that is not ready after so long is given up. CVAT itself gives up after 4 h.",
     .fallback = "5h",
     .min = second,
     .max = 30 * 24 * hour},
    {.path = "servers.*.limits.no_progress",
     .type = Type::duration,
     .meaning = "As `limits.no_progress`, for this server. Default: that one.",
     .example = "2m",
     .min = 100,
     .max = 24 * hour},
};

}  // namespace

std::span<const Key> general_keys() {
    return general_table;
}
std::span<const Key> server_keys() {
    return server_table;
}

}  // namespace autobackup::config
