// SPDX-License-Identifier: MIT
#include "lib/http/wire_failure.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/system/system_error.hpp>

#include "lib/core/text.hpp"

namespace autobackup::http {

namespace {

namespace net_error = asio::error;

std::string_view doing(Step step) noexcept {
    switch (step) {
        case Step::resolve:
            return "looking up the name";
        case Step::connect:
            return "connecting";
        case Step::proxy:
            return "asking the proxy for a tunnel";
        case Step::handshake:
            return "in the TLS handshake";
        case Step::send:
            return "sending the request";
        case Step::receive:
            return "waiting for the answer";
    }
    return "";
}

Failure plain(Errc code, std::string message) {
    return fail(code, "", "", std::move(message));
}

Failure limit_failure(Step step, const std::string& where, const Watchdog& watchdog) {
    const Limits& limits = watchdog.limits();
    const std::string during = " (" + std::string(doing(step)) + ")";
    switch (watchdog.reason()) {
        case Watchdog::Reason::connect:
            return plain(Errc::connect_timeout,
                         "no connection to " + where + " within " + human_duration(limits.connect) + during);
        case Watchdog::Reason::total:
            return plain(Errc::timeout,
                         where + " did not finish within " + human_duration(limits.total) + during);
        case Watchdog::Reason::no_progress:
        case Watchdog::Reason::none:
            break;
    }
    return plain(Errc::no_progress,
                 where + " moved no byte for " + human_duration(limits.no_progress) + during);
}

}  // namespace

Failure wire_failure(const boost::system::error_code& error, Step step, const std::string& where,
                     const Watchdog& watchdog) {
    if (watchdog.reason() != Watchdog::Reason::none) return limit_failure(step, where, watchdog);
    if (error == net_error::operation_aborted) throw boost::system::system_error(error);
    const std::string during = " while " + std::string(doing(step));
    if (error == net_error::connection_refused)
        return plain(Errc::connection_refused, "nobody listens at " + where);
    if (error == net_error::host_unreachable || error == net_error::network_unreachable) {
        return plain(Errc::connection_refused, where + " cannot be reached: " + error.message());
    }
    if (error == net_error::timed_out && step == Step::connect) {
        return plain(Errc::connect_timeout, where + " does not answer: " + error.message());
    }
    if (error == net_error::connection_reset || error == net_error::broken_pipe ||
        error == net_error::timed_out || error == net_error::connection_aborted ||
        error == net_error::not_connected) {
        return plain(Errc::connection_reset,
                     where + " broke the connection" + during + " (" + error.message() + ")");
    }
    if (error == net_error::eof || error == asio::ssl::error::stream_truncated) {
        return plain(Errc::connection_closed, where + " closed the connection" + during);
    }
    if (error.category() == net_error::get_ssl_category() ||
        error.category() == asio::ssl::error::get_stream_category()) {
        return plain(Errc::tls_failed, "TLS with " + where + " failed" + during + ": " + error.message());
    }
    return plain(Errc::io_error, where + ": " + error.message() + during);
}

bool is_disconnect(const Failure& failure) noexcept {
    return failure.code == Errc::connection_closed || failure.code == Errc::connection_reset;
}

}  // namespace autobackup::http
