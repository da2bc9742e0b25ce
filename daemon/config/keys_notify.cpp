// SPDX-License-Identifier: MIT
// The part of the key table below metrics and notify.
#include "daemon/config/keys.hpp"

namespace autobackup::config {
namespace {

constexpr Key notify_table[] = {
    {.path = "metrics.file",
     .type = Type::path,
     .meaning = "Written after every run and once a minute, for the text-file collector of node_exporter, which reads "
                "`*.prom`.",
     .example = "/var/lib/prometheus/node-exporter/autobackupd.prom"},
    {.path = "metrics.listen",
     .type = Type::listener,
     .meaning = "Answers `GET /metrics` there: a unix socket, or a port of a loopback address.",
     .example = "\"unix:/run/autobackupd/metrics.sock\""},
    {.path = "notify.ping",
     .type = Type::notice_url,
     .meaning = "Start, success or failure of every run, in the form of healthchecks: POST to the URL with `/start`, "
                "nothing or `/fail` at its end, and `?rid=`. Success only when all is saved and verified.",
     .example = "https://hc.example.org/ping/00000000-0000-0000-0000-000000000000"},
    {.path = "notify.webhook",
     .type = Type::notice_url,
     .meaning = "POST of a JSON object on the transitions of `on`.",
     .example = "https://chat.example.org/hook",
     .shown = Shown::commented},
    {.path = "notify.auth",
     .type = Type::secret,
     .meaning = "With `webhook`: sent as `Authorization: Bearer …`.",
     .example = "hook-token",
     .shown = Shown::commented},
    {.path = "notify.email",
     .type = Type::recipient,
     .meaning = "A mail through `/usr/sbin/sendmail` on the transitions of `on`.",
     .example = "admin@example.org",
     .shown = Shown::commented},
    {.path = "notify.command",
     .type = Type::argv,
     .meaning = "A program that is run on the transitions of `on`, without a shell; it finds the facts in `AUTOBACKUP_*` "
                "and as JSON on its standard input.",
     .example = "[/usr/local/bin/page-me]",
     .shown = Shown::commented},
    {.path = "notify.on",
     .type = Type::events,
     .meaning = "Transitions that are told: `failed` is the first run that is not a success, `still_failing` a further "
                "one (at most once a day), `recovered` the first success after that. Default: all. Not with `ping`.",
     .example = "[failed, still_failing, recovered]",
     .choices = "failed|still_failing|recovered",
     .shown = Shown::commented},
};

}  // namespace

std::span<const Key> notify_keys() {
    return notify_table;
}

}  // namespace autobackup::config
