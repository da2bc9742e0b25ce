// SPDX-License-Identifier: MIT
#include "lib/journal/redact.hpp"

#include <algorithm>
#include <memory>
#include <mutex>

#include "lib/core/text.hpp"

namespace autobackup::journal {
namespace {

constexpr std::size_t most_secrets = 4096;
constexpr std::size_t shortest_anywhere = 6;

using Secrets = std::vector<Secret>;

struct Known {
    std::mutex mutex;
    Secrets in_order_of_arrival;
    std::shared_ptr<const Secrets> longest_first = std::make_shared<Secrets>();
};

// Never destroyed: a thread may still log while the statics of the process go away.
Known& known() {
    static Known& list = *new Known;
    return list;
}

bool contains(const Secrets& secrets, const Secret& secret) {
    return std::any_of(secrets.begin(), secrets.end(),
                       [&](const Secret& other) { return other.reveal() == secret.reveal(); });
}

bool is_word_character(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

bool stands_alone(std::string_view text, std::size_t at, std::size_t length) {
    const bool before = at > 0 && is_word_character(text[at - 1]);
    const bool after = at + length < text.size() && is_word_character(text[at + length]);
    return !before && !after;
}

void replace_all(std::string& text, std::string_view secret) {
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
        if (secret.size() >= shortest_anywhere || stands_alone(text, at, secret.size())) {
            text.replace(at, secret.size(), "***");
            at += 3;
        } else {
            ++at;
        }
    }
}

void add(Secrets& secrets, Secret secret) {
    if (!secret.empty() && !contains(secrets, secret)) secrets.push_back(std::move(secret));
}

}  // namespace

void redact(std::vector<Secret> secrets) {
    Known& list = known();
    const std::lock_guard lock(list.mutex);
    for (Secret& secret : secrets) {
        add(list.in_order_of_arrival, Secret(percent_encode(secret.reveal())));
        add(list.in_order_of_arrival, std::move(secret));
    }
    Secrets& all = list.in_order_of_arrival;
    if (all.size() > most_secrets) {
        all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(most_secrets));
    }
    // A value that is part of another must not cut the longer one in two.
    auto sorted = std::make_shared<Secrets>(all);
    std::stable_sort(sorted->begin(), sorted->end(),
                     [](const Secret& a, const Secret& b) { return a.reveal().size() > b.reveal().size(); });
    list.longest_first = std::move(sorted);
}

std::string redacted(std::string_view text) {
    std::shared_ptr<const Secrets> secrets;
    {
        Known& list = known();
        const std::lock_guard lock(list.mutex);
        secrets = list.longest_first;
    }
    std::string safe(text);
    for (const Secret& secret : *secrets) replace_all(safe, secret.reveal());
    return safe;
}

}  // namespace autobackup::journal
