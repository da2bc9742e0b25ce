// SPDX-License-Identifier: MIT
#include "daemon/import/words.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>

#include "daemon/import/import.hpp"
#include "lib/core/text.hpp"

namespace autobackup::import_config {
namespace {

bool names_program(const std::string& word, const std::vector<std::string>& programs) {
    const std::string base = std::filesystem::path(word).filename().string();
    return std::find(programs.begin(), programs.end(), base) != programs.end();
}

// One line of a script, continued ones joined, as sh splits it. What follows a pipe, a redirection or another command is left out.
std::vector<std::string> shell_words(std::string_view line) {
    std::vector<std::string> words;
    std::string word;
    bool open = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (c == '\'' || c == '"') {
            open = true;
            for (++i; i < line.size() && line[i] != c; ++i) {
                if (c == '"' && line[i] == '\\' && i + 1 < line.size()) ++i;
                word += line[i];
            }
        } else if (c == '\\' && i + 1 < line.size()) {
            open = true;
            word += line[++i];
        } else if (c == ' ' || c == '\t') {
            if (open) words.push_back(std::move(word));
            word.clear();
            open = false;
        } else if (std::string_view("|;&<>").find(c) != std::string_view::npos || (c == '#' && !open)) {
            const bool redirected = (c == '<' || c == '>') && word.find_first_not_of("0123456789") == std::string::npos;
            if (redirected) open = false;  // the 2 of 2>file
            break;
        } else {
            open = true;
            word += c;
        }
    }
    if (open) words.push_back(std::move(word));
    return words;
}

const Option* find_option(const std::string& name, const std::vector<Option>& table) {
    const Option* near = nullptr;
    for (const Option& one : table) {
        for (const std::string& known : one.names) {
            if (known == name) return &one;
            if (!name.starts_with("--") || name.size() < 4 || !known.starts_with(name)) continue;
            if (near != nullptr && near != &one) return nullptr;  // ambiguous
            near = &one;
        }
    }
    return near;
}

std::string key_of(const Option& option) {
    const auto long_name = std::find_if(option.names.begin(), option.names.end(), [](const std::string& name) { return name.starts_with("--"); });
    return long_name == option.names.end() ? option.names.front() : *long_name;
}

bool is_option(const std::string& word) { return word.size() > 1 && word.starts_with('-'); }

}  // namespace

std::vector<std::string> find_command(std::string_view text, const std::vector<std::string>& programs) {
    std::string joined(text);
    for (std::size_t at = 0; (at = joined.find("\\\n", at)) != std::string::npos;) joined.replace(at, 2, " ");
    for (const std::string_view line : split(joined, '\n')) {
        std::vector<std::string> words = shell_words(trim(line));
        const auto program = std::find_if(words.begin(), words.end(), [&](const std::string& word) { return names_program(word, programs); });
        if (program != words.end()) return {program + 1, words.end()};
    }
    return {};
}

std::string Parsed::value(const std::string& name) const {
    const auto found = options.find(name);
    return found == options.end() || found->second.empty() ? std::string() : found->second.back();
}

Parsed parse(const std::vector<std::string>& words, const std::vector<Option>& table) {
    Parsed out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        std::string name = words[i];
        if (!is_option(name)) {
            out.positional.push_back(name);
            continue;
        }
        std::optional<std::string> attached;
        if (const auto equals = name.find('='); name.starts_with("--") && equals != std::string::npos) {
            attached = name.substr(equals + 1);
            name.resize(equals);
        }
        const Option* option = find_option(name, table);
        if (option == nullptr && !name.starts_with("--") && name.size() > 2) {  // -nvalue
            option = find_option(name.substr(0, 2), table);
            if (option != nullptr) attached = name.substr(2);
        }
        if (option == nullptr) {
            out.unknown.push_back(name);
            continue;
        }
        std::vector<std::string>& values = out.options[key_of(*option)];
        if (attached) values.push_back(*attached);
        const bool more = option->takes == Takes::several || (option->takes == Takes::one && !attached);
        while (more && i + 1 < words.size() && !is_option(words[i + 1])) {
            values.push_back(words[++i]);
            if (option->takes == Takes::one) break;
        }
    }
    return out;
}

std::string yaml_text(std::string_view text) {
    const bool plain = !text.empty() && text.size() < 60 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '_' || c == '-' || c == '.';
    });
    const std::string lower = to_lower(text);
    const bool word = lower == "true" || lower == "false" || lower == "yes" || lower == "no" || lower == "null" || lower == "on" || lower == "off";
    if (plain && !word && text.front() != '-' && text.front() != '.') return std::string(text);
    return boost::json::serialize(boost::json::string(text));  // JSON's strings are YAML's double-quoted ones
}

std::string list(const std::vector<std::string>& texts) {
    std::string out;
    for (const std::string& one : texts) out += (out.empty() ? "" : ", ") + yaml_text(one);
    return "[" + out + "]";
}

std::string absolute(std::string_view path, std::string_view directory) {
    std::string text(path);
    if (!text.starts_with('/')) text = std::string(directory) + "/" + text;
    std::string out = std::filesystem::path(text).lexically_normal().string();
    while (out.size() > 1 && out.ends_with('/')) out.pop_back();
    return out;
}

std::string Remarks::text() const {
    std::string out;
    for (const std::string& line : lines_) out += "# - " + one_line(line) + "\n";
    return out;
}

void secret_goes(Remarks& remarks, std::string_view name, std::string_view what) {
    remarks.add("put " + std::string(what) + " into /etc/autobackupd/credentials/" + std::string(name) + " (root, mode 0600); it is not repeated here");
}

}  // namespace autobackup::import_config
