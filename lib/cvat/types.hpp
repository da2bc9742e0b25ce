// SPDX-License-Identifier: MIT
// What CVAT's API tells, as values. Facts: CVAT 2.54.1 and 2.14.4 as run, 2.42..2.72 as read; a field that a server family does
// not have is absent here too. Pure.
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/instant.hpp"

namespace autobackup::cvat {

/// How exports work on this server: A 2.0-2.15, B 2.16-2.31, C 2.32-2.37, D 2.38 and later.
enum class Family { a, b, c, d };

struct About {
    std::string version;  ///< as told, e.g. "2.54.1.dev2025…"
    Family family = Family::d;
    std::string user;     ///< name of the account whose credentials are used
    std::int64_t user_id = 0;
    bool is_admin = false;
};

enum class Kind { project, task };
inline const char* name(Kind kind) { return kind == Kind::project ? "project" : "task"; }

/// One object of a server: what is exported.
struct Object {
    Kind kind = Kind::project;
    std::int64_t id = 0;
};

struct Organization {
    std::int64_t id = 0;
    std::string slug;
    std::string name;
};

/// The workspace that a list is asked for: an organisation's slug, or the personal space ("").
struct Context {
    std::string organization;
    bool everywhere = false;  ///< in no workspace: an administrator sees everything, others only what is theirs
};

struct User {
    std::int64_t id = 0;
    std::string username;
};

struct Project {
    std::int64_t id = 0;
    std::string name;
    std::string bug_tracker;
    std::string status;
    std::optional<std::int64_t> organization_id;  ///< family A calls it `organization`
    std::optional<std::int64_t> guide_id;
    std::optional<User> owner, assignee;
    Instant updated_date, created_date;
    std::int64_t tasks_count = 0;
    boost::json::object raw;  ///< the whole answer
};

/// State of a task's data (contract §3.1).
enum class DataState { none, pending_or_failed, ready };

struct Task {
    std::int64_t id = 0;
    std::string name;
    std::string subset;
    std::optional<std::int64_t> project_id;
    std::optional<std::int64_t> organization_id;
    std::optional<std::int64_t> guide_id;
    std::optional<User> owner, assignee;
    Instant updated_date, created_date;
    DataState data = DataState::none;
    std::int64_t size = 0;  ///< frames; 0 unless ready
    std::int64_t jobs_count = 0;
    boost::json::object raw;
};

struct Job {
    std::int64_t id = 0;
    std::int64_t task_id = 0;
    std::optional<std::int64_t> project_id;
    std::string type;   ///< annotation, ground_truth, consensus_replica
    std::string stage, state, status;
    std::int64_t start_frame = 0, stop_frame = 0;
    std::optional<User> assignee;
    Instant updated_date;
    boost::json::object raw;
};

/// The cheap question: newest date and count of each kind in one context.
struct Newest {
    struct One {
        std::int64_t count = 0;
        std::string updated_date;  ///< as the server wrote it; empty when count is 0
        friend bool operator==(const One&, const One&) = default;
    };
    One projects, tasks, jobs;
    friend bool operator==(const Newest&, const Newest&) = default;
};

/// What a reviewer noted on a frame. The lists below are of what no backup of CVAT holds.
struct Issue {
    std::int64_t id = 0;
    std::int64_t job_id = 0;
    std::int64_t frame = 0;
    boost::json::array position;
    std::optional<User> owner, assignee;
    Instant created_date;
    Instant updated_date;
    bool resolved = false;
    std::int64_t comments = 0;  ///< how many
};

struct Comment {
    std::int64_t id = 0;
    std::int64_t issue_id = 0;
    std::optional<User> owner;
    Instant created_date;
    std::string message;
};

/// Without its secret, which the API never tells.
struct Webhook {
    std::int64_t id = 0;
    std::optional<std::int64_t> project_id;  ///< absent: of the whole organisation
    std::string target_url;                  ///< may hold a secret of its own
    std::string description, content_type;
    bool is_active = false, enable_ssl = false;
    std::optional<User> owner;
    std::vector<std::string> events;
};

/// How the quality of a task, or of a project, is judged (2.4 and later).
struct QualitySettings {
    std::int64_t id = 0;
    std::optional<std::int64_t> task_id, project_id;
    boost::json::object values;  ///< every other plain value of the answer but dates, as told
};

/// A user in an organisation.
struct Membership {
    std::int64_t id = 0;
    User user;
    std::string role;  ///< worker, supervisor, maintainer, owner
};

struct AnnotationCounts {
    std::int64_t shapes = 0, tags = 0, tracks = 0;  ///< skeletons count once
    friend bool operator==(const AnnotationCounts&, const AnnotationCounts&) = default;
};

struct Asset {
    std::string uuid;
    std::string file_name;  ///< as the server's backup names it, undone from Content-Disposition (contract §6.4)
    std::string body;
};

struct Guide {
    std::int64_t id = 0;
    std::string markdown;
};

}  // namespace autobackup::cvat
