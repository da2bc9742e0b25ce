// SPDX-License-Identifier: MIT
#include "lib/remote/ssh_route.hpp"

#include <algorithm>

#include "lib/core/text.hpp"
#include "lib/remote/ssh_words.hpp"

namespace autobackup::remote {
namespace {

using Words = std::vector<std::string>;

// A path as a value of ssh_config(5): quoted, and no token of ssh's in it.
std::string option_path(const fs::path& path) {
    std::string text = "\"";
    for (const char c : path.string()) {
        if (c == '"' || c == '\\') text += '\\';
        if (c == '%') text += '%';
        text += c;
    }
    return text + "\"";
}

void add_options(Words& argv, std::initializer_list<const char*> options) {
    for (const char* option : options) {
        argv.emplace_back("-o");
        argv.emplace_back(option);
    }
}

process::Command command_of(Words argv) {
    process::Command command;
    command.argv = std::move(argv);
    command.environment = process::git_environment();
    // A jump host's ssh takes no option of ours: it must not ask on the terminal either (OpenSSH 8.4).
    command.environment.emplace_back("SSH_ASKPASS_REQUIRE", "force");
    return command;
}

}  // namespace

// What a Route promises whatever the user's configuration says: nobody is asked, nothing is forwarded or left
// running, reasons are told.
Words SshRoute::words_for_every_call() const {
    Words argv = {"ssh", "-T"};
    add_options(argv, {"BatchMode=yes", "ConnectionAttempts=1", "ControlMaster=no", "ForwardAgent=no",
                       "ForwardX11=no", "ClearAllForwardings=yes", "PermitLocalCommand=no",
                       "RemoteCommand=none", "LogLevel=INFO"});
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(connect_).count();
    argv.emplace_back("-o");
    argv.push_back("ConnectTimeout=" + std::to_string(std::max<std::int64_t>(seconds, 1)));
    return argv;
}

void SshRoute::add_destination(Words& argv, const std::string& remote_command) const {
    if (!address_.user.empty()) argv.insert(argv.end(), {"-l", address_.user});
    if (address_.port != 0) argv.insert(argv.end(), {"-p", std::to_string(address_.port)});
    argv.insert(argv.end(), {"--", address_.host, remote_command});
}

// The folder, and the key in it. OpenSSH takes no key file without a line end behind the last line.
Awaitable<Result<void>> SshRoute::make_folder() {
    if (folder_) co_return Result<void>();
    if (ssh_.run_directory.empty()) {
        co_return fail(Errc::config_invalid, "use", "ssh", "there is no directory for the key");
    }
    auto make = [this]() -> Result<void> {
        Result<RunFolder> folder = RunFolder::make(ssh_.run_directory);
        if (!folder) return folder.error();
        folder_ = std::make_unique<RunFolder>(std::move(*folder));
        if (ssh_.key.empty()) return {};
        const Secret text(ssh_.key.reveal() + "\n");
        const Result<fs::path> file = folder_->write("key", text.reveal());
        if (!file) return file.error();
        key_file_ = *file;
        return {};
    };
    const Result<void> made = co_await workers_.run(std::move(make));
    if (!made) folder_.reset();
    co_return made;
}

Awaitable<Result<process::Command>> SshRoute::prepare(Service service) {
    std::string line = std::string(name(service)) + " " + shell_word(address_.path);
    Result<process::Command> made = co_await command(std::move(line), service == Service::upload_pack);
    co_return made;
}

Awaitable<Result<process::Command>> SshRoute::command(std::string remote_command, bool protocol) {
    if (refused_) co_return *refused_;
    for (const fs::path* path : {&ssh_.known_hosts, &ssh_.run_directory}) {
        if (!says(path->string(), "${")) continue;
        co_return fail(Errc::config_invalid, "use", path->string(),
                       "ssh would replace the ${…} in this path");
    }
    if (!ssh_.key.empty()) {
        const Result<void> made = co_await make_folder();
        if (!made) co_return made.error();
    }
    Words argv = words_for_every_call();
    add_options(argv, {"StrictHostKeyChecking=yes"});
    if (!ssh_.known_hosts.empty()) {
        argv.emplace_back("-o");
        argv.push_back("UserKnownHostsFile=" + option_path(ssh_.known_hosts));
    }
    if (!key_file_.empty()) {
        add_options(argv, {"IdentitiesOnly=yes"});
        argv.emplace_back("-o");
        argv.push_back("IdentityFile=" + option_path(key_file_));
    }
    if (protocol) add_options(argv, {"SendEnv=GIT_PROTOCOL"});
    add_destination(argv, remote_command);
    process::Command made_ready = command_of(std::move(argv));
    if (protocol) made_ready.environment.emplace_back("GIT_PROTOCOL", "version=2");
    co_return made_ready;
}

// Connects once more with no key of ours and a known_hosts file of its own, into which ssh writes what the
// server shows; no login is tried with anything but the user's name.
Awaitable<std::optional<HostKey>> SshRoute::learn_host_key() {
    const Result<void> made = co_await make_folder();
    if (!made) co_return std::nullopt;
    const fs::path seen = folder_->path() / "seen_hosts";
    Words argv = words_for_every_call();
    add_options(argv, {"StrictHostKeyChecking=accept-new", "IgnoreUnknown=KnownHostsCommand",
                       "GlobalKnownHostsFile=/dev/null", "KnownHostsCommand=none", "HashKnownHosts=no",
                       "CheckHostIP=no", "UpdateHostKeys=no", "VerifyHostKeyDNS=no", "ControlPath=none",
                       "PreferredAuthentications=none", "PubkeyAuthentication=no", "GSSAPIAuthentication=no",
                       "HostbasedAuthentication=no"});
    argv.emplace_back("-o");
    argv.push_back("UserKnownHostsFile=" + option_path(seen));
    add_destination(argv, "exit");
    const auto executor = co_await asio::this_coro::executor;
    Result<std::unique_ptr<process::Child>> child =
        process::Child::start(executor, command_of(std::move(argv)));
    if (!child) co_return std::nullopt;
    (*child)->close_input();
    static_cast<void>(co_await (*child)->wait(connect_));
    auto read = [seen] { return read_file(seen); };
    const Result<std::string> text = co_await workers_.run(std::move(read));
    if (!text) co_return std::nullopt;
    co_return host_key_in(*text);
}

Awaitable<Failure> SshRoute::explain(Failure failure, std::string words, int exit_code) {
    Failure told = failure_of_ssh(std::move(failure), words, exit_code);
    if (told.code == Errc::host_key_unknown || told.code == Errc::host_key_changed) {
        const std::optional<HostKey> shown = co_await learn_host_key();
        told = with_host_key(std::move(told), shown, ssh_.known_hosts.string(), words);
        refused_ = told;
    }
    if (told.code == Errc::unauthorized) refused_ = told;
    co_return told;
}

std::unique_ptr<Route> make_ssh_route(async::Workers& workers, const Settings& settings, SshAddress address) {
    return std::make_unique<SshRoute>(workers, settings, std::move(address));
}

}  // namespace autobackup::remote
