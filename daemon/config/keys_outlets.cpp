// SPDX-License-Identifier: MIT
// The part of the key table below jobs.*.github and jobs.*.mirror that says where mirrors go: copies and bundles. The same keys in both.
#include "daemon/config/keys.hpp"

namespace autobackup::config {
namespace {

// Paths are views of literals: only the preprocessor can put them together.
#define AUTOBACKUPD_OUTLET_KEYS(source)                                                                                                        \
    {.path = "jobs.*." source ".copies",                                                                                                        \
     .type = Type::mappings,                                                                                                                    \
     .meaning = "Other places that every mirror is pushed to after it changed: one, or a list. What is deleted or forced there follows the "    \
                "mirror, but never takes away what somebody else pushed there.",                                                                \
     .shown = Shown::commented},                                                                                                                \
        {.path = "jobs.*." source ".copies.url",                                                                                                \
         .type = Type::copy_url,                                                                                                                \
         .meaning = "A git URL or a path; `{name}` in it is the repository's name (of GitHub without the owner), `{flat}` the same with `-` for " \
                    "`/`, `{owner}` the owner on GitHub. A path that is not there becomes a bare repository.",                                  \
         .example = "\"https://forge.example.org/backup/{name}.git\"",                                                                         \
         .shown = Shown::commented},                                                                                                            \
        {.path = "jobs.*." source ".copies.auth",                                                                                               \
         .type = Type::mapping,                                                                                                                 \
         .meaning = "http(s): either `token`, or `username` with `password`. ssh: `ssh_key`, `known_hosts` or both.",                           \
         .shown = Shown::commented},                                                                                                            \
        {.path = "jobs.*." source ".copies.auth.token",                                                                                         \
         .type = Type::secret,                                                                                                                  \
         .meaning = "A token; the user name sent with it is `x-access-token`.",                                                                \
         .example = "forge-token",                                                                                                              \
         .shown = Shown::commented},                                                                                                            \
        {.path = "jobs.*." source ".copies.auth.username",                                                                                      \
         .type = Type::text,                                                                                                                    \
         .meaning = "User name, with `password`.",                                                                                              \
         .example = "bot",                                                                                                                      \
         .shown = Shown::commented},                                                                                                            \
        {.path = "jobs.*." source ".copies.auth.password",                                                                                      \
         .type = Type::secret,                                                                                                                  \
         .meaning = "Password or token of `username`.",                                                                                         \
         .example = "forge-password",                                                                                                           \
         .shown = Shown::commented},                                                                                                            \
        {.path = "jobs.*." source ".copies.auth.ssh_key",                                                                                       \
         .type = Type::secret,                                                                                                                  \
         .meaning = "Private key for ssh, in OpenSSH's format and without a passphrase.",                                                       \
         .example = "forge-key",                                                                                                                \
         .shown = Shown::commented},                                                                                                            \
        {.path = "jobs.*." source ".copies.auth.known_hosts",                                                                                   \
         .type = Type::path,                                                                                                                    \
         .meaning = "File with the host keys that are trusted. Default: ssh's own files.",                                                      \
         .example = "/etc/autobackupd/known_hosts",                                                                                             \
         .shown = Shown::commented},                                                                                                            \
        {.path = "jobs.*." source ".copies.ca_file",                                                                                            \
         .type = Type::path,                                                                                                                    \
         .meaning = "PEM file with certificates that are trusted in addition to the system's.",                                                 \
         .example = "/etc/ssl/lab-ca.pem",                                                                                                      \
         .shown = Shown::commented},                                                                                                            \
        {.path = "jobs.*." source ".copies.create",                                                                                             \
         .type = Type::choice,                                                                                                                  \
         .meaning = "By whose API a repository is made (private) that is not there yet.",                                                       \
         .fallback = "none",                                                                                                                    \
         .choices = "none|github|gitea",                                                                                                        \
         .shown = Shown::commented},                                                                                                            \
        {.path = "jobs.*." source ".copies.api",                                                                                                \
         .type = Type::github_url,                                                                                                              \
         .meaning = "Root of that API. Default: https://api.github.com, else `/api/v3` (github) or `/api/v1` (gitea) of the URL's host.",       \
         .example = "https://forge.example.org/api/v1",                                                                                         \
         .shown = Shown::commented},                                                                                                            \
        {.path = "jobs.*." source ".copies.api_token",                                                                                          \
         .type = Type::secret,                                                                                                                  \
         .meaning = "Token for that API. Default: the token or password of `auth`.",                                                            \
         .example = "forge-token",                                                                                                              \
         .shown = Shown::commented},                                                                                                            \
        {.path = "jobs.*." source ".copies.keep_refs",                                                                                          \
         .type = Type::boolean,                                                                                                                 \
         .meaning = "Kept refs (`refs/autobackup/keep/`) go along, so that the copy loses nothing either.",                                     \
         .fallback = "true",                                                                                                                    \
         .shown = Shown::commented},                                                                                                            \
        {.path = "jobs.*." source ".copies.pull_refs",                                                                                          \
         .type = Type::boolean,                                                                                                                 \
         .meaning = "`refs/pull/` goes along. Default: to a path yes, elsewhere no (forges refuse these refs).",                                \
         .example = "false",                                                                                                                    \
         .shown = Shown::commented},                                                                                                            \
        {.path = "jobs.*." source ".copies.lfs",                                                                                                \
         .type = Type::boolean,                                                                                                                 \
         .meaning = "Git LFS objects go along, before the refs that need them.",                                                                \
         .fallback = "true",                                                                                                                    \
         .shown = Shown::commented},                                                                                                            \
        {.path = "jobs.*." source ".bundles",                                                                                                   \
         .type = Type::mapping,                                                                                                                 \
         .meaning = "A dated `git bundle` of every mirror that changed, in one file with all its refs; large files are not in it.",             \
         .shown = Shown::commented},                                                                                                            \
        {.path = "jobs.*." source ".bundles.directory",                                                                                         \
         .type = Type::path,                                                                                                                    \
         .meaning = "Where they go: `<directory>/<name>/<UTC time>.bundle`.",                                                                   \
         .example = "/mnt/bundles",                                                                                                             \
         .shown = Shown::commented},                                                                                                            \
    {                                                                                                                                           \
        .path = "jobs.*." source ".bundles.keep", .type = Type::integer,                                                                        \
        .meaning = "So many of each repository stay. An older one goes only after a newer one was read back and is whole.", .fallback = "3",    \
        .min = 1, .max = 1000, .shown = Shown::commented                                                                                        \
    }

constexpr Key github_outlet_table[] = {AUTOBACKUPD_OUTLET_KEYS("github")};
constexpr Key mirror_outlet_table[] = {AUTOBACKUPD_OUTLET_KEYS("mirror")};
#undef AUTOBACKUPD_OUTLET_KEYS

}  // namespace

std::span<const Key> github_outlet_keys() {
    return github_outlet_table;
}

std::span<const Key> mirror_outlet_keys() {
    return mirror_outlet_table;
}

}  // namespace autobackup::config
