// SPDX-License-Identifier: MIT
// The configuration as typed values with defaults. No YAML and no secrets' values here; pure. interface.md §2 is the contract.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace autobackup::config {

using Milliseconds = std::chrono::milliseconds;
namespace fs = std::filesystem;

/// Where something was written, for errors and check-config --origin.
struct Origin {
    std::string file;  ///< empty: built-in default
    int line = 0;      ///< 1-based
    int column = 0;
};

/// A reference to a secret; the value is read when a run starts.
struct SecretRef {
    enum class Form { name, file, env, command };
    Form form = Form::name;
    std::string text;                 ///< NAME, path or variable
    std::vector<std::string> argv;    ///< of Form::command
    Origin origin;
    std::string key_path;             ///< "servers.lab.auth.token"
    bool private_key = false;         ///< a PEM text of several lines; every other secret has one
};

struct Limits {
    int runs = 4;
    int per_host = 2;
    std::uint64_t reserve = std::uint64_t{2} << 30;
    Milliseconds connect{15'000};
    Milliseconds no_progress{120'000};
};

struct CvatServer {
    std::string url;
    std::optional<SecretRef> token, access_token;  ///< exactly one of token, access_token, username+password
    std::string username;
    std::optional<SecretRef> password;
    std::optional<std::string> organization;  ///< absent: everything visible; "": personal space only
    fs::path ca_file;
    int exports = 1;
    Milliseconds poll_first{500};
    Milliseconds poll_max{15'000};
    Milliseconds export_deadline{std::chrono::hours{5}};
    Milliseconds no_progress{120'000};
};

struct GithubServer {
    std::string url;  ///< API root: https://api.github.com, https://HOST/api/v3
    std::optional<SecretRef> token;
    std::string app_id;        ///< with installation and private_key instead of a token
    std::string installation;  ///< organisation or user on which the App is installed
    std::optional<SecretRef> private_key;
    std::optional<SecretRef> ssh_key;  ///< for `transport: ssh`
    fs::path known_hosts;              ///< empty: ssh's own files
    fs::path ca_file;
    Milliseconds no_progress{120'000};
};

struct Server {
    std::string name;
    Origin origin;
    std::variant<CvatServer, GithubServer> what;
};

/// all | none | unassigned | list | include/exclude. Entries: a whole number is an id, a text with * ? [ is a glob, other text a name.
struct Selection {
    enum class Base { all, none, unassigned, listed };
    Base base = Base::all;
    std::vector<std::string> include;  ///< for Base::listed
    std::vector<std::string> exclude;  ///< of what Base::all or Base::listed gives
};

enum class ExportMode { tasks, project, automatic };
enum class DownloadMode { changes, whole };

struct CvatSource {
    std::string server;  ///< name of the server (resolved, also when the configuration left it out)
    Selection projects;  ///< default all
    Selection tasks{Selection::Base::none, {}, {}};
    std::optional<std::string> organization;
    ExportMode export_mode = ExportMode::automatic;
    DownloadMode download = DownloadMode::changes;
    bool touch = false;
    bool details = true;
};

/// Who we are towards a git server. At most one of password and ssh_key.
struct GitAuth {
    std::string username;  ///< "x-access-token" with `token`
    std::optional<SecretRef> password;
    std::optional<SecretRef> ssh_key;
    fs::path known_hosts;  ///< for ssh; empty: ssh's own files
};

enum class CreateAt { none, github, gitea };  ///< by whose API repositories are made that are not there

/// Another place where every mirror of a job is pushed to.
struct MirrorCopy {
    std::string url;   ///< with {name}, {flat} or {owner} in it
    GitAuth auth;
    fs::path ca_file;
    CreateAt create = CreateAt::none;
    std::string api;   ///< root of that API; empty: derived from the URL
    std::optional<SecretRef> api_token;  ///< empty: the password of `auth`
    bool kept = true;                    ///< kept refs go along
    std::optional<bool> pull_refs;       ///< whether refs/pull/ goes along; empty: to a path only
    bool lfs = true;
};

/// Dated bundles of mirrors that changed.
struct Bundles {
    fs::path directory;
    int keep = 3;  ///< of each repository
};

/// What becomes of a mirror once it is up to date.
struct MirrorOutlets {
    std::vector<MirrorCopy> copies;
    std::optional<Bundles> bundles;
};

struct MirrorRepository {
    std::string url;   ///< https, http, ssh://, user@host:path, file:///, absolute path; no user-info but the user name of ssh
    std::string name;  ///< "group/a": parts that are safe as file names, none ends in .git; unique within the job
    GitAuth auth;      ///< its own, else that of the source
};

struct MirrorSource {
    std::vector<MirrorRepository> repositories;
    bool lfs = true;
    bool keep_refs = true;
    fs::path ca_file;
    MirrorOutlets outlets;
};

/// Which repositories of a listing. Patterns: a name or glob of "app" or "acme/app"; /text/ is a regular expression (ECMAScript)
/// that must match somewhere in "acme/app".
struct RepositoryFilter {
    std::vector<std::string> include{"*"};
    std::vector<std::string> exclude;
    bool private_ones = true, forks = true, archived = true, templates = true;
    std::vector<std::string> languages;          ///< empty: all
    std::vector<std::string> topics;             ///< has one of them; empty: all
    std::optional<std::uint64_t> max_size;       ///< bytes, as the server tells them
    std::optional<Milliseconds> pushed_within;
};

enum class Transport { https, ssh };
enum class PullRefs { head, all, none };

struct GithubSource {
    struct Owner {
        enum class Kind { organization, user, self, any };
        Kind kind = Kind::any;
        std::string login;  ///< empty for self
    };
    std::string server;  ///< resolved
    std::vector<Owner> owners;
    RepositoryFilter repositories;
    Transport transport = Transport::https;
    bool lfs = true;
    bool wikis = true;
    bool gists = false;          ///< of owners that are users
    bool starred_gists = false;  ///< of the account of the token
    bool starred = false;        ///< repositories that the owners (users) have starred
    PullRefs pull_refs = PullRefs::head;
    bool keep_refs = true;
    int recheck = 7;             ///< each repository and wiki is asked at least once in so many runs, moved or not; 1: in every run
    fs::path directory;          ///< absolute; empty: <storage>/github/<owner>; several owners: <directory>/<owner>
    MirrorOutlets outlets;
};

struct Keep {
    int last = 0, daily = 0, weekly = 0, monthly = 0, yearly = 0;
    std::optional<Milliseconds> within;
    [[nodiscard]] bool any() const { return last || daily || weekly || monthly || yearly || within; }
};

struct Archive {
    std::optional<Keep> keep;  ///< absent: everything is kept
};

enum class LargeFiles { lfs, refuse };  ///< what becomes of files over the limit

struct GitTarget {
    std::string url;
    std::string branch = "main";
    std::string username;  ///< "x-access-token" with `token`
    std::optional<SecretRef> password;
    std::optional<SecretRef> ssh_key;
    fs::path known_hosts;  ///< for ssh; empty: ssh's own files
    fs::path ca_file;
    std::string author_name = "autobackupd";
    std::string author_email = "autobackupd@localhost";
    LargeFiles large_files = LargeFiles::lfs;
    std::uint64_t large_file_limit = 100'000'000;  ///< bytes; the same in all targets of a job, as `large_files`
};

/// The transitions of a job that a webhook, a mail or a command is for.
struct NoticeEvents {
    bool failed = true;         ///< the first run that did not succeed (partial is not success)
    bool still_failing = true;  ///< a further one, told at most once a day
    bool recovered = true;      ///< the first success after that
};

/// Start and end of every run, in the form of healthchecks. The URL is as good as a password: it is never shown.
struct PingNotice {
    std::string url;
};
/// A JSON object by POST. The URL as above.
struct WebhookNotice {
    std::string url;
    std::optional<SecretRef> auth;  ///< sent as `Authorization: Bearer …`
};
struct EmailNotice {
    std::string address;
};
struct CommandNotice {
    std::vector<std::string> argv;
};

/// Who is told, and of what.
struct Notice {
    Origin origin;
    std::string key_path;  ///< "notify[0]"
    std::variant<PingNotice, WebhookNotice, EmailNotice, CommandNotice> to;
    NoticeEvents on;       ///< not of a ping
};

/// Where GET /metrics is answered: a unix socket, or a port of a loopback address.
struct MetricsListener {
    fs::path socket;      ///< absolute; empty: TCP
    std::string address;  ///< "127.0.0.1", "::1"
    std::uint16_t port = 0;
};

struct Metrics {
    fs::path file;  ///< absolute; empty: none is written
    std::optional<MetricsListener> listen;
};

struct Retry {
    int attempts = 4;
    Milliseconds delay{5'000};
    Milliseconds max_delay{300'000};
};

enum class CatchUp { latest, none };  ///< what a start does about due times that were missed
enum class Overlap { skip, queue };   ///< what a due time does while the job still runs

struct Job {
    std::string name;
    Origin origin;
    bool enabled = true;
    std::vector<std::string> schedule;  ///< texts as written, checked; "manual" alone = only when asked
    std::string time_zone;              ///< IANA name, the general one filled in; empty: the system's
    Milliseconds jitter{0};             ///< a start is put off by up to this, stable per host and job
    CatchUp catch_up = CatchUp::latest;
    Overlap overlap = Overlap::skip;
    std::vector<std::string> after;     ///< names of jobs whose run of the same due time must have succeeded; no cycles
    Milliseconds timeout{std::chrono::hours{6}};
    Retry retry;
    int shrink_limit = 30;  ///< percent: an item that has lost more since its last verified copy fails
    std::variant<CvatSource, MirrorSource, GithubSource> source;
    std::optional<Archive> archive;
    std::vector<GitTarget> git;
    std::map<std::string, std::vector<std::string>> checks;  ///< "structure", "checksum", "spot", "drill": schedules as written, checked
    std::string drill_server;    ///< CVAT server that drills restore into; empty: a scratch directory
    std::vector<Notice> notify;  ///< the general list filled in where the job has none of its own
};

struct Config {
    fs::path storage;  ///< absolute
    std::string time_zone;
    Limits limits;
    Metrics metrics;
    std::vector<Notice> notify;  ///< for jobs without a list of their own; Job::notify is what counts
    std::map<std::string, Server> servers;
    std::map<std::string, Job> jobs;
    std::vector<std::string> warnings;  ///< e.g. http:// to a host that is not loopback
};

}  // namespace autobackup::config
