// SPDX-License-Identifier: MIT
// The verbs that make the daemon do something: run, watch, cancel, pause, resume, skip-next, reload.
#include <unistd.h>

#include <memory>
#include <utility>

#include "daemon/control/reading.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/daemon_link.hpp"
#include "daemon/ctl/views.hpp"
#include "daemon/model/result.hpp"
#include "daemon/report/progress.hpp"
#include "lib/core/text.hpp"
#include "lib/journal/logging.hpp"

namespace autobackup::ctl {
namespace {

namespace json = boost::json;
using answers::Reading;

// The exit code that `autobackupd run` would have ended with.
int exit_code_of(const std::string& outcome) {
    for (const model::RunOutcome one : model::run_outcomes) {
        if (outcome == model::name(one)) return model::exit_code(one);
    }
    return 1;
}

// Shows a run while it goes on: one line that is written over on a terminal, a line for each phase elsewhere.
class Onlooker {
public:
    Onlooker(const Context& context, bool words) : context_(context), words_(words), progress_(report::make_progress(STDERR_FILENO, !words)) {
        journal::before_each_line([this] { progress_->clear(); });
    }
    Onlooker(const Onlooker&) = delete;
    Onlooker& operator=(const Onlooker&) = delete;
    ~Onlooker() {
        progress_->clear();
        journal::before_each_line(nullptr);
    }

    void see(const std::string& event, const json::value& data) {
        if (event == "started" && words_)
            tell(one_line(Reading(data).text("job")) + ": run " + one_line(Reading(data).text("run_id")) + " has started");
        if (event == "item" && words_) tell(item_line(data, plain()));
        if (event == "progress" && words_) go_on(answers::running(data));
    }

private:
    Screen plain() const {
        Screen screen = context_.screen;
        screen.colour = false;  // of stdout; this goes to stderr
        return screen;
    }
    void go_on(const answers::Running& run) {
        const bool other = run.item != item_ || run.phase != phase_;
        if (run.item != item_) progress_->item(run.job, run.item);
        item_ = run.item;
        phase_ = run.phase;
        progress_->phase(run.phase);
        progress_->bytes(run.bytes_done, run.bytes_total);
        if (other && ::isatty(STDERR_FILENO) == 0) {
            tell(one_line(run.job) + "  " + (run.item.empty() ? "" : one_line(run.item) + "  ") + one_line(progress_words(run)));
        }
    }

    const Context& context_;
    bool words_;
    std::string item_, phase_;
    std::unique_ptr<report::Progress> progress_;
};

// Asks for something that ends with a run report, and looks on.
int follow(const Context& context, std::string_view verb, const json::object& args, bool events_as_json) {
    int exit_code = 0;
    json::value report;
    {
        Onlooker onlooker(context, !context.line.json);
        const OnEvent on_event = [&](const std::string& event, const json::value& data) {
            if (events_as_json) print_json(json::object{{"event", event}, {"data", data}});
            onlooker.see(event, data);
        };
        report = data_of(context, verb, args, exit_code, on_event);
    }
    if (exit_code != 0) return exit_code;
    const int printed = context.line.json ? print_json(report) : print(report_text(report, context.screen));
    return printed != 0 ? printed : exit_code_of(Reading(report).text("outcome"));
}

}  // namespace

int run_command(const Context& context) {
    const CommandLine& line = context.line;
    json::object args{{"job", line.job}};
    if (line.force) args["force"] = true;
    if (line.accept_shrink) args["accept_shrink"] = true;
    if (line.wait) {
        args["wait"] = true;
        return follow(context, "run", args, false);
    }
    int exit_code = 0;
    const json::value data = data_of(context, "run", args, exit_code);
    if (exit_code != 0) return exit_code;
    if (line.json) return print_json(data);
    const Reading run(data);
    std::string words = one_line(run.text("job")) + ": " + one_line(run.text("state"));
    if (run.text("state") == "running") words = one_line(run.text("job")) + ": runs already; one more run follows";
    if (!run.text("run_id").empty()) words += ", run " + one_line(run.text("run_id"));
    tell(words + "; autobackupctl watch " + one_line(run.text("job")));
    return 0;
}

int watch_command(const Context& context) {
    return follow(context, "watch", {{"run", context.line.run}}, context.line.json);
}

int cancel_command(const Context& context) {
    int exit_code = 0;
    const json::value data = data_of(context, "cancel", {{"run", context.line.run}}, exit_code);
    if (exit_code != 0) return exit_code;
    if (context.line.json) return print_json(data);
    const Reading run(data);
    const std::string job = one_line(run.text("job"));
    tell(run.text("run_id").empty() ? job + ": the run that waited will not start"
                                    : job + ": run " + one_line(run.text("run_id")) + " is being stopped");
    return 0;
}

int steer_command(const Context& context) {
    const CommandLine& line = context.line;
    json::object args{{"job", line.job}};
    if (!line.until.empty()) {
        const Result<Instant> until = parse_until(line.until, context.screen.clock);
        if (!until) {
            tell(until.error());
            return 2;
        }
        args["until"] = rfc3339(*until);
    }
    int exit_code = 0;
    const json::value data = data_of(context, line.verb, args, exit_code);
    if (exit_code != 0) return exit_code;
    if (line.json) return print_json(data);
    tell(job_words(answers::job_status(data), context.screen));
    return 0;
}

int reload_command(const Context& context) {
    Result<control::Answer> answer = ask(context, "reload", {});
    if (!answer) {
        tell(answer.error());
        return 1;
    }
    if (!answer->ok) {
        if (context.line.json && answer->data.is_object()) print_json(answer->data);
        return tell_refusal(*answer);
    }
    if (context.line.json) return print_json(answer->data);
    const Reading data(answer->data);
    for (const std::string& warning : data.texts("warnings")) tell("warning: " + warning);
    const std::uint64_t jobs = data.count("jobs").value_or(0);
    tell("the configuration was read again: " + std::to_string(jobs) + (jobs == 1 ? " job" : " jobs"));
    return 0;
}

}  // namespace autobackup::ctl
