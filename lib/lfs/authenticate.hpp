// SPDX-License-Identifier: MIT
// What an ssh server answers when it is asked where its large files go (git-lfs docs/api/server-discovery.md). Pure.
#pragma once

#include <string>

#include "lib/lfs/batch.hpp"

namespace autobackup::lfs {

/// The program to run at the server: `git-lfs-authenticate PATH upload|download`.
inline constexpr const char* authenticate_program = "git-lfs-authenticate";

/// What that program ended with.
struct AuthenticateAnswer {
    int exit_code = 0;
    std::string output;  ///< secret
    std::string words;   ///< of its stderr
};

/// The way in that the server allows. Failures, with the server's words in `peer`: unsupported (it has no such program), forbidden, not_found,
/// server_error (the program failed for another reason), bad_response. `url` of the git repository, for them. The output is in none of them.
Result<Access> access_of(const AuthenticateAnswer& answer, const std::string& url, Instant now);

}  // namespace autobackup::lfs
