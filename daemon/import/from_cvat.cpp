// SPDX-License-Identifier: MIT
#include <algorithm>

#include "daemon/import/kinds.hpp"
#include "lib/core/text.hpp"

namespace autobackup::import_config {
namespace {

struct Variable {
    const char* name;
    const char* option;
};

constexpr Variable variables[] = {{"CVAT_HOST", "--host"},         {"CVAT_USERNAME", "--username"},       {"CVAT_PASSWORD", "--password"},
                                  {"CVAT_PROJECT_ID", "--project-id"}, {"SAVE_DIR", "--save-dir"},       {"TARGET_REPO", "--target-repo"},
                                  {"TARGET_BRANCH", "--target-branch"}, {"GIT_USERNAME", "--git-username"}, {"GIT_TOKEN", "--git-token"}};

// NAME=value lines; `export` before and quotes around are taken away.
std::map<std::string, std::string> read_env(std::string_view text, Remarks& remarks) {
    std::map<std::string, std::string> out;
    for (std::string_view line : split(text, '\n')) {
        line = trim(line);
        if (line.starts_with("export ")) line = trim(line.substr(7));
        const auto equals = line.find('=');
        if (line.empty() || line.front() == '#' || equals == std::string_view::npos) continue;
        const std::string name(trim(line.substr(0, equals)));
        std::string_view value = trim(line.substr(equals + 1));
        if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front()) value = value.substr(1, value.size() - 2);
        const bool known = std::any_of(std::begin(variables), std::end(variables), [&](const Variable& one) { return name == one.name; });
        if (known) {
            out[name] = std::string(value);
        } else {
            remarks.add(name + ": has no counterpart");
        }
    }
    return out;
}

void read_options(const std::vector<std::string>& words, std::map<std::string, std::string>& values, Remarks& remarks) {
    std::vector<Option> table;
    for (const Variable& one : variables) table.push_back(Option{{one.option}, Takes::one});
    const Parsed parsed = parse(words, table);
    for (const Variable& one : variables)
        if (parsed.has(one.option)) values[one.name] = parsed.value(one.option);
    for (const std::string& one : parsed.unknown) remarks.add(one + ": has no counterpart");
}

}  // namespace

Result<std::string> from_cvat_auto_backup(const Given& given) {
    Remarks remarks;
    std::map<std::string, std::string> values = read_env(given.file_text, remarks);
    read_options(given.arguments, values, remarks);
    for (const char* name : {"CVAT_HOST", "CVAT_USERNAME", "CVAT_PROJECT_ID"}) {
        if (values[name].empty()) return missing("cvat-auto-backup", std::string(name) + " is not set");
    }
    secret_goes(remarks, "cvat-password", "the password (CVAT_PASSWORD)");
    std::string git;
    if (!values["TARGET_REPO"].empty()) {
        secret_goes(remarks, "git-token", "the token (GIT_TOKEN)");
        const std::string user = values["GIT_USERNAME"];
        git = "    git:\n      url: " + yaml_text(values["TARGET_REPO"]) +
              "\n      branch: " + yaml_text(values["TARGET_BRANCH"].empty() ? "main" : values["TARGET_BRANCH"]) + "\n      auth: " +
              (user.empty() ? std::string("{token: git-token}") : "{username: " + yaml_text(user) + ", password: git-token}") + "\n";
        remarks.add("TARGET_REPO: its history goes on with the next commit; nothing in it is rewritten");
    } else {
        remarks.add("no TARGET_REPO: dated ZIP files are kept, as SAVE_DIR had them");
    }
    if (!values["SAVE_DIR"].empty())
        remarks.add("SAVE_DIR (" + values["SAVE_DIR"] + "): ZIP files go to <storage>/archives/ now; what lies there stays as it is");
    std::string host = values["CVAT_HOST"];
    while (host.ends_with('/')) host.pop_back();
    if (host.find("://") == std::string::npos) host = "https://" + host;
    std::string out = "# From the settings of cvat-auto-backup. Look it over, then: autobackupd check-config --online\n" + remarks.text() +
                      "servers:\n  lab:\n    cvat: " + yaml_text(host) + "\n    auth: {username: " + yaml_text(values["CVAT_USERNAME"]) +
                      ", password: cvat-password}\njobs:\n  annotations:\n    schedule: daily 02:30\n    cvat: {projects: [" +
                      yaml_text(values["CVAT_PROJECT_ID"]) + "]}\n";
    if (git.empty()) out += "    archive: {keep: {last: 3, daily: 7, weekly: 5}}\n";
    return out + git;
}

}  // namespace autobackup::import_config
