// SPDX-License-Identifier: MIT
// The one table of configuration keys. The checks of the loader, the JSON Schema, the full sample and the
// reference page all come from it.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace autobackup::config {

/// Milliseconds, for the bounds of durations.
inline constexpr std::int64_t one_second = 1000;
inline constexpr std::int64_t one_hour = 3600 * one_second;
inline constexpr std::int64_t one_day = 24 * one_hour;

/// The form of a value.
enum class Type {
    boolean,
    integer,       ///< min..max
    duration,      ///< min..max in milliseconds
    size,          ///< min..max in bytes
    percent,       ///< 0%..100%
    text,          ///< one line, not empty
    choice,        ///< one of Key::choices
    path,          ///< absolute
    zone,          ///< IANA name
    cvat_url,      ///< base URL of a CVAT server
    github_url,    ///< API root of a GitHub server
    git_url,       ///< https, http, file:///, absolute path
    organization,  ///< slug; "" = personal workspace
    owner,         ///< name of a GitHub account, or "@me"
    owners,        ///< a list of these
    patterns,      ///< a list of names, globs and /regular expressions/
    mirror_name,   ///< "group/a": parts that are safe as file names
    copy_url,      ///< a git_url with {name}, {flat} or {owner} in it
    branch,        ///< git branch name
    email,
    recipient,       ///< one mail address that can stand in a header
    secret,          ///< NAME, {file}, {env}, {command}
    argv,            ///< a program and its arguments
    notice_url,      ///< http(s) with path and query; never shown
    events,          ///< a list of Key::choices
    listener,        ///< unix:PATH, or a port of a loopback address
    selection,       ///< all | none | list | {include, exclude}
    task_selection,  ///< the same and `unassigned`
    schedule,        ///< interface of lib/schedule; one or a list
    job_list,        ///< names of jobs
    empty_list,      ///< a list that must be empty in this version
    mapping,         ///< fixed keys; nothing = {}
    mappings,        ///< one such mapping, or a list of them
    notices,         ///< the same with the keys of `notify`, as many as are wanted
    named,           ///< free names (see valid_name), each with the keys below
    job_keys,        ///< the keys of jobs.*
};

/// What the full sample does with a key.
enum class Shown {
    live,       ///< written with its example
    commented,  ///< an alternative, or a value that fits only some: written as a comment
};

struct Key {
    std::string_view path;  ///< "jobs.*.retry.attempts"; `*` = a name of the user's
    Type type = Type::text;
    std::string_view meaning;        ///< one sentence or two, for the reference page and the sample
    std::string_view fallback = {};  ///< default, as it would be written; empty: none
    std::string_view example = {};   ///< for the sample; the fallback when empty
    std::int64_t min = 0;
    std::int64_t max = std::numeric_limits<std::int64_t>::max();
    std::string_view choices = {};     ///< of Type::choice and Type::events: "tasks|project|auto"
    std::string_view since = "0.1.0";  ///< empty: named by the contract, but not in this version
    Shown shown = Shown::live;
};

/// All keys; a parent stands before its children, which follow in the order of the documentation.
const std::vector<Key>& all_keys();

/// The parts of the table (all_keys() puts them together).
std::span<const Key> general_keys();
std::span<const Key> notify_keys();
std::span<const Key> server_keys();
std::span<const Key> job_keys();
std::span<const Key> cvat_keys();
std::span<const Key> github_keys();
std::span<const Key> mirror_keys();
std::span<const Key> github_outlet_keys();
std::span<const Key> mirror_outlet_keys();
std::span<const Key> git_keys();

/// The table as a tree. Lives as long as the process.
struct KeyNode {
    Key key;
    std::string name;  ///< last part of the path
    std::vector<std::unique_ptr<KeyNode>> children;

    /// Its children, or those of the part of the table that it takes over.
    [[nodiscard]] const std::vector<std::unique_ptr<KeyNode>>& known() const;
    /// The child of that name (or `*` when this takes free names); nullptr: unknown.
    [[nodiscard]] const KeyNode* child(std::string_view child_name) const;
    [[nodiscard]] bool in_this_version() const { return !key.since.empty(); }
};

/// The top of the tree: a mapping without a name.
const KeyNode& key_tree();
/// The keys of jobs.*, which `defaults` has too.
const KeyNode& job_tree();

/// [a-z0-9][a-z0-9._-]{0,63}: names of jobs and servers (they become file names).
bool valid_name(std::string_view name);

}  // namespace autobackup::config
