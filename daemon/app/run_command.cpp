// SPDX-License-Identifier: MIT
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "daemon/app/commands.hpp"
#include "daemon/app/configuration.hpp"
#include "daemon/app/pause.hpp"
#include "daemon/cli/owner.hpp"
#include "daemon/report/journal_entries.hpp"
#include "daemon/report/report.hpp"
#include "daemon/runner/runner.hpp"
#include "lib/async/run.hpp"
#include "lib/core/file.hpp"
#include "lib/core/text.hpp"
#include "lib/journal/logging.hpp"

namespace autobackup::app {
namespace {

constexpr std::size_t worker_threads = 3;

std::vector<std::string> job_names(const config::Config& config) {
    std::vector<std::string> names;
    for (const auto& [name, job] : config.jobs) names.push_back(name);
    return names;
}

// Jobs that the configuration does not have; true: all are there.
bool jobs_exist(const config::Config& config, const CommandLine& line) {
    bool all = true;
    for (const std::string& name : line.jobs) {
        if (config.jobs.contains(name)) continue;
        all = false;
        const std::vector<std::string> names = job_names(config);
        std::string text = "there is no job \"" + one_line(name) + "\" in " + line.config;
        if (const auto near = nearest(name, names)) text += " (did you mean \"" + *near + "\"?)";
        journal::write_line(STDERR_FILENO, text);
    }
    return all;
}

bool went_well(const model::Item& item) {
    using model::ItemOutcome;
    const bool good = item.outcome != ItemOutcome::failed && item.outcome != ItemOutcome::partial;
    return good && std::none_of(item.stages.begin(), item.stages.end(),
                                [](const model::Stage& stage) { return stage.outcome == model::StageOutcome::failed; });
}

void tell_item(const CommandLine& line, const std::string& job, const model::Item& item) {
    if (line.quiet && went_well(item)) return;
    journal::write_line(STDERR_FILENO, report::human_line(job, item));
    for (const std::string& warning : item.warnings) spdlog::warn("{} {}: {}", job, item.name, warning);
}

void tell_run(const CommandLine& line, const model::Run& run, journal::Sink* journal) {
    for (const std::string& text : report::run_lines(run)) journal::write_line(STDERR_FILENO, text);
    const bool good = run.outcome == model::RunOutcome::success || run.outcome == model::RunOutcome::unchanged;
    if (!line.quiet || !good) journal::write_line(STDERR_FILENO, report::summary_line(run));
    if (journal != nullptr) {
        for (const journal::Entry& entry : report::entries_of(run)) journal->send(entry);
    }
    if (!line.json) return;
    const std::string text = report::json_line(report::to_json(run)) + "\n";
    const Result<void> written = write_all(STDOUT_FILENO, text, "standard output");
    if (!written) spdlog::error("the report could not be printed: {}", describe(written.error()));
}

Awaitable<void> run_jobs(runner::Shared& shared, const CommandLine& line, journal::Sink* journal, std::vector<model::Run>& runs) {
    runner::RunOptions options;
    options.item.force = line.force;
    options.item.dry_run = line.dry_run;
    options.item.push = line.push;
    options.item.accept_shrink = line.accept_shrink;
    options.item.adopt_remote = line.adopt_remote;
    options.item.only = line.only;
    options.wait = line.wait;
    options.refuse = &why_paused;
    std::function<Awaitable<void>(std::size_t)> one = [&](std::size_t i) -> Awaitable<void> {
        if (shared.workers.stop_token().stop_requested()) co_return;
        model::Run run = co_await runner::run_job(shared, line.jobs[i], options);
        tell_run(line, run, journal);
        runs[i] = std::move(run);
    };
    co_await async::for_each_index(line.jobs.size(), static_cast<std::size_t>(shared.config.limits.runs), one);
}

// Jobs that a stop kept from beginning have no report of their own.
int exit_code_of(std::vector<model::Run> runs) {
    std::erase_if(runs, [](const model::Run& run) { return run.run_id.empty(); });
    if (runs.empty()) return 5;
    return model::exit_code(runs);
}

// Stands in for a storage that is not there yet, so that a dry run leaves nothing behind. Main thread.
class ScratchStorage {
public:
    ScratchStorage() {
        std::error_code error;
        const std::filesystem::path base = std::filesystem::temp_directory_path(error);
        std::string name = (base / "autobackupd-dry-run-XXXXXX").string();
        if (error) failure_ = fail(Errc::io_error, "use", "$TMPDIR", error.message());
        else if (::mkdtemp(name.data()) == nullptr) failure_ = fail_errno(errno, "make directory in", base.string());
        else path_ = name;
        if (failure_) failure_->hint = "a dry run makes no storage: it needs a directory for temporary files ($TMPDIR, else /tmp) instead";
    }
    ScratchStorage(const ScratchStorage&) = delete;
    ScratchStorage& operator=(const ScratchStorage&) = delete;
    ~ScratchStorage() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }
    // Empty: it could not be made; failure() says why.
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }

private:
    std::filesystem::path path_;
    std::optional<Failure> failure_;
};

std::unique_ptr<journal::Sink> journal_sink(const CommandLine& line) {
    const bool wanted = line.log_format == "journal" || (line.log_format.empty() && journal::is_journal_stream(STDERR_FILENO));
    if (wanted) return journal::journald_sink("autobackupd");
    return nullptr;
}

int failed(const Failure& failure) {
    journal::write_line(STDERR_FILENO, describe(failure));
    if (!failure.hint.empty()) journal::write_line(STDERR_FILENO, "  " + failure.hint);
    return 1;
}

}  // namespace

int run_command(Loop& loop, const CommandLine& line, const EnvironmentVariables& variables) {
    config::Loaded loaded = load_configuration(line, variables);
    if (!loaded.config) {
        tell_problems(loaded.problems);
        return 2;
    }
    config::Config& config = *loaded.config;
    if (!jobs_exist(config, line)) return 2;
    runner::Environment environment;
    environment.http = http_settings();
    environment.secrets = secret_places(variables);
    environment.secrets.stopped = [&loop] { return loop.stop_asked(); };
    std::vector<config::Problem> problems = check_certificate_files(loaded, line.jobs);
    // What root runs by hand in the storage of the daemon's user is that user's work (a file of root's there would be in the daemon's way), who may not
    // read the secrets: they stay as they are read now.
    const bool anothers = cli::is_root_in_anothers(config.storage);
    std::map<std::string, Secret>& known = environment.secrets.known;
    for (config::Problem& one : check_job_secrets(config, line.jobs, environment.secrets, anothers ? &known : nullptr)) problems.push_back(std::move(one));
    if (loop.stop_asked()) return exit_code_of({});
    if (!problems.empty()) {
        tell_problems(problems);
        return 2;
    }
    std::optional<ScratchStorage> scratch;
    std::error_code unknown;
    if (line.dry_run && !std::filesystem::exists(config.storage, unknown) && !unknown) {
        scratch.emplace();
        if (scratch->failure()) return failed(*scratch->failure());
        config.storage = scratch->path();
    }
    if (const Result<void> entered = cli::become_owner(config.storage); !entered) return failed(entered.error());
    environment.secrets.stopped = nullptr;  // the loop runs from here on, and the workers hear of a stop
    for (const std::string& warning : config.warnings) spdlog::warn("{}", warning);
    const std::unique_ptr<report::Progress> progress = report::make_progress(STDERR_FILENO, line.quiet);
    journal::before_each_line([&progress] { progress->clear(); });
    const std::unique_ptr<journal::Sink> journal = journal_sink(line);
    std::vector<model::Run> runs(line.jobs.size());
    {
        async::Workers workers(worker_threads);
        runner::RunListener listener;
        listener.item_done = [&line](const std::string& job, const model::Item& item) { tell_item(line, job, item); };
        listener.warning = [](const std::string& text) { spdlog::warn("{}", text); };
        listener.note = [](const std::string& text) { spdlog::info("{}", text); };
        runner::Gates gates;
        runner::Shared shared{config, environment, workers, *progress, gates, std::move(listener)};
        try {
            loop.run(run_jobs(shared, line, journal.get(), runs), [&workers] { workers.request_stop(); });
        } catch (const boost::system::system_error& error) {
            if (error.code() != boost::asio::error::operation_aborted) throw;
        }
    }
    journal::before_each_line(nullptr);
    return exit_code_of(std::move(runs));
}

}  // namespace autobackup::app
