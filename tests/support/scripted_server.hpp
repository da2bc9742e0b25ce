// SPDX-License-Identifier: MIT
// A loopback server that does to each connection exactly what a script says: for faults that no real server
// shows on demand. Plain blocking sockets on threads of its own, so that it shares nothing with the code
// under test.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace autobackup::test {

/// The server's end of one connection. Every call ends early when the server is stopped.
class Peer {
public:
    /// Replaces the plain socket (TLS). read: > 0 bytes, 0 end, < 0 error; write: bytes or < 0.
    struct Layer {
        std::function<long(char*, std::size_t)> read;
        std::function<long(const char*, std::size_t)> write;
        std::function<void()> shutdown;  ///< the layer's own goodbye; only said by say_goodbye()
    };

    Peer(int fd, std::atomic<bool>& stopping, std::size_t number)
        : fd_(fd), stopping_(stopping), number_(number) {}
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    ~Peer() { fin(); }

    [[nodiscard]] std::size_t number() const { return number_; }  ///< 0 = first connection of the server
    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] bool stopping() const { return stopping_; }
    void set_layer(Layer layer) { layer_ = std::move(layer); }

    /// Request line and fields up to and with the empty line; "" when the client closed before.
    std::string read_head() {
        std::size_t end = 0;
        while ((end = pending_.find("\r\n\r\n")) == std::string::npos) {
            if (!fill()) return {};
        }
        std::string head = pending_.substr(0, end + 4);
        pending_.erase(0, end + 4);
        if (on_head) on_head(head);
        return head;
    }

    /// Exactly `bytes` bytes, or fewer when the client closed.
    std::string read_exactly(std::size_t bytes) {
        while (pending_.size() < bytes && fill()) {
        }
        std::string text = pending_.substr(0, bytes);
        pending_.erase(0, text.size());
        return text;
    }

    /// The body that belongs to `head`: by Content-Length or chunks, decoded.
    std::string read_body(const std::string& head) {
        const std::string length = field(head, "content-length");
        if (!length.empty()) return read_exactly(static_cast<std::size_t>(std::stoull(length)));
        if (field(head, "transfer-encoding") != "chunked") return {};
        std::string body;
        while (true) {
            const std::size_t size = std::strtoull(read_line().c_str(), nullptr, 16);
            body += read_exactly(size);
            if (read_line().empty() && size == 0) return body;
            if (stopping_ || broken_) return body;
        }
    }

    /// A whole request; its body is thrown away. "" when the client closed.
    std::string read_request() {
        std::string head = read_head();
        read_body(head);
        return head;
    }

    /// False when the client is gone. Never raises SIGPIPE.
    bool send(std::string_view text) {
        while (!text.empty() && !stopping_) {
            const long n = layer_.write ? layer_.write(text.data(), text.size())
                                        : ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
            if (n <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(n));
        }
        return !stopping_;
    }

    /// "HTTP/1.1 <status>" with Content-Length and `body`; `fields` are whole lines, each with its "\r\n".
    bool answer(std::string_view status, std::string_view body, std::string_view fields = {}) {
        return send("HTTP/1.1 " + std::string(status) + "\r\n" + std::string(fields) +
                    "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
    }

    /// `piece` bytes, then a pause, and so on.
    bool drip(std::string_view text, std::size_t piece, std::chrono::milliseconds pause) {
        for (std::size_t at = 0; at < text.size(); at += piece) {
            if (!send(text.substr(at, piece)) || !wait(pause)) return false;
        }
        return true;
    }

    /// False when the server was stopped meanwhile.
    bool wait(std::chrono::milliseconds time) {
        const auto end = std::chrono::steady_clock::now() + time;
        while (!stopping_ && std::chrono::steady_clock::now() < end) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return !stopping_;
    }

    /// Says nothing until the client closes or the server is stopped.
    void stay_silent() {
        char scrap[4096];
        while (!stopping_) {
            pollfd p{fd_, POLLIN, 0};
            if (::poll(&p, 1, 5) > 0 && ::recv(fd_, scrap, sizeof scrap, 0) <= 0) return;
        }
    }

    /// Neither reads nor writes until the server is stopped or `time` has passed.
    void freeze(std::chrono::milliseconds time = std::chrono::minutes(1)) { wait(time); }

    /// An orderly close. What the client still sends meets a closed socket.
    void fin() {
        const std::lock_guard lock(closing_);
        if (fd_ >= 0) ::close(fd_.exchange(-1));
    }

    /// Wakes whoever waits on the socket; the server's stop() calls it from another thread.
    void interrupt() {
        const std::lock_guard lock(closing_);
        if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
    }

    /// Only our direction is closed; the client may go on sending.
    void half_close() { ::shutdown(fd_, SHUT_WR); }

    /// TLS close_notify, where the layer has one. fin() alone cuts the stream.
    void say_goodbye() {
        if (layer_.shutdown) layer_.shutdown();
    }

    /// The connection is reset (RST).
    void reset() {
        const linger at_once{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        fin();
    }

    /// Value of a field of a head, lower case compared; "" when absent.
    static std::string field(const std::string& head, std::string_view name) {
        const std::string lower = to_lower(head);
        const std::string wanted = "\r\n" + to_lower(std::string(name)) + ":";
        std::size_t at = lower.find(wanted);
        if (at == std::string::npos) return {};
        at = head.find_first_not_of(' ', at + wanted.size());
        return head.substr(at, head.find("\r\n", at) - at);
    }

    std::function<void(const std::string&)> on_head;  ///< set by the server: keeps the heads

private:
    static std::string to_lower(std::string text) {
        for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        return text;
    }

    std::string read_line() {
        std::size_t end = 0;
        while ((end = pending_.find("\r\n")) == std::string::npos) {
            if (!fill()) return {};
        }
        std::string line = pending_.substr(0, end);
        pending_.erase(0, end + 2);
        return line;
    }

    bool fill() {
        char bytes[65536];
        if (fd_ < 0 || stopping_) return false;
        const long n = layer_.read ? layer_.read(bytes, sizeof bytes) : ::recv(fd_, bytes, sizeof bytes, 0);
        if (n <= 0) broken_ = true;
        if (n > 0) pending_.append(bytes, static_cast<std::size_t>(n));
        return n > 0;
    }

    std::mutex closing_;
    std::atomic<int> fd_;
    std::atomic<bool>& stopping_;
    std::size_t number_;
    Layer layer_;
    std::string pending_;
    bool broken_ = false;
};

/// Listens on 127.0.0.1. Connection i runs script i, later ones the last script; at the end of its script a
/// connection is closed with FIN. Scripts run on threads of their own: what they share with the test must be
/// atomic.
class ScriptedServer {
public:
    using Script = std::function<void(Peer&)>;

    explicit ScriptedServer(std::vector<Script> scripts) : scripts_(std::move(scripts)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* plain = reinterpret_cast<sockaddr*>(&address);
        if (listener_ < 0 || ::bind(listener_, plain, size) != 0 || ::listen(listener_, 64) != 0 ||
            ::getsockname(listener_, plain, &size) != 0) {
            throw std::runtime_error("scripted server: cannot listen on loopback");
        }
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread([this] { accept_loop(); });
    }
    explicit ScriptedServer(Script script) : ScriptedServer(std::vector<Script>{std::move(script)}) {}
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;
    ~ScriptedServer() { stop(); }

    [[nodiscard]] std::uint16_t port() const { return port_; }
    /// "http://127.0.0.1:PORT" + path
    [[nodiscard]] std::string url(std::string_view path = "/") const {
        return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
    }
    /// Connections accepted so far.
    [[nodiscard]] std::size_t connections() const {
        const std::lock_guard lock(mutex_);
        return accepted_;
    }
    /// Heads of all requests read so far, in order of arrival.
    [[nodiscard]] std::vector<std::string> heads() const {
        const std::lock_guard lock(mutex_);
        return heads_;
    }

    /// Ends every connection and joins the threads; called by the destructor.
    void stop() {
        if (stopping_.exchange(true)) return;
        ::shutdown(listener_, SHUT_RDWR);
        acceptor_.join();
        ::close(listener_);
        // The acceptor has ended: nobody adds to these any more.
        for (const auto& peer : peers_) peer->interrupt();
        for (auto& thread : threads_) thread.join();
    }

private:
    void accept_loop() {
        while (!stopping_) {
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) continue;
            const std::lock_guard lock(mutex_);
            auto peer = std::make_shared<Peer>(fd, stopping_, accepted_++);
            peer->on_head = [this](const std::string& head) {
                const std::lock_guard inner(mutex_);
                heads_.push_back(head);
            };
            peers_.push_back(peer);
            const Script& script = scripts_[std::min(peer->number(), scripts_.size() - 1)];
            threads_.emplace_back([peer, &script] { run(*peer, script); });
        }
    }

    static void run(Peer& peer, const Script& script) {
        script(peer);
        peer.fin();
    }

    std::vector<Script> scripts_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> stopping_{false};
    mutable std::mutex mutex_;
    std::size_t accepted_ = 0;
    std::vector<std::string> heads_;
    std::vector<std::shared_ptr<Peer>> peers_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

}  // namespace autobackup::test
