// SPDX-License-Identifier: MIT
#include "daemon/import/import.hpp"

#include "daemon/import/kinds.hpp"
#include "lib/core/text.hpp"

namespace autobackup::import_config {

const std::vector<std::string>& tools() {
    static const std::vector<std::string> names{"cvat-auto-backup", "python-github-backup", "github-mirror-script", "gitim"};
    return names;
}

Failure missing(std::string_view tool, std::string_view what) {
    return fail(Errc::config_invalid, "import-config", std::string(tool), std::string(what));
}

std::string text_of(const GithubDraft& draft) {
    std::string out = "# From the settings of " + draft.tool + ". Look it over, then: autobackupd check-config --online\n" + draft.remarks.text() +
                      "servers:\n  hub:\n    github: " + draft.url + "\n    auth: " + draft.auth + "\njobs:\n  " + draft.job +
                      ":\n    schedule: daily 02:30\n    github:\n";
    for (const std::string& line : draft.lines) out += "      " + line + "\n";
    return out;
}

Result<std::string> configuration_for(std::string_view tool, const Given& given) {
    if (tool == "cvat-auto-backup") return from_cvat_auto_backup(given);
    if (tool == "python-github-backup") return from_python_github_backup(given);
    if (tool == "github-mirror-script") return from_mirror_script(given);
    if (tool == "gitim") return from_gitim(given);
    std::string allowed;
    for (const std::string& one : tools()) allowed += (allowed.empty() ? "" : ", ") + one;
    Failure failure = missing(one_line(tool), "no such tool; allowed is " + allowed);
    if (const auto near = nearest(tool, tools())) failure.hint = "did you mean " + *near + "?";
    return failure;
}

}  // namespace autobackup::import_config
