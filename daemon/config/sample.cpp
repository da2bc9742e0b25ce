// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "daemon/config/keys.hpp"
#include "daemon/config/load.hpp"
#include "lib/core/text.hpp"

namespace autobackup::config {
namespace {

constexpr std::string_view minimal_sample =
    R"(# All projects of one CVAT server, every night; dated ZIP files of a week and of five weeks are kept.
servers:
  lab:
    cvat: https://cvat.example.org
    auth: {token: lab-token}          # the token is in /etc/autobackupd/credentials/lab-token
jobs:
  annotations:
    schedule: daily 02:30
    cvat: {projects: all}
    archive: {keep: {daily: 7, weekly: 5}}
)";

constexpr std::string_view cvat_sample =
    R"(# CVAT to a git server, with dated ZIP files beside it. Check it with: autobackupd check-config --show
time_zone: Europe/Berlin

servers:
  lab:
    cvat: https://cvat.example.org
    auth: {access_token: lab-token}   # the NAME of a secret, looked up in $CREDENTIALS_DIRECTORY, then /etc/autobackupd/credentials
    organization: annotators          # leave it out to see everything that the token may see

defaults:                             # for every job that says nothing else
  retry: {attempts: 4, delay: 5s, max_delay: 5m}

jobs:
  traffic-signs:
    schedule: daily 02:30
    cvat:
      projects: [12, "Traffic signs", "signs-*"]   # ids, names, globs
    archive:
      keep: {last: 3, daily: 7, weekly: 5, monthly: 12}
    git:
      url: https://github.com/acme/annotations.git
      auth: {token: git-token}

  loose-tasks:
    schedule: [weekdays 12:30, "sun 04:00"]
    cvat:
      projects: none
      tasks: unassigned               # those that belong to no project
)";

constexpr std::string_view github_sample =
    R"(# Every repository of a GitHub organisation, with wikis and large files. Check it with: autobackupd check-config --online
servers:
  hub:
    github: https://api.github.com    # GitHub Enterprise Server: https://HOST/api/v3
    auth: {token: github-token}       # the NAME of a secret; or {app_id: 1234, installation: acme, private_key: NAME}

jobs:
  acme-code:
    schedule: every 6h
    github:
      organization: acme              # or user: NAME, user: "@me", owners: [a, b]
      repositories: {exclude: ["*-scratch"]}
)";

// "[Schedules](#schedules)" → "Schedules in docs/configuration.md".
std::string without_links(std::string_view text) {
    std::string out(text);
    const std::size_t open = out.find('[');
    const std::size_t middle = out.find("](#");
    if (open == std::string::npos || middle == std::string::npos || open > middle) return out;
    const std::size_t close = out.find(')', middle);
    return out.substr(0, open) + out.substr(open + 1, middle - open - 1) + " in docs/configuration.md" +
           out.substr(close + 1);
}

std::string comment(std::string_view text, const std::string& indent) {
    std::string out;
    std::string line;
    for (const std::string_view word : split(text, ' ')) {
        if (!line.empty() && indent.size() + line.size() + word.size() > 105) {
            out += indent + "#" + line + "\n";
            line.clear();
        }
        line += ' ';
        line += word;
    }
    return out + indent + "#" + line + "\n";
}

// One key with its comment, example and children.
std::string render(const KeyNode& node, int depth) {
    if (!node.in_this_version()) return std::string();
    const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
    const std::string_view value = node.key.example.empty() ? node.key.fallback : node.key.example;
    const bool free_name = node.name == "*";
    std::string out = depth == 0 ? "\n" : "";
    out += comment(without_links(node.key.meaning), indent);
    const std::string mark = node.key.shown == Shown::commented ? "# " : "";
    out += indent + mark + (free_name ? std::string(value) : node.name) + ':';
    if (!free_name && !value.empty()) out += fmt::format(" {}", value);
    out += '\n';
    for (const auto& child : node.children) out += render(*child, depth + 1);
    return out;
}

std::string full_sample() {
    std::string out =
        "# Every key of this version with its meaning. Values are the defaults, or examples where there is "
        "no default;\n"
        "# what is commented out is an alternative. Keep what you need: config/example.yaml is enough to "
        "begin with.\n";
    for (const auto& node : key_tree().children) out += render(*node, 0);
    return out;
}

}  // namespace

Result<std::string> sample(std::string_view name) {
    if (name == "minimal") return std::string(minimal_sample);
    if (name == "cvat") return std::string(cvat_sample);
    if (name == "full") return full_sample();
    if (name == "github") return std::string(github_sample);
    return fail(Errc::config_invalid, "sample-config", one_line(name),
                "no such sample; there are: minimal, cvat, github, full");
}

}  // namespace autobackup::config
