// SPDX-License-Identifier: MIT
#include "daemon/ctl/daemon_link.hpp"

#include <spdlog/spdlog.h>

#include "daemon/control/reading.hpp"
#include "lib/control/client.hpp"

namespace autobackup::ctl {
namespace {

Failure with_remedy(Failure failure, const std::string& socket) {
    switch (failure.code) {
        case Errc::not_found:
        case Errc::connection_refused:
            failure.operation.clear();
            failure.message = "no daemon is running at " + socket;
            failure.hint = "systemctl status autobackupd";
            break;
        case Errc::forbidden:
        case Errc::io_error:
            failure.hint = "use sudo, or become a member of group autobackup-admin and log in again";
            break;
        case Errc::no_progress:
        case Errc::connection_closed:
        case Errc::busy:
            failure.hint = "systemctl status autobackupd; journalctl -u autobackupd -e";
            break;
        default:
            break;
    }
    return failure;
}

}  // namespace

bool no_daemon(const Failure& failure) {
    return failure.code == Errc::not_found || failure.code == Errc::connection_refused;
}

Result<control::Answer> ask(const Context& context, std::string_view verb, const boost::json::object& args, const OnEvent& on_event) {
    const std::string& socket = context.line.socket;
    spdlog::debug("asking {}: {} {}", socket, verb, boost::json::serialize(args));
    Result<control::Client> client = control::Client::connect(socket);
    if (!client) return with_remedy(client.error(), socket);
    if (const Result<void> asked = client->ask(verb, args); !asked) return with_remedy(asked.error(), socket);
    while (true) {
        Result<control::Word> word = client->next();
        if (!word) return with_remedy(word.error(), socket);
        if (word->last) return std::move(word->answer);
        if (on_event) on_event(word->event, word->data);
    }
}

int tell_refusal(const control::Answer& answer) {
    tell("autobackupctl: " + answer.message);
    for (const boost::json::value& error : answers::Reading(answer.data).array("errors")) {
        const answers::Reading problem(error);
        std::string text = "  " + problem.text("file") + ":" + std::to_string(problem.count("line").value_or(0)) + ":" +
                           std::to_string(problem.count("column").value_or(0)) + ": ";
        if (!problem.text("path").empty()) text += problem.text("path") + ": ";
        text += problem.text("message");
        if (!problem.text("suggestion").empty()) text += " (did you mean '" + problem.text("suggestion") + "'?)";
        tell(text);
    }
    return answer.exit;
}

boost::json::value data_of(const Context& context, std::string_view verb, const boost::json::object& args, int& exit_code, const OnEvent& on_event) {
    Result<control::Answer> answer = ask(context, verb, args, on_event);
    if (answer && answer->ok) {
        exit_code = 0;
        return std::move(answer->data);
    }
    if (answer) {
        exit_code = tell_refusal(*answer);
    } else {
        tell(answer.error());
        exit_code = 1;
    }
    return nullptr;
}

}  // namespace autobackup::ctl
