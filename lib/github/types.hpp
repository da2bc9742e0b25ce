// SPDX-License-Identifier: MIT
// What GitHub's API tells, as values. Facts: REST description 2022-11-28, GraphQL schema of 2026; GitHub Enterprise Server
// answers the same keys. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace autobackup::github {

/// Whose repositories are listed.
struct Owner {
    enum class Kind {
        any,           ///< a name; whether organisation or user is the server's to tell
        organization,
        user,
        self           ///< what the account of the token owns; no name
    };
    Kind kind = Kind::any;
    std::string login;
};

/// "organisation acme", "user alice", "the account of the token": for errors.
std::string text_of(const Owner& owner);

struct Repository {
    std::string node_id;           ///< "R_kgD…": stays when it is renamed or transferred
    std::int64_t database_id = 0;  ///< of /repositories/{id}; 0: not told
    std::string owner, name;
    std::string clone_url;         ///< https, ends in ".git"
    std::string ssh_url;           ///< "git@github.com:acme/app.git"
    std::string pushed_at;         ///< as the server wrote it; empty: never pushed to. Any ref that a push moves moves it
    std::string default_branch;    ///< empty: an empty repository
    std::string language;
    std::string parent;            ///< full name of what it was forked from
    std::vector<std::string> topics;
    std::uint64_t disk_kb = 0;
    bool is_private = false, fork = false, archived = false, is_template = false, empty = false;
    bool has_wiki = false;         ///< the tick box: the wiki may have no page and then no repository
    bool disabled = false;         ///< by GitHub; its content may not be readable
    [[nodiscard]] std::string full_name() const { return owner + "/" + name; }
};

struct Listing {
    std::string login;                    ///< of the owner as the server spells it
    std::vector<Repository> repositories;  ///< by name
    /// What the token may not read, in the server's words ("acme/secret: …"); named, not left out in silence.
    std::vector<std::string> unreadable;
};

struct Gist {
    std::string id;
    std::string description;
    std::string clone_url;   ///< https://gist.github.com/<id>.git
    std::string updated_at;
    std::string owner;
    bool is_public = false;
};

}  // namespace autobackup::github
