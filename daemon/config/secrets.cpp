// SPDX-License-Identifier: MIT
#include "daemon/config/secrets.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "lib/core/file.hpp"
#include "lib/core/text.hpp"

namespace autobackup::config {
namespace {

Failure missing(const SecretRef& ref, std::string message) {
    return fail(Errc::secret_missing, "read secret", ref.key_path, std::move(message));
}

std::string without_newline(std::string value) {
    if (value.ends_with('\n')) value.pop_back();
    if (value.ends_with('\r')) value.pop_back();
    return value;
}

Result<Secret> checked(const SecretRef& ref, std::string value, const std::string& where) {
    value = without_newline(std::move(value));
    const bool empty = trim(value).empty();
    // A line break or NUL inside would end up in a request header.
    const bool broken = !ref.private_key && value.find_first_of(std::string_view("\n\r\0", 3)) != std::string::npos;
    const bool no_key = ref.private_key && !trim(value).starts_with("-----BEGIN ");
    Secret secret(std::move(value));
    if (empty) return missing(ref, where + " is empty");
    if (broken) return missing(ref, where + " has more than one line");
    if (no_key) return missing(ref, where + " holds no private key (its first line is -----BEGIN …)");
    return secret;
}

// Opens first and looks at what was opened, so that the file cannot be exchanged in between.
Result<Secret> read_from(const SecretRef& ref, const fs::path& path, const SecretPlaces& places,
                         std::vector<std::string>* warnings) {
    const Result<FileDescriptor> file = open_file(path, O_RDONLY | O_NONBLOCK);
    if (!file) return missing(ref, fmt::format("{} cannot be read: {}", path.string(), file.error().message));
    struct stat status {};
    if (::fstat(file->get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return missing(ref, path.string() + " is not a regular file");
    }
    const bool bare = ref.form == SecretRef::Form::name;
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return missing(ref, path.string() + " can be written by group or others; refused: chmod go-w it");
    }
    if ((status.st_mode & S_IROTH) != 0 && warnings != nullptr) {
        warnings->push_back(fmt::format("{}{} can be read by others: chmod o-r it", bare ? "the secret " : "",
                                        path.string()));
    }
    if (static_cast<std::uint64_t>(status.st_size) > places.longest) {
        return missing(ref, fmt::format("{} is longer than {}", path.string(), human_bytes(places.longest)));
    }
    std::string value(static_cast<std::size_t>(status.st_size), '\0');
    const auto bytes = std::as_writable_bytes(std::span(value.data(), value.size()));
    if (const auto read = read_exactly(file->get(), bytes, 0, path); !read)
        return missing(ref, read.error().message);
    return checked(ref, std::move(value), path.string());
}

// Where a NAME may lie, the first that exists counts. `LoadCredential=autobackupd:DIRECTORY`, as the unit has
// it, names its copies ID_NAME (systemd.exec(5)); `LoadCredential=NAME:FILE` names them as they are.
std::vector<fs::path> places_of(const std::string& name, const SecretPlaces& places) {
    std::vector<fs::path> out;
    const auto credentials = places.environment.find("CREDENTIALS_DIRECTORY");
    if (credentials != places.environment.end() && !credentials->second.empty()) {
        const fs::path directory = credentials->second;
        out.push_back(directory / name);
        out.push_back(directory / ("autobackupd_" + name));
    }
    out.push_back(places.directory / name);
    return out;
}

Result<Secret> read_named(const SecretRef& ref, const SecretPlaces& places,
                          std::vector<std::string>* warnings) {
    const std::vector<fs::path> candidates = places_of(ref.text, places);
    std::string looked_at = candidates.size() == 1 ? "$CREDENTIALS_DIRECTORY (not set)" : "";
    for (const fs::path& path : candidates) {
        std::error_code error;
        const fs::file_status status = fs::status(path, error);
        // The service may not look into root's directory: it has systemd's copy of what was there when it
        // started.
        const bool closed = error == std::errc::permission_denied;
        if (status.type() != fs::file_type::not_found && !closed)
            return read_from(ref, path, places, warnings);
        looked_at += (looked_at.empty() ? "" : ", ") + path.string() + (closed ? " (permission denied)" : "");
    }
    return missing(ref, fmt::format("there is no secret '{}'; looked at: {}", one_line(ref.text), looked_at));
}

Result<Secret> read_variable(const SecretRef& ref, const SecretPlaces& places) {
    const auto found = places.environment.find(ref.text);
    const std::string where = fmt::format("the environment variable {}", one_line(ref.text));
    if (found == places.environment.end()) return missing(ref, where + " is not set");
    return checked(ref, found->second, where);
}

std::optional<SecretRef> bearer_of(const Notice& notice) {
    const auto* webhook = std::get_if<WebhookNotice>(&notice.to);
    return webhook != nullptr ? webhook->auth : std::nullopt;
}

void add(std::vector<SecretRef>& out, const std::optional<SecretRef>& ref) {
    if (ref) out.push_back(*ref);
}

void add_copies(std::vector<SecretRef>& out, const MirrorOutlets& outlets) {
    for (const MirrorCopy& copy : outlets.copies) {
        for (const auto* one : {&copy.auth.password, &copy.auth.ssh_key, &copy.api_token}) add(out, *one);
    }
}

Problem problem_of(const SecretRef& ref, std::string message) {
    Problem problem;
    problem.file = ref.origin.file;
    problem.line = ref.origin.line;
    problem.column = ref.origin.column;
    problem.path = ref.key_path;
    problem.message = std::move(message);
    return problem;
}

}  // namespace

Result<Secret> read_secret(const SecretRef& ref, const SecretPlaces& places,
                           std::vector<std::string>* warnings) {
    if (const auto known = places.known.find(ref.key_path); known != places.known.end()) return known->second;
    switch (ref.form) {
        case SecretRef::Form::name:
            return read_named(ref, places, warnings);
        case SecretRef::Form::file:
            return read_from(ref, ref.text, places, warnings);
        case SecretRef::Form::env:
            return read_variable(ref, places);
        case SecretRef::Form::command:
            break;
    }
    Result<std::string> output = run_secret_command(ref, places);
    if (!output) return output.error();
    return checked(ref, std::move(*output), "the output of the command");
}

std::vector<SecretRef> secrets_of(const Server& server) {
    std::vector<SecretRef> out;
    if (const auto* cvat = std::get_if<CvatServer>(&server.what)) {
        for (const auto* one : {&cvat->token, &cvat->access_token, &cvat->password}) add(out, *one);
    } else if (const auto* github = std::get_if<GithubServer>(&server.what)) {
        for (const auto* one : {&github->token, &github->private_key, &github->ssh_key}) add(out, *one);
    }
    return out;
}

std::vector<SecretRef> secrets_of(const Job& job) {
    std::vector<SecretRef> out;
    for (const GitTarget& target : job.git) {
        add(out, target.password);
        add(out, target.ssh_key);
    }
    if (const auto* mirror = std::get_if<MirrorSource>(&job.source)) {
        for (const MirrorRepository& one : mirror->repositories) {
            for (const auto* secret : {&one.auth.password, &one.auth.ssh_key}) {
                // One that is meant for all repositories stands in each of them.
                const auto same = [&](const SecretRef& known) { return *secret && known.key_path == (*secret)->key_path; };
                if (std::none_of(out.begin(), out.end(), same)) add(out, *secret);
            }
        }
        add_copies(out, mirror->outlets);
    } else if (const auto* github = std::get_if<GithubSource>(&job.source)) {
        add_copies(out, github->outlets);
    }
    return out;
}

void read_ahead(const Config& config, const std::vector<std::string>& jobs, SecretPlaces& places) {
    for (const auto& [name, job] : config.jobs) {
        if (!jobs.empty() && std::find(jobs.begin(), jobs.end(), name) == jobs.end()) continue;
        std::vector<SecretRef> all = secrets_of(job);
        for (const std::string& name_of : {server_of(job), job.drill_server}) {
            const auto server = config.servers.find(name_of);
            if (server == config.servers.end()) continue;
            for (SecretRef& one : secrets_of(server->second)) all.push_back(std::move(one));
        }
        for (const SecretRef& one : all) {
            Result<Secret> value = places.known.contains(one.key_path) ? Result<Secret>(Secret()) : read_secret(one, places);
            if (value && !value->empty()) places.known.emplace(one.key_path, std::move(*value));
        }
    }
}

const std::string& server_of(const Job& job) {
    static const std::string none;
    if (const auto* cvat = std::get_if<CvatSource>(&job.source)) return cvat->server;
    if (const auto* github = std::get_if<GithubSource>(&job.source)) return github->server;
    return none;
}

std::vector<SecretRef> all_secrets(const Config& config) {
    std::vector<SecretRef> out;
    for (const auto& [name, server] : config.servers) {
        for (SecretRef& one : secrets_of(server)) out.push_back(std::move(one));
    }
    for (const auto& [name, job] : config.jobs) {
        for (SecretRef& one : secrets_of(job)) out.push_back(std::move(one));
    }
    for (const Notice& notice : config.notify) add(out, bearer_of(notice));
    for (const auto& [name, job] : config.jobs) {
        for (const Notice& notice : job.notify) {
            // The general list stands in every job that has none of its own.
            const bool general = notice.key_path.starts_with("notify");
            if (!general) add(out, bearer_of(notice));
        }
    }
    return out;
}

std::vector<Problem> check_secrets(const Config& config, const SecretPlaces& places,
                                   std::vector<Problem>* warnings) {
    std::vector<Problem> out;
    for (const SecretRef& ref : all_secrets(config)) {
        std::vector<std::string> remarks;
        const Result<Secret> secret = read_secret(ref, places, &remarks);
        if (!secret) {
            const Failure& failure = secret.error();
            out.push_back(problem_of(
                ref, failure.message + (failure.peer.empty() ? "" : " (" + one_line(failure.peer) + ")")));
        }
        if (warnings == nullptr) continue;
        for (std::string& remark : remarks) warnings->push_back(problem_of(ref, std::move(remark)));
    }
    const auto before = [](const Problem& a, const Problem& b) {
        return std::tie(a.file, a.line, a.column, a.path) < std::tie(b.file, b.line, b.column, b.path);
    };
    std::stable_sort(out.begin(), out.end(), before);
    return out;
}

}  // namespace autobackup::config
