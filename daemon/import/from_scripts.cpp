// SPDX-License-Identifier: MIT
#include "daemon/import/kinds.hpp"
#include "lib/core/text.hpp"

namespace autobackup::import_config {
namespace {

std::vector<std::string> words_of(const Given& given, const std::vector<std::string>& programs) {
    if (!given.file_text.empty()) return find_command(given.file_text, programs);
    return given.arguments;
}

std::string directory_line(const std::string& directory, const Given& given) {
    return "directory: " + yaml_text(absolute(directory, given.directory)) + "   # mirrors that lie there are taken over";
}

}  // namespace

Result<std::string> from_mirror_script(const Given& given) {
    constexpr const char* tool = "github-mirror-script";
    std::vector<std::string> words = words_of(given, {"github-backup.py", "backup.py", "github-local-backup.py"});
    while (!words.empty() && words.front().ends_with(".py")) words.erase(words.begin());
    if (words.size() < 5) return missing(tool, "five arguments are expected: (organization|user) LOGIN TOKEN (url|sshUrl) DIRECTORY");
    const std::string kind = to_lower(words[0]);
    const bool organization = kind == "organization" || kind == "organisation";
    if (!organization && kind != "user") return missing(tool, "the first argument is organization or user");
    if (words[3] != "url" && words[3] != "sshUrl") return missing(tool, "the fourth argument is url or sshUrl");
    GithubDraft draft;
    draft.tool = tool;
    secret_goes(draft.remarks, "github-token", "the token (third argument)");
    if (!organization) draft.remarks.add("for a user the script listed repositories of others too, where the user collaborates; here: what the user owns");
    draft.remarks.add("<name>.git becomes repositories/<name>/repository; HEAD alone was compared, here every ref is");
    draft.lines.push_back((organization ? "organization: " : "user: ") + yaml_text(words[1]));
    draft.lines.push_back(std::string("transport: ") + (words[3] == "sshUrl" ? "ssh" : "https"));
    draft.lines.emplace_back("lfs: false");
    draft.lines.emplace_back("wikis: false");
    draft.lines.push_back(directory_line(words[4], given));
    for (std::size_t i = 5; i < words.size(); ++i) draft.remarks.add(words[i] + ": is not known");
    return text_of(draft);
}

Result<std::string> from_gitim(const Given& given) {
    constexpr const char* tool = "gitim";
    std::vector<std::string> words = words_of(given, {"gitim", "gitim.py"});
    while (!words.empty() && (words.front().ends_with("gitim") || words.front().ends_with(".py"))) words.erase(words.begin());
    const Parsed parsed = parse(words, {{{"-u", "--user"}, Takes::one},
                                        {{"-p", "--password"}, Takes::one},
                                        {{"-t", "--token"}, Takes::one},
                                        {{"-o", "--org"}, Takes::one},
                                        {{"-d", "--dest"}, Takes::one},
                                        {{"--nopull"}, Takes::nothing},
                                        {{"--shallow"}, Takes::nothing},
                                        {{"--ssh"}, Takes::nothing},
                                        {{"--noforks"}, Takes::nothing}});
    GithubDraft draft;
    draft.tool = tool;
    secret_goes(draft.remarks, "github-token", "a token");
    if (parsed.has("--password")) draft.remarks.add("--password: GitHub takes no passwords any more");
    if (parsed.has("--nopull")) draft.remarks.add("--nopull: a mirror that is there is brought up to date");
    if (parsed.has("--shallow")) draft.remarks.add("--shallow: has no counterpart, the whole history is kept; shallow clones that lie there stay as they are, and mirrors are made beside them");
    for (const std::string& one : parsed.unknown) draft.remarks.add(one + ": is not known");
    if (parsed.has("--org")) {
        draft.lines.push_back("organization: " + yaml_text(parsed.value("--org")));
    } else {
        draft.lines.emplace_back("user: \"@me\"");
        draft.remarks.add("gitim took everything that the account may see; here: what it owns. Name further owners by `owners: […]`");
    }
    if (parsed.has("--noforks")) draft.lines.emplace_back("repositories: {forks: false}");
    if (parsed.has("--ssh")) draft.lines.emplace_back("transport: ssh");
    draft.lines.emplace_back("lfs: false");
    draft.lines.emplace_back("wikis: false");
    draft.remarks.add("work trees become bare mirrors, made of what lies there");
    draft.lines.push_back(directory_line(parsed.has("--dest") ? parsed.value("--dest") : ".", given));
    return text_of(draft);
}

}  // namespace autobackup::import_config
