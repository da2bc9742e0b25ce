// SPDX-License-Identifier: MIT
// The part of the key table below jobs.*.mirror.
#include "daemon/config/keys.hpp"

namespace autobackup::config {
namespace {

constexpr Key mirror_table[] = {
    {.path = "jobs.*.mirror.repositories",
     .type = Type::mappings,
     .meaning = "One repository, or a list.",
     .shown = Shown::commented},
    {.path = "jobs.*.mirror.repositories.url",
     .type = Type::git_url,
     .meaning = "`https://`, `http://`, `ssh://`, `user@host:path`, `file:///` or an absolute path; no "
                "password, and no user name but that of ssh.",
     .example = "https://git.example.org/a.git",
     .shown = Shown::commented},
    {.path = "jobs.*.mirror.repositories.name",
     .type = Type::mirror_name,
     .meaning = "Under which it is kept and told: parts of `[A-Za-z0-9._-]` joined by `/`, none of which begins with "
                "`.` or `-` or ends in `.git` or `.lock`. Each name once in a job.",
     .example = "group/a",
     .shown = Shown::commented},
    {.path = "jobs.*.mirror.repositories.auth",
     .type = Type::mapping,
     .meaning = "For this repository, in place of the source's `auth`; the same keys.",
     .shown = Shown::commented},
    {.path = "jobs.*.mirror.repositories.auth.token",
     .type = Type::secret,
     .meaning = "As below.",
     .example = "git-token",
     .shown = Shown::commented},
    {.path = "jobs.*.mirror.repositories.auth.username",
     .type = Type::text,
     .meaning = "As below.",
     .example = "bot",
     .shown = Shown::commented},
    {.path = "jobs.*.mirror.repositories.auth.password",
     .type = Type::secret,
     .meaning = "As below.",
     .example = "git-password",
     .shown = Shown::commented},
    {.path = "jobs.*.mirror.repositories.auth.ssh_key",
     .type = Type::secret,
     .meaning = "As below.",
     .example = "git-key",
     .shown = Shown::commented},
    {.path = "jobs.*.mirror.repositories.auth.known_hosts",
     .type = Type::path,
     .meaning = "As below.",
     .example = "/etc/autobackupd/known_hosts",
     .shown = Shown::commented},
    {.path = "jobs.*.mirror.lfs",
     .type = Type::boolean,
     .meaning = "Also every Git LFS object of all history, into `lfs/objects` of the mirror, where git-lfs finds it. "
                "The same object in several mirrors of a job takes the disk once.",
     .fallback = "true",
     .shown = Shown::commented},
    {.path = "jobs.*.mirror.keep_refs",
     .type = Type::boolean,
     .meaning = "What a force-push or a deletion takes away stays under `refs/autobackup/keep/<UTC time>/`. `false`: it is given up.",
     .fallback = "true",
     .shown = Shown::commented},
    {.path = "jobs.*.mirror.auth",
     .type = Type::mapping,
     .meaning = "For every repository that has no `auth` of its own. http(s): either `token`, or `username` with "
                "`password`. ssh: `ssh_key`, `known_hosts` or both. Absent: no authentication; for ssh what its own configuration "
                "and agent offer. Only repositories of that kind use it.",
     .shown = Shown::commented},
    {.path = "jobs.*.mirror.auth.token",
     .type = Type::secret,
     .meaning = "A token; the user name sent with it is `x-access-token`.",
     .example = "git-token",
     .shown = Shown::commented},
    {.path = "jobs.*.mirror.auth.username",
     .type = Type::text,
     .meaning = "User name, with `password`.",
     .example = "bot",
     .shown = Shown::commented},
    {.path = "jobs.*.mirror.auth.password",
     .type = Type::secret,
     .meaning = "Password or token of `username`.",
     .example = "git-password",
     .shown = Shown::commented},
    {.path = "jobs.*.mirror.auth.ssh_key",
     .type = Type::secret,
     .meaning = "Private key for ssh, in OpenSSH's format and without a passphrase.",
     .example = "git-key",
     .shown = Shown::commented},
    {.path = "jobs.*.mirror.auth.known_hosts",
     .type = Type::path,
     .meaning = "File with the host keys that are trusted. Default: ssh's own files.",
     .example = "/etc/autobackupd/known_hosts",
     .shown = Shown::commented},
    {.path = "jobs.*.mirror.ca_file",
     .type = Type::path,
     .meaning = "PEM file with certificates that are trusted in addition to the system's.",
     .example = "/etc/ssl/lab-ca.pem",
     .shown = Shown::commented},
};

}  // namespace

std::span<const Key> mirror_keys() {
    return mirror_table;
}

}  // namespace autobackup::config
