// SPDX-License-Identifier: MIT
#include "daemon/notify/delivery.hpp"

#include "daemon/notify/program.hpp"
#include "lib/core/text.hpp"
#include "lib/journal/redact.hpp"

namespace autobackup::notify {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

std::string origin_of(const std::string& url) {
    const auto parsed = http::Url::parse(url);
    return parsed ? parsed->origin() : std::string("(no URL)");
}

void replace_all(std::string& text, std::string_view what) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
        text.replace(at, what.size(), "***");
    }
}

// A server that answers "Cannot POST /hook/abc" would put the key of the hook into the journal.
void hide_target(Failure& failure, const http::Url& url) {
    constexpr std::size_t long_enough = 6;  // a shorter piece is an ordinary word, and no key
    for (std::string* text : {&failure.message, &failure.peer, &failure.hint}) {
        if (url.target().size() >= long_enough) replace_all(*text, url.target());
        std::string piece;
        for (const char c : url.target() + '/') {
            if (std::string_view("/?&=").find(c) == std::string_view::npos) {
                piece += c;
                continue;
            }
            for (const std::string& form : {piece, percent_decode(piece)}) {
                if (form.size() >= long_enough) replace_all(*text, form);
            }
            piece.clear();
        }
    }
}

Awaitable<Result<void>> post(Services& services, http::Request request, std::string object) {
    http::Limits limits;
    limits.connect = services.patience.http;
    limits.no_progress = services.patience.http;
    limits.total = services.patience.http;
    limits.body_in_memory = std::size_t{1} << 20;
    request.method = http::Method::post;
    request.object = object;
    request.follow_redirects = false;  // what is told is for the one that was named
    const http::Url url = request.url;
    Result<http::Response> answer = co_await services.client->exchange(std::move(request), limits);
    if (answer && answer->head.status >= 200 && answer->head.status < 300) co_return Result<void>();
    Failure failure = fail(Errc::internal, "POST", object, "");
    if (answer) failure = http::failure_of(*answer, "POST", object);
    else failure = answer.error();
    if (failure.code == Errc::timeout) failure.transient = true;
    hide_target(failure, url);
    co_return failure;
}

Awaitable<Result<void>> send_ping(Services& services, const config::PingNotice& to, const Message& message,
                                  std::string object) {
    const Result<http::Url> base = http::Url::parse(to.url);
    if (!base) co_return fail(Errc::config_invalid, "POST", object, "the URL cannot be used");
    http::Request request;
    request.url = ping_url(*base, message.signal, message.run_id);
    request.headers.set("Content-Type", "text/plain; charset=utf-8");
    request.body = message.text;
    co_return co_await post(services, std::move(request), std::move(object));
}

Awaitable<Result<void>> send_webhook(Services& services, const config::WebhookNotice& to, const Message& message,
                                     std::string object) {
    const Result<http::Url> url = http::Url::parse(to.url);
    if (!url) co_return fail(Errc::config_invalid, "POST", object, "the URL cannot be used");
    http::Request request;
    request.url = *url;
    request.headers.set("Content-Type", "application/json");
    request.body = message.json;
    if (to.auth) {
        auto read = [reference = *to.auth, places = services.secrets] { return config::read_secret(reference, places); };
        Result<Secret> secret = co_await services.workers.run(std::move(read));
        if (!secret) co_return secret.error();
        std::vector<Secret> known{*secret};
        journal::redact(std::move(known));
        request.authorization = Secret("Bearer " + secret->reveal());
    }
    co_return co_await post(services, std::move(request), std::move(object));
}

Awaitable<Result<void>> send_mail(Services& services, const config::EmailNotice& to, const Message& message,
                                  std::string object) {
    Program program;
    program.argv = {services.sendmail, "-oi", "-t"};
    program.environment = config::harmless_environment(services.secrets);
    program.input = mail_text(message, to.address);
    co_return co_await run_program(services, std::move(program), std::move(object));
}

Awaitable<Result<void>> run_command(Services& services, const config::CommandNotice& to, const Message& message,
                                    std::string object) {
    Program program;
    program.argv = to.argv;
    program.environment = config::harmless_environment(services.secrets);
    program.environment.insert(program.environment.end(), message.facts.begin(), message.facts.end());
    program.input = message.json + "\n";
    co_return co_await run_program(services, std::move(program), std::move(object));
}

}  // namespace

std::string label(const config::Notice& notice) {
    const std::string kind = std::visit(
        Overloaded{
            [](const config::PingNotice& to) { return " ping to " + origin_of(to.url); },
            [](const config::WebhookNotice& to) { return " webhook at " + origin_of(to.url); },
            [](const config::EmailNotice& to) { return " mail to " + to.address; },
            [](const config::CommandNotice& to) { return " command " + one_line(to.argv.at(0)); },
        },
        notice.to);
    return notice.key_path + kind;
}

bool wanted(const config::Notice& notice, const Message& message) {
    if (std::holds_alternative<config::PingNotice>(notice.to)) return !message.of_check || message.signal == Signal::fail;
    switch (message.transition) {
        case Transition::none:
            return false;
        case Transition::failed:
            return notice.on.failed;
        case Transition::still_failing:
            return notice.on.still_failing;
        case Transition::recovered:
            return notice.on.recovered;
    }
    return false;
}

Awaitable<Result<void>> deliver(Services& services, const config::Notice& notice, const Message& message) {
    std::string object = label(notice);
    if (const auto* ping = std::get_if<config::PingNotice>(&notice.to))
        co_return co_await send_ping(services, *ping, message, std::move(object));
    if (const auto* webhook = std::get_if<config::WebhookNotice>(&notice.to))
        co_return co_await send_webhook(services, *webhook, message, std::move(object));
    if (const auto* email = std::get_if<config::EmailNotice>(&notice.to))
        co_return co_await send_mail(services, *email, message, std::move(object));
    co_return co_await run_command(services, std::get<config::CommandNotice>(notice.to), message, std::move(object));
}

}  // namespace autobackup::notify
