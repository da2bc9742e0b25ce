// SPDX-License-Identifier: MIT
#include "daemon/ctl/cvat_restore.hpp"

#include <unistd.h>

#include <utility>

#include "build_info.hpp"
#include "daemon/config/secrets.hpp"
#include "daemon/ctl/offline.hpp"
#include "daemon/report/progress.hpp"
#include "daemon/restore/cvat_server.hpp"
#include "daemon/restore/places.hpp"
#include "lib/core/file.hpp"
#include "lib/core/text.hpp"
#include "lib/journal/redact.hpp"

namespace autobackup::ctl {
namespace {

namespace json = boost::json;

// Shows the upload on a terminal; and when everything ends in the middle of it, says what that leaves on the server.
class Watcher final : public cvat::ImportObserver {
public:
    explicit Watcher(const std::string& to) : to_(to), progress_(report::make_progress(STDERR_FILENO, false)) {}
    ~Watcher() override {
        progress_->clear();
        if (waiting_) tell("what " + to_ + " was given it goes on to import: look there before you try again");
        if (!ended_ && begun_ > 1) tell("a part of the project is on " + to_ + " already: delete it there before you try again");
    }
    void begins(const std::string& what) override {
        waiting_ = false;
        ++begun_;
        progress_->item(to_, what);
    }
    void sent(std::uint64_t bytes, std::uint64_t total) override {
        progress_->phase("uploading");
        progress_->bytes(bytes, total);
    }
    void waiting(const std::string& status, Milliseconds since) override {
        waiting_ = true;
        progress_->phase("importing: " + status + " " + human_duration(since));
    }
    void ended() {
        waiting_ = false;
        ended_ = true;
        progress_->clear();
    }

private:
    std::string to_;
    std::unique_ptr<report::Progress> progress_;
    int begun_ = 0;  ///< uploads
    bool waiting_ = false, ended_ = false;
};

struct Wish {
    restore::ServerAccess access;
    restore::ToServer to;
};

bool is_server_url(const std::string& text) { return text.starts_with("http://") || text.starts_with("https://"); }

Failure unknown_server(const CommandLine& line, const config::Config* config) {
    const std::string& given = line.to_cvat;
    std::vector<std::string> names;
    if (config != nullptr) {
        for (const auto& [name, server] : config->servers) {
            if (std::holds_alternative<config::CvatServer>(server.what)) names.push_back(name);
        }
    }
    Failure failure = fail(Errc::bad_request, line.verb, "server " + one_line(given), "no CVAT server of this name is configured");
    if (const auto near = nearest(given, names)) failure.message += "; did you mean \"" + *near + "\"?";
    failure.hint = "a server that the configuration does not have is named by its URL, with --server-username and --server-password-file";
    return failure;
}

// A file alone holds a token: personal access tokens have a dot in them (2.48 and later), the others are 40 hexadecimal digits.
Result<void> use_files(const CommandLine& line, restore::ServerAccess& access) {
    const bool plain = !restore::is_url(line.from);  // else they are those of that URL
    std::string username = line.server_username, password_file = line.server_password_file, ca_file = line.server_ca_file;
    if (plain && username.empty()) username = line.username;
    if (plain && password_file.empty()) password_file = line.password_file;
    if (plain && ca_file.empty()) ca_file = line.ca_file;
    if (!ca_file.empty()) access.http.ca_file = ca_file;
    if (password_file.empty()) return {};
    const Result<std::string> text = read_file(password_file, std::size_t{64} << 10);
    if (!text) return text.error();
    const std::string secret(trim(*text));
    access.secret = Secret(secret);
    access.username = username;
    access.auth = restore::ServerAccess::Auth::token;
    if (!username.empty()) access.auth = restore::ServerAccess::Auth::password;
    if (username.empty() && secret.find('.') != std::string::npos) access.auth = restore::ServerAccess::Auth::access_token;
    return {};
}

Awaitable<Result<Wish>> wish_of(const Context& context, const Sources& sources, async::Workers& workers) {
    Result<checks::ServerPlace> place = co_await server_of(context, sources.config, workers);
    if (!place) co_return place.error();
    Wish wish;
    wish.access = std::move(place->access);
    wish.to.organization = std::move(place->organization);
    wish.to.name = context.line.name;
    co_return wish;
}

std::string place_words(const Wish& wish) {
    return wish.access.name + (wish.to.organization.empty() ? "" : ", organisation " + one_line(wish.to.organization));
}

json::array list_of(const std::vector<std::string>& texts) {
    json::array out;
    for (const std::string& one : texts) out.emplace_back(json::string(one));
    return out;
}

json::value or_null(const std::string& text) {
    if (text.empty()) return nullptr;
    return json::string(text);
}

int print_result(const restore::Snapshot& snapshot, const std::string& from, const Wish& wish, const restore::OnServer& there) {
    json::array tasks;
    for (const restore::ServerTask& task : there.tasks) {
        json::object one{{"task", task.backup_id}, {"name", task.name}, {"id", nullptr}, {"problem", or_null(task.problem)}};
        if (task.id != 0) one["id"] = task.id;
        tasks.push_back(std::move(one));
    }
    return print_json(json::object{{"format", 1},
                                   {"snapshot", snapshot.id},
                                   {"from", from},
                                   {"to", wish.access.name},
                                   {"organization", or_null(wish.to.organization)},
                                   {"kind", cvat::name(there.object.kind)},
                                   {"id", there.object.id},
                                   {"name", there.name},
                                   {"bytes", there.bytes},
                                   {"whole", there.whole()},
                                   {"tasks", std::move(tasks)},
                                   {"differences", list_of(there.differences)},
                                   {"not_applied", list_of(there.not_applied)},
                                   {"warnings", list_of(there.warnings)}});
}

int tell_result(const Context& context, const restore::Snapshot& snapshot, const std::string& from, const Wish& wish, const restore::OnServer& there) {
    for (const std::string& warning : there.warnings) tell("warning: " + warning);
    for (const std::string& one : there.not_applied) tell("not put back: " + one);
    for (const restore::ServerTask& task : there.tasks) {
        if (!task.problem.empty()) tell("left out: task " + std::to_string(task.backup_id) + " \"" + one_line(task.name) + "\": " + task.problem);
    }
    for (const std::string& one : there.differences) tell("different: " + one);
    const std::string what = std::string(cvat::name(there.object.kind)) + " " + std::to_string(there.object.id);
    tell(snapshot.id + " restored from " + from + " to " + place_words(wish) + " as " + what + " \"" + one_line(there.name) + "\": " +
         human_bytes(there.bytes) + (there.whole() ? ", compared and equal" : ""));
    if (context.line.json && print_result(snapshot, from, wish, there) != 0) return 1;
    return there.whole() ? 0 : 3;
}

Awaitable<int> tell_plan(const Context& context, restore::Server& server, const restore::Request& request, const Wish& wish, async::Workers& workers) {
    const Result<std::vector<std::string>> lines = co_await restore::plan_to_cvat(server, workers, request, wish.to);
    if (!lines) co_return failed(lines.error());
    const restore::Snapshot& snapshot = request.snapshot;
    if (context.line.json) {
        co_return print_json(json::object{{"format", 1}, {"dry_run", true}, {"snapshot", snapshot.id}, {"to", wish.access.name},
                                          {"server_version", server.client().about().version}, {"organization", or_null(wish.to.organization)},
                                          {"bytes", snapshot.bytes}, {"steps", list_of(*lines)}});
    }
    std::string what = snapshot.id;
    if (request.task) what = "task " + std::to_string(*request.task) + " out of " + what;
    std::string text = "would restore " + what + " (" + human_bytes(snapshot.bytes) + ", of " + exact(snapshot.time, context.screen.clock) + ") to " +
                       place_words(wish) + " (CVAT " + one_line(server.client().about().version) + ") as something new\n";
    for (const std::string& line : *lines) text += "  " + line + "\n";
    co_return print(text);
}

// The server's refusal of the content is no mistake of the command line.
int server_failed(const Failure& failure) {
    failed(failure);
    return failure.code == Errc::cancelled ? 5 : 1;
}

Result<checks::ServerPlace> read_server(const Context& context, std::optional<config::Config> config, const config::SecretPlaces& secrets) {
    const CommandLine& line = context.line;
    if (!config) config = read_config(context).config;
    checks::ServerPlace place;
    place.access.name = line.to_cvat;
    place.access.http.user_agent = std::string("autobackupctl/") + build::version;
    http::read_proxies_from_environment(place.access.http);
    if (config) place.access.connect = config->limits.connect;
    const config::CvatServer* const found = config ? checks::find_server(*config, line.to_cvat) : nullptr;
    if (found == nullptr && !is_server_url(line.to_cvat)) return unknown_server(line, config ? &*config : nullptr);
    place.access.url = line.to_cvat;
    Result<void> used;
    if (found != nullptr) used = checks::use_configured(*found, secrets, place);
    if (used) used = use_files(line, place.access);
    if (!used) return used.error();
    if (place.access.secret.empty()) {
        Failure failure = fail(Errc::bad_request, line.verb, "server " + one_line(line.to_cvat), "nothing says who we are there");
        failure.hint = "--server-username NAME --server-password-file FILE, or a file with a token alone";
        return failure;
    }
    if (line.organization) place.organization = *line.organization;
    std::vector<Secret> known;
    known.push_back(place.access.secret);
    journal::redact(std::move(known));
    return place;
}

}  // namespace

Awaitable<Result<checks::ServerPlace>> server_of(const Context& context, std::optional<config::Config> config, async::Workers& workers) {
    const config::SecretPlaces secrets = secret_places(context, workers);
    auto read = [&] { return read_server(context, std::move(config), secrets); };
    co_return co_await workers.run(std::move(read));
}

Awaitable<int> restore_to_cvat(const Context& context, const Sources& sources, const restore::Request& request, async::Workers& workers) {
    const Result<Wish> wish = co_await wish_of(context, sources, workers);
    if (!wish) co_return failed(wish.error());
    restore::ServerAccess access = wish->access;
    const Result<std::unique_ptr<restore::Server>> server = co_await restore::Server::open(std::move(access));
    if (!server) co_return server_failed(server.error());
    const Result<void> member = co_await (*server)->check_organization(wish->to.organization);
    if (!member) co_return failed(member.error());
    int exit_code = 0;
    if (context.line.dry_run) {
        exit_code = co_await tell_plan(context, **server, request, *wish, workers);
    } else {
        Watcher watcher(wish->access.name);
        std::string from;
        const Result<restore::OnServer> there = co_await restore::to_cvat(**server, workers, request, wish->to, watcher, from);
        watcher.ended();
        if (there) exit_code = tell_result(context, request.snapshot, from, *wish, *there);
        if (!there) exit_code = server_failed(there.error());
    }
    (*server)->close();
    co_return exit_code;
}

}  // namespace autobackup::ctl
