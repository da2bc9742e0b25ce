// SPDX-License-Identifier: MIT
#include "lib/lfs/authenticate.hpp"

#include <algorithm>
#include <initializer_list>

#include "lib/core/text.hpp"

namespace autobackup::lfs {
namespace {

constexpr int exit_without_command = 127;

bool says_any(const std::string& words, std::initializer_list<std::string_view> list) {
    return std::any_of(list.begin(), list.end(), [&](std::string_view one) { return words.find(one) != std::string::npos; });
}

// The shells' words for a program that is not there, git-shell(1)'s for one that it does not start, and those of forges with LFS turned off.
bool has_no_program(const AuthenticateAnswer& answer) {
    const std::string words = to_lower(answer.words);
    return answer.exit_code == exit_without_command ||
           says_any(words, {"command not found", "unrecognized command", "unknown command", "unknown git command", "invalid command", "disallowed command",
                            "lfs is not enabled", "lfs is disabled", "lfs server is not configured"});
}

Failure failure_of(const AuthenticateAnswer& answer, const std::string& url) {
    const std::string operation = std::string("run ") + authenticate_program + " for";
    if (has_no_program(answer)) {
        Failure failure = fail(Errc::unsupported, operation, url, "the server does not say where its large files go: it has no Git LFS for ssh",
                               cut_peer_words(answer.words));
        failure.hint = "turn Git LFS on at the server, give this target an https URL, or raise large_file_limit, if it takes large files in git itself";
        return failure;
    }
    const std::string words = to_lower(answer.words);
    Errc code = Errc::server_error;
    if (says_any(words, {"not found", "could not be found", "does not exist"})) code = Errc::not_found;
    if (says_any(words, {"denied", "forbidden", "not allowed", "read only", "read-only", "not authorized", "unauthorized"})) code = Errc::forbidden;
    return fail(code, operation, url, "the server gave no way in for large files (exit code " + std::to_string(answer.exit_code) + ")",
                cut_peer_words(answer.words));
}

}  // namespace

Result<Access> access_of(const AuthenticateAnswer& answer, const std::string& url, Instant now) {
    if (answer.exit_code != 0) return failure_of(answer, url);
    Result<Access> access = parse_access(answer.output, now);
    if (access) return access;
    Failure failure = access.error();
    failure.operation = std::string("run ") + authenticate_program + " for";
    failure.object = url;
    failure.peer = cut_peer_words(answer.words);
    return failure;
}

}  // namespace autobackup::lfs
