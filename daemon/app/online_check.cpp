// SPDX-License-Identifier: MIT
#include "daemon/app/online_check.hpp"

#include <unistd.h>

#include <filesystem>

#include "daemon/app/configuration.hpp"
#include "daemon/runner/cvat_services.hpp"
#include "daemon/runner/github_services.hpp"
#include "daemon/runner/mirror_services.hpp"
#include "lib/core/text.hpp"
#include "lib/remote/remote.hpp"

namespace autobackup::app {
namespace {

OnlineAnswer answer(std::string what, const Failure& failure) {
    OnlineAnswer bad;
    bad.what = std::move(what);
    bad.text = describe(failure);
    return bad;
}

OnlineAnswer good(std::string what, std::string text) {
    OnlineAnswer fine;
    fine.what = std::move(what);
    fine.ok = true;
    fine.text = std::move(text);
    return fine;
}

Awaitable<OnlineAnswer> ask_server(runner::CvatServices& services, std::string what) {
    const Result<cvat::About> about = co_await services.client->connect();
    if (!about) co_return answer(what, about.error());
    const Result<std::vector<cvat::Organization>> organizations = co_await services.client->organizations();
    if (!organizations) co_return answer(what, organizations.error());
    co_return good(what, "CVAT " + one_line(about->version) + " as " + one_line(about->user) + ", " +
                             std::to_string(organizations->size()) + " organisations visible");
}

Awaitable<OnlineAnswer> ask_target(vault::Target& target, std::string what) {
    const Result<bool> exists = co_await target.branch_exists();
    if (!exists) co_return answer(what, exists.error());
    std::string text = "may be pushed to; branch " + target.settings().branch;
    text += *exists ? " exists" : " is made by the first push";
    co_return good(what, std::move(text));
}

Awaitable<void> ask_cvat(runner::Shared& shared, const config::Job& job, std::vector<OnlineAnswer>& answers) {
    const auto& source = std::get<config::CvatSource>(job.source);
    const std::string what = "job " + job.name;
    Result<std::unique_ptr<runner::CvatServices>> services = co_await runner::make_cvat_services(shared, job, source);
    if (!services) {
        answers.push_back(answer(what, services.error()));
        co_return;
    }
    OnlineAnswer server = co_await ask_server(**services, what + ", server " + source.server);
    answers.push_back(std::move(server));
    for (const auto& target : (*services)->targets) {
        OnlineAnswer told = co_await ask_target(*target, what + ", " + target->settings().url);
        answers.push_back(std::move(told));
    }
    (*services)->close();
}

Awaitable<OnlineAnswer> ask_repository(runner::Shared& shared, mirror::Repository repository, std::string what) {
    Result<std::unique_ptr<remote::Remote>> made = remote::make_remote(*repository.client, shared.workers, std::move(repository.source));
    if (!made) co_return answer(what, made.error());
    const Result<remote::Advertisement> listed = co_await (*made)->ls_refs(std::vector<std::string>());
    if (!listed) co_return answer(what, listed.error());
    co_return good(what, "may be read; " + std::to_string(listed->refs.size()) + " refs");
}

void tell_copies(const std::string& what, std::vector<runner::CopyAnswer> copies, std::vector<OnlineAnswer>& answers) {
    for (const runner::CopyAnswer& copy : copies) {
        const std::string place = what + ", copies at " + copy.place;
        answers.push_back(copy.told ? good(place, *copy.told) : answer(place, copy.told.error()));
    }
}

Awaitable<void> ask_mirrors(runner::Shared& shared, const config::Job& job, std::vector<OnlineAnswer>& answers) {
    const std::string what = "job " + job.name;
    Result<std::unique_ptr<runner::MirrorServices>> services =
        co_await runner::make_mirror_services(shared, job, std::get<config::MirrorSource>(job.source));
    if (!services) {
        answers.push_back(answer(what, services.error()));
        co_return;
    }
    for (const mirror::Repository& repository : (*services)->repositories) {
        OnlineAnswer told = co_await ask_repository(shared, repository, what + ", " + repository.name);
        answers.push_back(std::move(told));
    }
    if (!(*services)->repositories.empty()) {
        std::vector<runner::CopyAnswer> copies = co_await runner::ask_copies(shared, *(*services)->outlets, (*services)->repositories.front().name, std::string());
        tell_copies(what, std::move(copies), answers);
    }
    (*services)->client->close_idle();
    runner::close_outlets(*(*services)->outlets);
}

Awaitable<void> ask_github(runner::Shared& shared, const config::Job& job, std::vector<OnlineAnswer>& answers) {
    const auto& source = std::get<config::GithubSource>(job.source);
    const std::string what = "job " + job.name;
    runner::GithubAnswer told = co_await runner::ask_github(shared, job, source);
    const std::string server = what + ", server " + source.server;
    answers.push_back(told.source ? good(server, *told.source) : answer(server, told.source.error()));
    tell_copies(what, std::move(told.copies), answers);
}

Awaitable<void> ask_jobs(runner::Shared& shared, std::vector<OnlineAnswer>& answers) {
    for (const auto& [name, job] : shared.config.jobs) {
        if (std::holds_alternative<config::CvatSource>(job.source)) {
            co_await ask_cvat(shared, job, answers);
        } else if (std::holds_alternative<config::GithubSource>(job.source)) {
            co_await ask_github(shared, job, answers);
        } else {
            co_await ask_mirrors(shared, job, answers);
        }
    }
}

}  // namespace

std::vector<OnlineAnswer> check_online(Loop& loop, const config::Config& config, const config::SecretPlaces& places) {
    runner::Environment environment;
    environment.http = http_settings();
    environment.secrets = places;
    // Not in the storage: it may be another user's, and a check makes nothing there.
    environment.ssh_directory = std::filesystem::temp_directory_path() / ("autobackupd-" + std::to_string(::geteuid()));
    std::vector<OnlineAnswer> answers;
    async::Workers workers(1);
    const std::unique_ptr<report::Progress> silent = report::make_progress(-1, true);
    runner::Gates gates;
    runner::Shared shared{config, environment, workers, *silent, gates, {}};
    try {
        loop.run(ask_jobs(shared, answers), [&workers] { workers.request_stop(); });
    } catch (const boost::system::system_error&) {
        answers.push_back(answer("check", fail_cancelled("check-config", "--online")));
    }
    std::error_code ignored;
    std::filesystem::remove(environment.ssh_directory, ignored);  // only when it is empty
    return answers;
}

}  // namespace autobackup::app
