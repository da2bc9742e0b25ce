// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include "daemon/config/build.hpp"
#include "daemon/config/values.hpp"

namespace autobackup::config {
namespace {

constexpr std::array<std::string_view, 4> kinds{"ping", "webhook", "email", "command"};

// True when exactly one receiver is given, and nothing that belongs to another.
bool check_entry(const View& entry, Problems& problems) {
    if (entry.has_strangers()) return false;
    const auto given =
        std::count_if(kinds.begin(), kinds.end(), [&entry](std::string_view kind) { return entry.has(kind); });
    if (given != 1) {
        problems.add(entry.node().place, entry.path(),
                     std::string(given == 0 ? "nothing is given, " : "several are given, ") +
                         "allowed is exactly one of: ping, webhook, email, command");
        return false;
    }
    if (entry.has("auth") && !entry.has("webhook"))
        problems.add(entry.place("auth"), entry.path("auth"), "it belongs to 'webhook' alone");
    if (entry.has("on") && entry.has("ping"))
        problems.add(entry.place("on"), entry.path("on"), "a ping tells every run: leave it out");
    return true;
}

void warn_of_open_http(const View& entry, std::string_view key, const std::string& url, Problems& warnings) {
    if (is_open_http(url))
        warnings.add(entry.place(key), entry.path(key), "http:// sends everything unencrypted; use https://");
}

NoticeEvents build_events(const View& entry) {
    if (!entry.has("on")) return {};
    std::vector<std::string> words;
    entry.read("on", words);
    const auto has = [&words](std::string_view word) {
        return std::find(words.begin(), words.end(), word) != words.end();
    };
    return {has("failed"), has("still_failing"), has("recovered")};
}

Notice build_notice(const View& entry, Problems& problems, Problems& warnings) {
    Notice out;
    out.origin = origin_of(entry.node().place);
    out.key_path = entry.path();
    if (!check_entry(entry, problems)) return out;
    out.on = build_events(entry);
    if (entry.has("ping")) {
        PingNotice ping;
        entry.read("ping", ping.url);
        warn_of_open_http(entry, "ping", ping.url, warnings);
        out.to = std::move(ping);
    } else if (entry.has("webhook")) {
        WebhookNotice webhook;
        entry.read("webhook", webhook.url);
        entry.read("auth", webhook.auth);
        warn_of_open_http(entry, "webhook", webhook.url, warnings);
        out.to = std::move(webhook);
    } else if (entry.has("email")) {
        EmailNotice email;
        entry.read("email", email.address);
        out.to = std::move(email);
    } else {
        CommandNotice command;
        entry.read("command", command.argv);
        out.to = std::move(command);
    }
    return out;
}

}  // namespace

Metrics build_metrics(const View& root, Problems& warnings) {
    Metrics out;
    const View metrics = root.sub("metrics");
    metrics.read("file", out.file);
    if (!out.file.empty() && out.file.extension() != ".prom") {
        warnings.add(metrics.place("file"), metrics.path("file"),
                     "node_exporter reads files that end in .prom only");
    }
    std::string listen;
    metrics.read("listen", listen);
    if (const auto listener = parse_listener(listen)) out.listen = *listener;
    return out;
}

std::vector<Notice> build_notices(const View& parent, Problems& problems, Problems& warnings) {
    std::vector<Notice> out;
    const yaml::Entry* entry = parent.entry("notify");
    if (entry == nullptr) return out;
    const KeyNode& keys = *key_tree().child("notify");
    const yaml::Node& value = *entry->value;
    if (value.is_mapping() || value.is_null())
        out.push_back(build_notice(View(value, keys, parent.path("notify")), problems, warnings));
    for (std::size_t i = 0; i < value.items.size(); ++i) {
        const std::string path = parent.path("notify") + '[' + std::to_string(i) + ']';
        const yaml::Node& item = *value.items[i];
        if (item.is_mapping() || item.is_null())
            out.push_back(build_notice(View(item, keys, path), problems, warnings));
    }
    return out;
}

}  // namespace autobackup::config
