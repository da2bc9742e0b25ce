// SPDX-License-Identifier: MIT
// The flags of python-github-backup 0.65: https://github.com/josegonzalez/python-github-backup
#include "daemon/import/kinds.hpp"
#include "lib/core/text.hpp"

namespace autobackup::import_config {
namespace {

constexpr const char* tool = "python-github-backup";

struct Remarked {
    std::vector<std::string> names;
    Takes takes;
    const char* remark;  ///< nullptr: has a counterpart, see below
};

constexpr const char* metadata = "issues, pull requests and other metadata are not in this version; keep that part of the old job for now";
constexpr const char* account_list = "lists of the account are not in this version";

const std::vector<Remarked>& table() {
    static const std::vector<Remarked> all{
        {{"-t", "--token"}, Takes::one, nullptr},
        {{"-f", "--token-fine"}, Takes::one, nullptr},
        {{"--token-from-gh"}, Takes::nothing, nullptr},
        {{"--as-app"}, Takes::nothing, "give the App itself, auth: {app_id, installation, private_key}: its tokens are made, and renewed in the middle of a run"},
        {{"--keychain-name"}, Takes::one, "no keychain here"},
        {{"--keychain-account"}, Takes::one, "no keychain here"},
        {{"-q", "--quiet"}, Takes::nothing, "see --quiet of `autobackupd run`"},
        {{"-l", "--log-level"}, Takes::one, "see --log-level of every verb"},
        {{"-v", "--version"}, Takes::nothing, "see --version"},
        {{"-o", "--output-directory"}, Takes::one, nullptr},
        {{"-i", "--incremental"}, Takes::nothing, "always so: only what moved is asked for"},
        {{"--incremental-by-files"}, Takes::nothing, "always so: only what moved is asked for"},
        {{"--starred"}, Takes::nothing, account_list},
        {{"--all-starred"}, Takes::nothing, nullptr},
        {{"--starred-skip-size-over"}, Takes::one, "starred repositories have no limit of their own; repositories.max_size is for the owner's"},
        {{"--watched"}, Takes::nothing, account_list},
        {{"--followers"}, Takes::nothing, account_list},
        {{"--following"}, Takes::nothing, account_list},
        {{"--all"}, Takes::nothing, nullptr},
        {{"--issues"}, Takes::nothing, metadata},
        {{"--issue-comments"}, Takes::nothing, metadata},
        {{"--issue-events"}, Takes::nothing, metadata},
        {{"--issue-timeline"}, Takes::nothing, metadata},
        {{"--pulls"}, Takes::nothing, metadata},
        {{"--pull-comments"}, Takes::nothing, metadata},
        {{"--pull-reviews"}, Takes::nothing, metadata},
        {{"--pull-commits"}, Takes::nothing, "the commits are in the mirror (pull_refs: head)"},
        {{"--pull-details"}, Takes::nothing, metadata},
        {{"--labels"}, Takes::nothing, metadata},
        {{"--hooks"}, Takes::nothing, metadata},
        {{"--milestones"}, Takes::nothing, metadata},
        {{"--security-advisories"}, Takes::nothing, metadata},
        {{"--discussions"}, Takes::nothing, metadata},
        {{"--repositories"}, Takes::nothing, nullptr},
        {{"--bare"}, Takes::nothing, nullptr},
        {{"--no-prune"}, Takes::nothing, "keep_refs (the default) keeps what a deletion takes away"},
        {{"--lfs"}, Takes::nothing, nullptr},
        {{"--wikis"}, Takes::nothing, nullptr},
        {{"--gists"}, Takes::nothing, nullptr},
        {{"--starred-gists"}, Takes::nothing, nullptr},
        {{"--skip-archived"}, Takes::nothing, nullptr},
        {{"--skip-existing"}, Takes::nothing, "a mirror that is there is brought up to date"},
        {{"-L", "--languages"}, Takes::several, nullptr},
        {{"-N", "--name-regex"}, Takes::one, nullptr},
        {{"-H", "--github-host"}, Takes::one, nullptr},
        {{"-O", "--organization"}, Takes::nothing, nullptr},
        {{"-R", "--repository"}, Takes::one, nullptr},
        {{"-P", "--private"}, Takes::nothing, nullptr},
        {{"-F", "--fork"}, Takes::nothing, nullptr},
        {{"--prefer-ssh"}, Takes::nothing, nullptr},
        {{"--releases"}, Takes::nothing, metadata},
        {{"--latest-releases"}, Takes::one, metadata},
        {{"--skip-prerelease"}, Takes::nothing, metadata},
        {{"--assets"}, Takes::nothing, metadata},
        {{"--skip-assets-on"}, Takes::several, metadata},
        {{"--attachments"}, Takes::nothing, metadata},
        {{"--throttle-limit"}, Takes::one, "GitHub's limits are kept without being told"},
        {{"--throttle-pause"}, Takes::one, "GitHub's limits are kept without being told"},
        {{"--exclude"}, Takes::several, nullptr},
        {{"--retries"}, Takes::one, "see retry.attempts of the job"}};
    return all;
}

std::string boolean(bool value) { return value ? "true" : "false"; }

void set_access(const Parsed& given, GithubDraft& draft) {
    const std::string host = given.value("--github-host");
    if (!host.empty()) draft.url = yaml_text("https://" + host + "/api/v3");
    const std::string token = given.has("--token-fine") ? given.value("--token-fine") : given.value("--token");
    if (given.has("--token-from-gh")) {
        draft.auth = "{token: {command: [gh, auth, token" + (host.empty() ? std::string() : ", --hostname, " + yaml_text(host)) + "]}}";
    } else if (token.starts_with("file://")) {
        draft.auth = "{token: {file: " + yaml_text(token.substr(7)) + "}}";
    } else {
        secret_goes(draft.remarks, "github-token", "the token");
    }
}

// -R turns every other filter off there; so it does here.
std::string filter(const Parsed& given) {
    if (given.has("--repository")) return "{include: " + list({given.value("--repository")}) + "}";
    std::string out = "private: " + boolean(given.has("--private")) + ", forks: " + boolean(given.has("--fork"));
    if (given.has("--skip-archived")) out += ", archived: false";
    if (given.has("--name-regex")) out += ", include: " + list({"/^[^/]+/(?:" + given.value("--name-regex") + ")/"});
    if (given.has("--exclude")) out += ", exclude: " + list(given.options.at("--exclude"));
    if (given.has("--languages")) out += ", languages: " + list(given.options.at("--languages"));
    return "{" + out + "}";
}

void remark(const Parsed& given, const std::vector<Option>& options, Remarks& remarks) {
    for (std::size_t i = 0; i < options.size(); ++i) {
        const Remarked& one = table()[i];
        const std::string name = one.names.size() > 1 ? one.names[1] : one.names[0];
        if (one.remark != nullptr && given.has(name)) remarks.add(name + ": " + one.remark);
    }
    if (given.has("--all")) remarks.add(std::string("--all: code and wikis; ") + metadata);
    if (!given.has("--bare")) remarks.add("without --bare there were work trees; now there are bare mirrors, made of what lies there");
    for (const std::string& one : given.unknown) remarks.add(one + ": is not known");
}

}  // namespace

Result<std::string> from_python_github_backup(const Given& given) {
    std::vector<std::string> words = given.arguments;
    if (!given.file_text.empty()) words = find_command(given.file_text, {"github-backup", "github-backup.py", "github_backup"});
    if (!words.empty() && !words.front().starts_with('-') && words.front().ends_with("github-backup")) words.erase(words.begin());
    if (words.empty()) return missing(tool, "no call of github-backup was found");
    std::vector<Option> options;
    for (const Remarked& one : table()) options.push_back(Option{one.names, one.takes});
    const Parsed parsed = parse(words, options);
    // The owner may have been taken for a value of a list before it.
    std::string owner = parsed.positional.empty() ? std::string() : parsed.positional.front();
    if (owner.empty()) return missing(tool, "the USER (or organisation) is missing; write it first: -- USER --token …");
    GithubDraft draft;
    draft.tool = tool;
    set_access(parsed, draft);
    remark(parsed, options, draft.remarks);
    if (!parsed.has("--repositories") && !parsed.has("--all")) draft.remarks.add("neither --repositories nor --all was given: no code was saved; here it is");
    draft.lines.push_back((parsed.has("--organization") ? "organization: " : "user: ") + yaml_text(owner));
    draft.lines.push_back("repositories: " + filter(parsed));
    if (parsed.has("--prefer-ssh")) draft.lines.emplace_back("transport: ssh");
    draft.lines.push_back("lfs: " + boolean(parsed.has("--lfs")));
    draft.lines.push_back("wikis: " + boolean(parsed.has("--wikis") || parsed.has("--all")));
    if (parsed.has("--gists") || parsed.has("--starred-gists")) draft.lines.emplace_back("gists: true");
    if (parsed.has("--starred-gists")) draft.lines.emplace_back("starred_gists: true");
    if (parsed.has("--all-starred")) draft.lines.emplace_back("starred: true");
    const std::string directory = parsed.has("--output-directory") ? parsed.value("--output-directory") : ".";
    draft.lines.push_back("directory: " + yaml_text(absolute(directory, given.directory)) + "   # mirrors that lie there are taken over");
    return text_of(draft);
}

}  // namespace autobackup::import_config
