// SPDX-License-Identifier: MIT
#include "daemon/serve/control_verbs.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "daemon/report/report.hpp"
#include "daemon/serve/clock.hpp"
#include "daemon/serve/messages.hpp"
#include "daemon/state/history_reader.hpp"
#include "lib/async/run.hpp"
#include "lib/core/text.hpp"

namespace autobackup::serve {
namespace {

constexpr Milliseconds look_every{250};
constexpr std::size_t longest_history = 1'000;
constexpr std::size_t most_due_times = 100;

std::string text(const boost::json::object& args, const char* key) {
    const boost::json::value* const value = args.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool flag(const boost::json::object& args, const char* key) {
    const boost::json::value* const value = args.if_contains(key);
    return value != nullptr && value->is_bool() && value->get_bool();
}

std::size_t number(const boost::json::object& args, const char* key, std::size_t fallback, std::size_t most) {
    const boost::json::value* const value = args.if_contains(key);
    if (value == nullptr || !value->is_int64() || value->get_int64() < 1) return fallback;
    return std::min(static_cast<std::size_t>(value->get_int64()), most);
}

control::Answer no_such_job(const std::string& job, const config::Config& config) {
    std::vector<std::string> names;
    for (const auto& [name, one] : config.jobs) names.push_back(name);
    std::string message = "there is no job \"" + one_line(job) + "\"";
    if (const auto near = nearest(job, names)) message += " (did you mean \"" + *near + "\"?)";
    return control::refuse("not_found", std::move(message), 2);
}

control::Answer not_running(const std::string& job, int exit_code) {
    return control::refuse("not_found", "job " + one_line(job) + " is not running: autobackupctl history " + one_line(job), exit_code);
}

// The report of the run that `word` means; worker thread.
Result<std::string> find_report(const std::filesystem::path& storage, const std::string& word) {
    Result<state::HistoryReader> history = state::HistoryReader::open(storage / "state.sqlite");
    if (!history) return history.error();
    const Result<std::string> id = state::only_run(*history, word);
    if (!id) return id.error();
    Result<std::optional<std::string>> report = history->report(*id);
    if (!report) return report.error();
    if (!*report) return fail(Errc::not_found, "find run", *id, "it has not ended: `watch` shows it");
    return std::move(**report);
}

void send_start(control::Feed& feed, const boost::json::object& report) {
    boost::json::object start;
    for (const char* key : {"run_id", "job", "trigger", "started_at"}) start[key] = report.at(key);
    feed.send("started", std::move(start));
}

// Those that ended since the last look.
void send_items(control::Feed& feed, const boost::json::object& report, std::size_t from) {
    const boost::json::value* const items = report.if_contains("items");
    if (items == nullptr || !items->is_array()) return;
    for (std::size_t i = from; i < items->get_array().size(); ++i) feed.send("item", items->get_array()[i]);
}

}  // namespace

std::unique_ptr<control::Server> ControlVerbs::server(boost::asio::any_io_executor executor) {
    control::Settings settings;
    settings.path = daemon_.settings_.socket;
    settings.descriptor = daemon_.settings_.socket_descriptor;
    settings.warning = [](const std::string& line) { spdlog::warn("control socket: {}", line); };
    control::Handler handler = [this](control::Request request, control::Feed& feed) { return answer(std::move(request), feed); };
    return std::make_unique<control::Server>(std::move(executor), std::move(settings), std::move(handler));
}

Awaitable<control::Answer> ControlVerbs::answer(control::Request request, control::Feed& feed) {
    const std::string& verb = request.verb;
    if (verb == "status" || verb == "list" || verb == "next") co_return list(request.args, verb);
    if (verb == "history") co_return co_await history(request.args);
    if (verb == "show") co_return co_await show(text(request.args, "run"));
    if (verb == "watch") co_return co_await watch(request.args, feed);
    if (verb == "run") co_return co_await run(request.args, request.peer, feed);
    if (verb == "cancel") co_return cancel(request);
    if (verb == "pause" || verb == "resume" || verb == "skip-next") co_return steer(request);
    if (verb == "reload") co_return co_await daemon_.reload();
    if (verb == "checked") co_return co_await checked(text(request.args, "job"));
    co_return control::refuse("unsupported", "this daemon knows no verb \"" + one_line(verb) + "\"", 2);
}

control::Answer ControlVerbs::list(const boost::json::object& args, const std::string& verb) {
    const std::size_t count = verb == "next" ? number(args, "count", 5, most_due_times) : 1;
    const std::string job = text(args, "job");
    std::vector<answers::JobStatus> jobs;
    if (job.empty()) {
        jobs = daemon_.all_jobs(count);
    } else {
        const auto& all = daemon_.generation_->config.jobs;
        const auto found = all.find(job);
        if (found == all.end()) return no_such_job(job, daemon_.generation_->config);
        jobs.push_back(daemon_.job_status(found->second, count));
    }
    if (verb == "status") return control::good(answers::status_document(daemon_.daemon_status(), jobs));
    return control::good(verb == "next" ? answers::next_document(jobs) : answers::list_document(jobs));
}

Awaitable<control::Answer> ControlVerbs::history(boost::json::object args) {
    const std::string job = text(args, "job");
    const std::size_t limit = number(args, "limit", 20, longest_history);
    if (!job.empty() && !daemon_.generation_->config.jobs.contains(job)) co_return no_such_job(job, daemon_.generation_->config);
    auto read = [store = daemon_.store_, of = job.empty() ? job : job + "/", limit] { return store->history(of, limit); };
    const Result<std::vector<std::string>> reports = co_await daemon_.workers_.run(std::move(read));
    if (!reports) co_return control::refuse(reports.error(), 1);
    std::vector<boost::json::object> parsed;
    for (const std::string& report : *reports) {
        boost::json::error_code error;
        boost::json::value value = boost::json::parse(report, error);
        if (!error && value.is_object()) parsed.push_back(std::move(value.get_object()));
    }
    co_return control::good(answers::history_document(parsed));
}

Awaitable<control::Answer> ControlVerbs::checked(std::string job) {
    if (!daemon_.generation_->config.jobs.contains(job)) co_return no_such_job(job, daemon_.generation_->config);
    co_await daemon_.checks_.recall(job);
    boost::json::object data;
    data["job"] = job;
    co_return control::good(std::move(data));
}

Awaitable<control::Answer> ControlVerbs::show(std::string run) {
    auto read = [storage = daemon_.generation_->config.storage, run] { return find_report(storage, run); };
    const Result<std::string> report = co_await daemon_.workers_.run(std::move(read));
    if (!report) {
        const Errc code = report.error().code;
        const int exit = code == Errc::not_found || code == Errc::bad_request ? 2 : 1;
        co_return control::refuse(report.error(), exit);
    }
    boost::json::error_code broken;
    boost::json::value document = boost::json::parse(*report, broken);
    if (broken) co_return control::refuse("state_invalid", "the report of this run is no JSON: " + broken.message(), 1);
    co_return control::good(std::move(document));
}

void ControlVerbs::steered(const control::Peer& peer, const std::string& job, const std::string& what) {
    daemon_.log(journal::Priority::notice, message_id::steered, "job " + job + ": " + what + " by " + peer.name,
                {{"AUTOBACKUP_JOB", job}, {"AUTOBACKUP_BY", peer.name}});
    daemon_.kick();
}

control::Answer ControlVerbs::steer(const control::Request& request) {
    const std::string job = text(request.args, "job");
    const auto found = daemon_.generation_->config.jobs.find(job);
    if (found == daemon_.generation_->config.jobs.end()) return no_such_job(job, daemon_.generation_->config);
    const scheduler::Time now = wall_clock();
    scheduler::Scheduler& scheduler = daemon_.scheduler_;
    if (request.verb == "pause") {
        std::optional<scheduler::Time> until;
        const std::string word = text(request.args, "until");
        if (!word.empty()) {
            const std::optional<Instant> time = parse_rfc3339(word);
            if (!time) return control::refuse("bad_request", "\"" + one_line(word) + "\" is no RFC 3339 time", 2);
            until = std::chrono::time_point_cast<Milliseconds>(*time);
            if (*until <= now) return control::refuse("bad_request", word + " is over already", 2);
        }
        scheduler.pause(job, until, request.peer.name, now);
        daemon_.checks_.pause(job, until, request.peer.name);
        steered(request.peer, job, "paused" + (word.empty() ? std::string(" until it is resumed") : " until " + word));
    } else if (request.verb == "resume") {
        if (!scheduler.resume(job, now)) return control::refuse("not_paused", "job " + job + " is not paused", 1);
        daemon_.checks_.resume(job);
        steered(request.peer, job, "resumed");
    } else {
        const std::optional<scheduler::Time> skipped = scheduler.skip_next(job, now);
        if (!skipped) return control::refuse("not_found", "job " + job + " has no due time to skip: it runs only when asked", 1);
        steered(request.peer, job, "will skip " + rfc3339_seconds(std::chrono::time_point_cast<Instant::duration>(*skipped)));
    }
    return control::good(answers::to_json(daemon_.job_status(found->second, 1)));
}

LiveRun* ControlVerbs::live_run(const std::string& word) {
    LiveRun* found = nullptr;
    for (const auto& [ticket, live] : daemon_.live_) {
        if (live->start.job == word || live->run_id == word) return live.get();
        if (word.empty() || !live->run_id.starts_with(word)) continue;
        if (found != nullptr) return nullptr;
        found = live.get();
    }
    return found;
}

control::Answer ControlVerbs::cancel(const control::Request& request) {
    const std::string word = text(request.args, "run");
    boost::json::object data;
    if (LiveRun* const live = live_run(word)) {
        data["run_id"] = live->run_id;
        data["job"] = live->start.job;
        steered(request.peer, live->start.job, "run " + live->run_id + " is cancelled");
        live->stop();
        return control::good(std::move(data));
    }
    const std::string check = daemon_.checks_.running() ? daemon_.checks_.live()->run_id : std::string();
    if (const std::optional<std::string> job = daemon_.checks_.cancel(word)) {
        data["run_id"] = check;
        data["job"] = *job;
        steered(request.peer, *job, "the check " + check + " is cancelled");
        return control::good(std::move(data));
    }
    if (daemon_.scheduler_.cancel_queued(word, wall_clock())) {
        data["run_id"] = nullptr;
        data["job"] = word;
        steered(request.peer, word, "the run that waited to start is withdrawn");
        return control::good(std::move(data));
    }
    if (daemon_.generation_->config.jobs.contains(word)) return not_running(word, 1);
    return control::refuse("not_found", "no run \"" + one_line(word) + "\" goes on", 1);
}

Awaitable<control::Answer> ControlVerbs::run(boost::json::object args, control::Peer peer, control::Feed& feed) {
    const std::string job = text(args, "job");
    if (!daemon_.generation_->config.jobs.contains(job)) co_return no_such_job(job, daemon_.generation_->config);
    const scheduler::RunNow asked = daemon_.scheduler_.run_now(job, wall_clock());
    using Outcome = scheduler::RunNow::Answer;
    if (asked.answer == Outcome::paused) co_return control::refuse("paused", "job " + job + " is paused: autobackupctl resume " + job, 4);
    if (asked.answer == Outcome::unknown) co_return no_such_job(job, daemon_.generation_->config);
    if (flag(args, "force")) daemon_.asked_[asked.ticket].force = true;
    if (flag(args, "accept_shrink")) daemon_.asked_[asked.ticket].accept_shrink = true;
    steered(peer, job, "a run was asked for");
    if (flag(args, "wait")) co_return co_await follow(job, asked.ticket, feed);
    boost::json::object data;
    data["run_id"] = nullptr;
    data["job"] = job;
    // What can start now does so before this answer.
    for (int i = 0; i < 4 && !daemon_.live_.contains(asked.ticket); ++i) co_await async::sleep_for(Milliseconds(10));
    const auto live = daemon_.live_.find(asked.ticket);
    if (live != daemon_.live_.end()) data["run_id"] = live->second->run_id;
    data["state"] = live != daemon_.live_.end() ? "started" : asked.answer == Outcome::behind ? "running" : "queued";
    co_return control::good(std::move(data));
}

Awaitable<control::Answer> ControlVerbs::watch(boost::json::object args, control::Feed& feed) {
    const std::string word = text(args, "run");
    LiveRun* const live = live_run(word);
    if (live == nullptr && daemon_.generation_->config.jobs.contains(word)) co_return not_running(word, 2);
    if (live == nullptr) co_return co_await show(word);
    const scheduler::Ticket ticket = live->start.ticket;
    co_return co_await follow(live->start.job, ticket, feed);
}

// Whether a run that was asked for still waits for its start.
bool ControlVerbs::will_begin(const std::string& job, scheduler::Ticket ticket) {
    const std::optional<scheduler::View> view = daemon_.scheduler_.view(job, wall_clock());
    return view && (view->ticket == ticket || view->state == scheduler::State::running);
}

// Tells what the run does until it has ended; the answer is its report.
Awaitable<control::Answer> ControlVerbs::follow(std::string job, scheduler::Ticket ticket, control::Feed& feed) {
    const Result<void> open = feed.keep_open();
    if (!open) co_return control::refuse(open.error(), 4);
    bool started = false;
    std::size_t items = 0;
    std::string told;
    for (;;) {
        const auto live = daemon_.live_.find(ticket);
        if (live != daemon_.live_.end()) {
            const boost::json::object running = answers::to_json(live->second->running());
            if (!started) feed.send("started", running);
            started = true;
            for (; items < live->second->done.size(); ++items) feed.send("item", report::to_json(live->second->done[items]));
            const std::string text = boost::json::serialize(running);
            if (text != told && !feed.send("progress", running)) break;
            told = text;
        }
        const auto finished = daemon_.finished_.find(ticket);
        if (finished != daemon_.finished_.end()) {
            if (!started) send_start(feed, finished->second);  // it was over before the first look
            send_items(feed, finished->second, items);
            co_return control::good(finished->second);
        }
        if (live == daemon_.live_.end() && (started || !will_begin(job, ticket))) break;
        co_await async::sleep_for(look_every);
    }
    co_return control::refuse("cancelled", "the run was withdrawn, or can no longer be followed: autobackupctl history " + job, 5);
}

}  // namespace autobackup::serve
