// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "daemon/config/keys.hpp"
#include "daemon/config/load.hpp"
#include "lib/core/text.hpp"
#include "lib/schedule/duration.hpp"

namespace autobackup::config {
namespace {

constexpr std::string_view head = R"(# Configuration

<!-- Generated from the key table in daemon/config/keys_*.cpp: change it there. -->

`autobackupd` reads one YAML file (`--config FILE`, else `$AUTOBACKUPD_CONFIG`, else `/etc/autobackupd/autobackupd.yaml`) and then
`conf.d/*.yaml` beside it, in lexical order. `servers` and `jobs` of all files are put together; every other top-level key
stands in one file only. A job or server named twice is an error.

The reader is strict: an unknown or doubled key, a wrong type or an impossible value is an error with file, line and column, and
all errors come in one pass (`autobackupd check-config`). Only `true` and `false` are booleans; whole numbers are written
without leading zeros. Anchors, aliases and merge keys (`<<`) work. `autobackupd check-config --show --origin` prints the values
that count and where each of them comes from; `autobackupd schema` prints a JSON Schema for editors.

The smallest useful file:

```yaml
)";

constexpr std::string_view tail = R"(
## Durations and sizes

Durations are whole numbers with a unit: `250ms`, `90s`, `15m`, `6h`, `3d`, or a sum in falling order, `1h30m`. Sizes likewise:
`512KiB`, `2GiB` (by 1024), `100MB` (by 1000), `0B`.

## Schedules

| form | due |
|---|---|
| `every 6h` | every six hours of real time, counted from 1970-01-01 00:00 UTC, so that a restart does not move it |
| `hourly`, `daily`, `weekly`, `monthly` | at the full hour; at 00:00; on Monday at 00:00; on the first at 00:00 |
| `daily 02:30` | every day at that time |
| `weekdays 22:00`, `weekends 09:00` | Monday to Friday; Saturday and Sunday |
| `mon,thu 03:15` | on these days; ranges are written `mon..fri` |
| `weekly sun 04:00` | once a week |
| `monthly 1 04:00`, `monthly last 04:00` | on that day of the month; months without it are left out |
| `30 2 * * *` | cron: minute, hour, day of month, month, day of week; six fields begin with the second |
| `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly` | as in cron; `@weekly` is Sunday 00:00 |
| `Mon..Fri *-*-* 02:30` | systemd calendar, see systemd.time(7); it may end with a time zone |
| `manual` | only when asked |

cron fields take names (`mon`, `jan`), lists, ranges, steps, `L` (last day of the month, `L-2` two days before it, `friL` the
last Friday) and `#` (`fri#2` the second Friday). When day of month and day of week are both restricted, a day counts that fits
one of them; both must fit when one of the fields begins with `*`. A value that begins with `*` must be quoted in YAML.

Summer time: a time that the clock skips is due right after the gap; a time that comes twice is due the first time only.
Intervals, and expressions that hold for every hour, follow real time. A date that never comes (`30 2 30 2 *`) is an error.

## Selections

`projects` and `tasks` take `all`, `none`, a list of ids, names and globs (`*`, `?`, `[a-z]`), or
`{include: [...], exclude: [...]}`; without `include` everything is taken. `tasks` takes `unassigned` too: the tasks that belong
to no project. An id or name that matches nothing is a failed item of the run, a glob that matches nothing a warning.

## Secrets

A secret is a reference, never the value itself:

| form | where the value is |
|---|---|
| `NAME` | `$CREDENTIALS_DIRECTORY/NAME`, then `$CREDENTIALS_DIRECTORY/autobackupd_NAME` (both systemd's `LoadCredential=`), then `/etc/autobackupd/credentials/NAME` |
| `{file: PATH}` | in that file; refused if group or others can write it, with a warning if others can read it |
| `{env: NAME}` | in that environment variable of the daemon |
| `{command: [argv…]}` | on the standard output of that program; run without a shell, for 30 s at most |

A trailing newline is dropped. A missing or empty secret is an error of the configuration; `check-config --skip-secrets` leaves
secrets out. A value that looks like a token in place of a NAME is refused and not printed. A command gets `PATH`, `HOME`, the
locale and the like of the daemon's environment, and nothing else.
)";

std::string limits_of(const Key& key) {
    const bool open = key.max == std::numeric_limits<std::int64_t>::max();
    const auto text = [&key](std::int64_t value) {
        return key.type == Type::duration ? schedule::duration_text(std::chrono::milliseconds(value))
                                          : std::to_string(value);
    };
    if (open) return key.min == 0 ? std::string() : fmt::format(", from {}", text(key.min));
    return fmt::format(", {} to {}", text(key.min), text(key.max));
}

std::string type_text(const Key& key) {
    switch (key.type) {
        case Type::boolean:
            return "`true` or `false`";
        case Type::integer:
            return "whole number" + limits_of(key);
        case Type::duration:
            return "duration" + limits_of(key);
        case Type::size:
            return "size";
        case Type::percent:
            return "percentage, 0% to 100%";
        case Type::text:
            return "text";
        case Type::path:
            return "absolute path";
        case Type::zone:
            return "IANA time zone";
        case Type::cvat_url:
        case Type::github_url:
        case Type::git_url:
        case Type::notice_url:
            return "URL";
        case Type::copy_url:
            return "URL with `{name}`";
        case Type::organization:
            return "slug or `\"\"`";
        case Type::mirror_name:
            return "name";
        case Type::owner:
            return "name or `\"@me\"`";
        case Type::owners:
            return "list of names";
        case Type::patterns:
            return "list of texts";
        case Type::branch:
            return "branch name";
        case Type::email:
        case Type::recipient:
            return "address";
        case Type::argv:
            return "list: program and arguments";
        case Type::listener:
            return "`unix:PATH` or `127.0.0.1:PORT`";
        case Type::secret:
            return "[secret](#secrets)";
        case Type::selection:
        case Type::task_selection:
            return "[selection](#selections)";
        case Type::schedule:
            return "[schedule](#schedules) or a list";
        case Type::job_list:
            return "list of job names";
        case Type::empty_list:
            return "list";
        case Type::choice:
        case Type::events:
            break;
        case Type::mapping:
        case Type::job_keys:
            return "mapping";
        case Type::mappings:
        case Type::notices:
            return "mapping or a list";
        case Type::named:
            return "mapping of names";
    }
    std::string out(key.type == Type::events ? "list of " : "");
    const std::size_t before = out.size();
    for (const std::string_view word : split(key.choices, '|'))
        out += (out.size() == before ? "" : ", ") + fmt::format("`{}`", word);
    return out;
}

void add_rows(std::string& out, const KeyNode& node, std::vector<std::string>& later) {
    const std::string path(node.key.path);
    if (!node.in_this_version()) {
        later.push_back(path);
        return;
    }
    const std::string fallback =
        node.key.fallback.empty() ? std::string() : fmt::format("`{}`", node.key.fallback);
    out += fmt::format("| `{}` | {} | {} | {} |\n", path, type_text(node.key), fallback, node.key.meaning);
    for (const auto& child : node.children) add_rows(out, *child, later);
}

}  // namespace

std::string reference_markdown() {
    std::string out(head);
    out += sample("minimal").value();
    out += "```\n\n`autobackupd sample-config full` prints a file with every key.\n";
    std::vector<std::string> later;
    constexpr std::string_view table = "\n| key | value | default | meaning |\n|---|---|---|---|\n";
    out += "\n## General\n";
    out += table;
    for (const auto& node : key_tree().children) {
        if (node->name != "servers" && node->name != "jobs") add_rows(out, *node, later);
    }
    for (const char* section : {"servers", "jobs"}) {
        out += section == std::string_view("servers") ? "\n## Servers\n" : "\n## Jobs\n";
        out += table;
        add_rows(out, *key_tree().child(section), later);
    }
    out += tail;
    if (later.empty()) return out;
    out += "\n## Not in this version\n\nThese keys are reserved and refused by name:";
    for (std::size_t i = 0; i < later.size(); ++i) out += fmt::format("{} `{}`", i == 0 ? "" : ",", later[i]);
    return out + ".\n";
}

}  // namespace autobackup::config
