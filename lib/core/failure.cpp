// SPDX-License-Identifier: MIT
#include "lib/core/failure.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "lib/core/text.hpp"

namespace autobackup {

std::string_view name(Errc code) noexcept {
    switch (code) {
        case Errc::internal: return "internal";
        case Errc::cancelled: return "cancelled";
        case Errc::timeout: return "timeout";
        case Errc::no_progress: return "no_progress";
        case Errc::resolve_failed: return "resolve_failed";
        case Errc::connect_timeout: return "connect_timeout";
        case Errc::connection_refused: return "connection_refused";
        case Errc::connection_reset: return "connection_reset";
        case Errc::connection_closed: return "connection_closed";
        case Errc::tls_failed: return "tls_failed";
        case Errc::certificate_invalid: return "certificate_invalid";
        case Errc::proxy_failed: return "proxy_failed";
        case Errc::redirect_refused: return "redirect_refused";
        case Errc::unauthorized: return "unauthorized";
        case Errc::forbidden: return "forbidden";
        case Errc::not_found: return "not_found";
        case Errc::rate_limited: return "rate_limited";
        case Errc::server_error: return "server_error";
        case Errc::bad_request: return "bad_request";
        case Errc::bad_response: return "bad_response";
        case Errc::response_too_large: return "response_too_large";
        case Errc::export_failed: return "export_failed";
        case Errc::export_timeout: return "export_timeout";
        case Errc::export_expired: return "export_expired";
        case Errc::no_data: return "no_data";
        case Errc::too_busy: return "too_busy";
        case Errc::archive_invalid: return "archive_invalid";
        case Errc::content_mismatch: return "content_mismatch";
        case Errc::shrunken: return "shrunken";
        case Errc::disk_full: return "disk_full";
        case Errc::reserve: return "reserve";
        case Errc::io_error: return "io_error";
        case Errc::repository_invalid: return "repository_invalid";
        case Errc::push_rejected: return "push_rejected";
        case Errc::remote_moved: return "remote_moved";
        case Errc::push_unverified: return "push_unverified";
        case Errc::unsupported: return "unsupported";
        case Errc::child_failed: return "child_failed";
        case Errc::selection_unmatched: return "selection_unmatched";
        case Errc::state_invalid: return "state_invalid";
        case Errc::busy: return "busy";
        case Errc::secret_missing: return "secret_missing";
        case Errc::config_invalid: return "config_invalid";
        case Errc::source_empty: return "source_empty";
        case Errc::host_key_unknown: return "host_key_unknown";
        case Errc::host_key_changed: return "host_key_changed";
        case Errc::source_replaced: return "source_replaced";
    }
    return "internal";
}

bool usually_transient(Errc code) noexcept {
    switch (code) {
        case Errc::no_progress:
        case Errc::resolve_failed:
        case Errc::connect_timeout:
        case Errc::connection_refused:
        case Errc::connection_reset:
        case Errc::connection_closed:
        case Errc::tls_failed:
        case Errc::proxy_failed:
        case Errc::rate_limited:
        case Errc::server_error:
        case Errc::export_expired:
        case Errc::remote_moved: return true;
        default: return false;
    }
}

std::string describe(const Failure& failure) {
    std::string text = failure.operation;
    if (!failure.object.empty()) text += (text.empty() ? "" : " ") + failure.object;
    if (!failure.message.empty()) text += (text.empty() ? "" : ": ") + failure.message;
    if (!failure.peer.empty()) text += " (the peer said: " + cut_utf8(failure.peer, 300) + ")";
    if (!failure.hint.empty()) text += "; " + failure.hint;
    return one_line(text);
}

std::string cut_peer_words(std::string_view words) {
    constexpr std::size_t limit = 2048;
    constexpr std::size_t ellipsis = 3;  // bytes of "…", so that words which are cut twice stay as they are
    return words.size() <= limit ? std::string(words) : cut_utf8(words, limit - ellipsis);
}

Failure fail(Errc code, std::string operation, std::string object, std::string message, std::string peer) {
    Failure failure;
    failure.code = code;
    failure.operation = std::move(operation);
    failure.object = std::move(object);
    failure.message = std::move(message);
    failure.peer = cut_peer_words(peer);
    failure.transient = usually_transient(code);
    return failure;
}

Failure fail_cancelled(std::string operation, std::string object) {
    return fail(Errc::cancelled, std::move(operation), std::move(object), "stopped by request");
}

Failure fail_errno(int error, std::string operation, std::string object) {
    const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
    return fail(full ? Errc::disk_full : Errc::io_error, std::move(operation), std::move(object), std::strerror(error));
}

void throw_exception_from_error(const Failure& failure, const boost::source_location&) {
    throw std::logic_error("unchecked failure: " + describe(failure));
}

}  // namespace autobackup
