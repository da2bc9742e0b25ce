// SPDX-License-Identifier: MIT
#include "lib/remote/ssh_words.hpp"

#include <algorithm>
#include <initializer_list>

#include "lib/core/text.hpp"
#include "lib/hash/digest.hpp"
#include "lib/remote/advertisement.hpp"
#include "lib/remote/route.hpp"

namespace autobackup::remote {
namespace {

constexpr int exit_without_command = 127;

bool says_any(std::string_view words, std::initializer_list<std::string_view> list) {
    return std::any_of(list.begin(), list.end(),
                       [words](std::string_view one) { return words.find(one) != std::string_view::npos; });
}

void become(Failure& failure, Errc code, std::string message, std::string hint = std::string()) {
    failure.code = code;
    failure.message = std::move(message);
    failure.hint = std::move(hint);
}

// Six bits a character, as RFC 4648 has it; nothing for what is no base64.
std::optional<std::string> base64_bytes(std::string_view text) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    unsigned value = 0;
    int bits = 0;
    for (const char c : text.substr(0, text.find('='))) {
        const std::size_t digit = alphabet.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        value = (value << 6U) | static_cast<unsigned>(digit);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes.push_back(static_cast<char>((value >> static_cast<unsigned>(bits)) & 0xffU));
    }
    return bytes;
}

std::string fingerprint_of(std::string_view key) {
    hash::Digest digest(hash::Algorithm::sha256);
    digest.update(key);
    std::string text = base64_encode(digest.finish());
    while (text.ends_with('=')) text.pop_back();
    return "SHA256:" + text;
}

std::optional<HostKey> host_key_of_line(std::string_view line) {
    const std::vector<std::string_view> fields = split(trim(line), ' ');
    if (fields.size() < 3 || fields[0].starts_with('#') || fields[0].starts_with('@')) return std::nullopt;
    const std::optional<std::string> bytes = base64_bytes(fields[2]);
    if (!bytes || bytes->empty()) return std::nullopt;
    HostKey key;
    key.line = trim(line);
    key.host = fields[0];
    key.type = fields[1];
    key.fingerprint = fingerprint_of(*bytes);
    return key;
}

// The network's and ssh's own reasons; false: the words name none of them.
bool sort_connection(Failure& failure, std::string_view words) {
    if (says_any(words, {"REMOTE HOST IDENTIFICATION HAS CHANGED", "REVOKED HOST KEY"})) {
        become(failure, Errc::host_key_changed, "the server's host key is not the one that is known");
    } else if (says_any(words, {"host key is known for", "Host key verification failed"})) {
        become(failure, Errc::host_key_unknown, "the server's host key is not known");
    } else if (says_any(words, {"Could not resolve hostname"})) {
        become(failure, Errc::resolve_failed, "the host name has no address");
    } else if (says_any(words, {": Connection refused", ": No route to host", ": Network is unreachable"})) {
        become(failure, Errc::connection_refused, "ssh could not connect");
    } else if (says_any(words, {": Connection timed out", ": Operation timed out",
                                "Connection timed out during banner exchange", "Timeout, server"})) {
        become(failure, Errc::connect_timeout, "ssh had no connection in time");
    } else if (says_any(words, {"Unable to negotiate", "no matching"})) {
        become(failure, Errc::unsupported, "ssh and the server have no method in common");
    } else {
        return false;
    }
    return true;
}

bool sort_login(Failure& failure, std::string_view words) {
    if (!says_any(words, {"Permission denied (", "Too many authentication failures",
                          "No more authentication methods"}))
        return false;
    become(failure, Errc::unauthorized, "the server refused the key",
           "give the server the public half of the key, and check user name and `ssh_key` (a passphrase "
           "cannot be used)");
    if (says_any(words, {"Load key", "incorrect passphrase", "invalid format", "error in libcrypto"})) {
        failure.message = "ssh cannot use the private key";
        failure.hint = "it must be a whole private key in a format of OpenSSH, without a passphrase";
    }
    return true;
}

// What git, a forge or the account's shell say at the other end.
void sort_remote_words(Failure& failure, std::string_view words, int exit_code) {
    if (exit_code == exit_without_command || says_any(words, {"command not found"})) {
        become(failure, Errc::unsupported, "there is no git at the server",
               "install git there, or check the account's PATH");
        return;
    }
    if (says_any(words,
                 {"does not appear to be a git repository", "not a git repository", "does not exist"})) {
        become(failure, Errc::not_found, "there is no git repository at this path of the server");
        return;
    }
    if (says_any(words, {"No space left on device", "Disk quota exceeded"})) {
        become(failure, Errc::server_error, "the disk of the server is full");
        return;
    }
    const Errc code = failure_of_words(std::string(words)).code;
    become(failure, code, "git on the server ended with code " + std::to_string(exit_code));
    if (code == Errc::forbidden) failure.message = "the server does not allow this";
    if (code == Errc::not_found) failure.message = "the server has no such repository";
}

}  // namespace

std::string shell_word(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'' || c == '!') {
            quoted += std::string("'\\") + c + "'";
        } else {
            quoted += c;
        }
    }
    return quoted + "'";
}

bool is_plain_shell_word(std::string_view text) {
    constexpr std::string_view plain = "-+,./:=@_~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return letter || (c >= '0' && c <= '9') || plain.find(c) != std::string_view::npos;
    });
}

std::optional<HostKey> host_key_in(std::string_view known_hosts) {
    for (const std::string_view line : split(known_hosts, '\n')) {
        if (std::optional<HostKey> key = host_key_of_line(line)) return key;
    }
    return std::nullopt;
}

Failure failure_of_ssh(Failure failure, std::string_view words, int exit_code) {
    if (sort_connection(failure, words) || sort_login(failure, words)) {
        failure.transient = usually_transient(failure.code);
        return failure;
    }
    if (exit_code == exit_of_ssh && says_any(words, {"Connection reset"})) {
        become(failure, Errc::connection_reset, "the connection was reset");
    } else if (exit_code == exit_of_ssh) {
        become(failure, Errc::connection_closed, "the connection ended before the answer did");
        // A forge tells its reason on the same channel and then hangs up.
        const Errc told = failure_of_words(std::string(words)).code;
        if (told != Errc::server_error) sort_remote_words(failure, words, exit_code);
    } else if (exit_code != 0 || !words.empty()) {
        sort_remote_words(failure, words, exit_code);
    }
    failure.transient = usually_transient(failure.code);
    return failure;
}

Failure with_host_key(Failure failure, const std::optional<HostKey>& shown, const std::string& known_hosts,
                      std::string_view words) {
    const std::string file = known_hosts.empty() ? "~/.ssh/known_hosts" : known_hosts;
    const bool changed = failure.code == Errc::host_key_changed;
    if (!shown) {
        failure.hint =
            changed ? "ask the server's owner; then replace its line in " + file
                    : "add the server's key to " + file + " (`known_hosts` under auth names another file)";
        // With a jump host it is that one whose key ssh does not take.
        if (says(words, "host key is known for"))
            failure.message = "the host key of the server, or of a jump host before it, is not known";
        return failure;
    }
    const std::string key = shown->type + " " + shown->fingerprint;
    if (changed) {
        failure.message = "the host key of " + shown->host + " is not the one that is known: it shows " + key;
        failure.hint =
            "somebody may stand between you and the server; if its owner confirms this fingerprint, remove "
            "the old key "
            "(ssh-keygen -R '" +
            shown->host + "' -f " + file + ") and add this line to " + file + ": " + shown->line;
    } else {
        failure.message = "the host key of " + shown->host + " is not known: it shows " + key;
        failure.hint = "if that is the fingerprint which the server's owner tells, add this line to " + file +
                       ": " + shown->line;
    }
    return failure;
}

}  // namespace autobackup::remote
