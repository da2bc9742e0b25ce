// SPDX-License-Identifier: MIT
#include "lib/control/client.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <thread>

#include "lib/control/listener.hpp"
#include "lib/core/json_fields.hpp"

namespace autobackup::control {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_line = std::size_t{64} << 20;
constexpr std::chrono::milliseconds full_queue_pause{50};

Failure bad(const std::string& path, std::string why) {
    return fail(Errc::bad_response, "read", path, std::move(why));
}

Answer answer_of(const json::object& object) {
    Answer answer;
    answer.ok = object.at("ok") == true;
    const json::value* const data = object.if_contains("data");
    if (answer.ok) {
        if (data != nullptr) answer.data = *data;
        return answer;
    }
    answer.exit = 1;
    answer.message = "the daemon gave no reason";
    const json::value* const error = object.if_contains("error");
    if (error == nullptr || !error->is_object()) return answer;
    const json::object& told = error->get_object();
    answer.code = text_at(told, "code");
    if (!text_at(told, "message").empty()) answer.message = text_at(told, "message");
    const json::value* const exit = told.if_contains("exit");
    if (exit != nullptr && exit->is_int64() && exit->get_int64() >= 1 && exit->get_int64() <= 5) {
        answer.exit = static_cast<int>(exit->get_int64());
    }
    if (const json::value* const more = told.if_contains("data")) answer.data = *more;
    return answer;
}

Result<Word> word_of(const std::string& line, const std::string& path) {
    boost::system::error_code error;
    const json::value value = json::parse(line, error);
    if (error || !value.is_object()) return bad(path, "the daemon's line is no JSON object");
    const json::object& object = value.get_object();
    const json::value* const version = object.if_contains("v");
    if (version == nullptr || *version != protocol_version)
        return bad(path, "the daemon speaks another version of the control protocol");
    Word word;
    if (object.contains("ok")) {
        word.last = true;
        word.answer = answer_of(object);
        return word;
    }
    word.event = text_at(object, "event");
    if (const json::value* const data = object.if_contains("data")) word.data = *data;
    return word;
}

}  // namespace

Result<Client> Client::connect(const std::filesystem::path& path, std::chrono::milliseconds silence) {
    const auto end = std::chrono::steady_clock::now() + silence;
    while (true) {
        Result<FileDescriptor> made = connect_to(path);
        if (made) return Client(std::move(*made), path, silence);
        // A non-blocking connect to a full queue fails at once and cannot be polled for (unix(7)).
        if (made.error().code != Errc::busy || std::chrono::steady_clock::now() >= end) return made.error();
        std::this_thread::sleep_for(full_queue_pause);
    }
}

Result<void> Client::wait_for(short events) const {
    pollfd waiting{socket_.get(), events, 0};
    const auto end = std::chrono::steady_clock::now() + silence_;
    while (true) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0) break;
        const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
        if (ready > 0) return {};
        if (ready < 0 && errno != EINTR) return fail_errno(errno, "wait for", path_);
    }
    return fail(Errc::no_progress, "wait for", path_,
                "the daemon said nothing for " + std::to_string(silence_.count() / 1000) + " s");
}

Result<void> Client::ask(std::string_view verb, const json::object& args) {
    const std::string line = request_line(verb, args);
    for (std::size_t done = 0; done < line.size();) {
        const ssize_t sent = ::send(socket_.get(), line.data() + done, line.size() - done, MSG_NOSIGNAL);
        if (sent >= 0) {
            done += static_cast<std::size_t>(sent);
        } else if (errno == EAGAIN) {
            if (const Result<void> ready = wait_for(POLLOUT); !ready) return ready.error();
        } else if (errno == EPIPE || errno == ECONNRESET) {
            return {};  // refused before it was asked: the reason can be read
        } else if (errno != EINTR) {
            return fail_errno(errno, "write to", path_);
        }
    }
    return {};
}

Result<std::string> Client::next_line() {
    std::size_t looked = 0;
    while (true) {
        const std::size_t end = received_.find('\n', looked);
        if (end != std::string::npos) {
            std::string line = received_.substr(0, end);
            received_.erase(0, end + 1);
            return line;
        }
        looked = received_.size();
        if (looked > longest_line) return bad(path_, "the daemon's line is too long");
        if (const Result<void> ready = wait_for(POLLIN); !ready) return ready.error();
        std::array<char, 65536> piece{};
        const ssize_t count = ::recv(socket_.get(), piece.data(), piece.size(), 0);
        if (count > 0) received_.append(piece.data(), static_cast<std::size_t>(count));
        if (count == 0 || (count < 0 && errno == ECONNRESET)) {
            return fail(Errc::connection_closed, "read", path_, "the daemon went away before it answered");
        }
        if (count < 0 && errno != EINTR && errno != EAGAIN) return fail_errno(errno, "read", path_);
    }
}

Result<Word> Client::next() {
    while (true) {
        const Result<std::string> line = next_line();
        if (!line) return line.error();
        Result<Word> word = word_of(*line, path_);
        if (!word || word->last || word->event != "alive") return word;
    }
}

}  // namespace autobackup::control
