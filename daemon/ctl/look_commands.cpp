// SPDX-License-Identifier: MIT
// The verbs that only look: status, list, next, history, show.
#include <optional>
#include <utility>

#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/daemon_link.hpp"
#include "daemon/ctl/offline.hpp"
#include "daemon/ctl/views.hpp"
#include "lib/core/text.hpp"

namespace autobackup::ctl {
namespace {

namespace json = boost::json;

// What files say when nobody listens; exit codes as the daemon would give them.
template <class Read>
json::value from_files(const Context& context, int& exit_code, Read read) {
    exit_code = 2;
    const std::optional<config::Config> config = load_config(context);
    if (!config) return nullptr;
    Result<json::object> document = read(*config);
    if (document) {
        exit_code = 0;
        return std::move(*document);
    }
    tell(document.error());
    const Errc code = document.error().code;
    exit_code = code == Errc::not_found || code == Errc::bad_request ? 2 : 1;
    return nullptr;
}

// The daemon's answer, or that of the files when it does not run.
template <class Read>
json::value data_or_files(const Context& context, const json::object& args, int& exit_code, Read read) {
    Result<control::Answer> answer = ask(context, context.line.verb, args);
    if (!answer && no_daemon(answer.error())) return from_files(context, exit_code, read);
    exit_code = 0;
    if (answer && answer->ok) return std::move(answer->data);
    if (answer) {
        exit_code = tell_refusal(*answer);
    } else {
        tell(answer.error());
        exit_code = 1;
    }
    return nullptr;
}

template <class View>
int shown(const Context& context, const json::value& data, int exit_code, View view) {
    if (exit_code != 0) return exit_code;
    return context.line.json ? print_json(data) : print(view(data));
}

}  // namespace

int status_command(const Context& context) {
    int exit_code = 0;
    const json::value data = data_of(context, "status", {}, exit_code);
    return shown(context, data, exit_code, [&](const json::value& value) { return status_text(value, context.screen); });
}

int list_command(const Context& context) {
    int exit_code = 0;
    const json::value data = data_of(context, "list", {}, exit_code);
    return shown(context, data, exit_code, [&](const json::value& value) { return list_text(value, context.screen); });
}

int next_command(const Context& context) {
    const CommandLine& line = context.line;
    json::object args{{"count", line.count}};
    if (!line.job.empty()) args["job"] = line.job;
    int exit_code = 0;
    const json::value data = data_or_files(context, args, exit_code, [&](const config::Config& config) {
        tell("no daemon is running: due times of the configuration, without jitter and pauses");
        return next_from_files(config, line.job, line.count, context.screen.clock.now);
    });
    return shown(context, data, exit_code, [&](const json::value& value) { return next_text(value, context.screen); });
}

int history_command(const Context& context) {
    const CommandLine& line = context.line;
    json::object args{{"limit", line.limit}};
    if (!line.job.empty()) args["job"] = line.job;
    int exit_code = 0;
    const json::value data =
        data_or_files(context, args, exit_code, [&](const config::Config& config) {
            const Result<void> known = check_job(config, line.job);
            Result<json::object> history = history_from_files(config, line.job.empty() ? line.job : line.job + "/", line.limit);  // its checks too
            // A job that was taken out of the configuration still has its runs.
            const bool nothing = !history || history->at("runs").as_array().empty();
            return known || !nothing ? std::move(history) : Result<json::object>(known.error());
        });
    return shown(context, data, exit_code, [&](const json::value& value) { return history_text(value, !line.job.empty(), context.screen); });
}

int show_command(const Context& context) {
    const std::string& run = context.line.run;
    int exit_code = 0;
    const json::value data =
        data_or_files(context, {{"run", run}}, exit_code, [&](const config::Config& config) { return report_from_files(config, run); });
    return shown(context, data, exit_code, [&](const json::value& value) { return report_text(value, context.screen); });
}

}  // namespace autobackup::ctl
