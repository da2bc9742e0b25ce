// SPDX-License-Identifier: MIT
#include "lib/journal/logging.hpp"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <mutex>

#include "lib/journal/line.hpp"
#include "lib/journal/redact.hpp"

namespace autobackup::journal {
namespace {

struct Hook {
    std::mutex mutex;
    std::function<void()> call;
};

// Never destroyed: a thread may still log while the statics of the process go away.
Hook& line_hook() {
    static Hook& hook = *new Hook;
    return hook;
}

Priority priority_of(spdlog::level::level_enum level) {
    switch (level) {
        case spdlog::level::trace:
        case spdlog::level::debug:
            return Priority::debug;
        case spdlog::level::warn:
            return Priority::warning;
        case spdlog::level::err:
            return Priority::error;
        case spdlog::level::critical:
            return Priority::critical;
        default:
            return Priority::info;
    }
}

std::string_view word_of(spdlog::level::level_enum level) {
    return level == spdlog::level::trace ? "trace" : level_word(priority_of(level));
}

class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    StderrSink(int fd, bool as_json)
        : fd_(fd),
          as_json_(as_json),
          terminal_(::isatty(fd) == 1),
          colour_(terminal_ && std::getenv("NO_COLOR") == nullptr) {}

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        const std::string_view text(message.payload.data(), message.payload.size());
        const Instant time = std::chrono::floor<std::chrono::microseconds>(message.time);
        if (as_json_) return put_line(fd_, json_line(time, word_of(message.level), text));
        if (terminal_) return put_line(fd_, short_line(word_of(message.level), text, colour_));
        put_line(fd_, dated_line(time, word_of(message.level), text));
    }
    void flush_() override {}

private:
    int fd_;
    bool as_json_;
    bool terminal_;
    bool colour_;
};

class JournalSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit JournalSink(std::string identifier) : sink_(journald_sink(std::move(identifier))) {}

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        Entry entry;
        entry.priority = priority_of(message.level);
        entry.message.assign(message.payload.data(), message.payload.size());
        sink_->send(entry);
    }
    void flush_() override {}

private:
    std::unique_ptr<Sink> sink_;
};

Format resolved(const LogOptions& options) {
    if (options.format != Format::automatic) return options.format;
    return is_journal_stream(options.fd) ? Format::journal : Format::text;
}

// What goes to journald is told on stderr too, unless stderr ends in the journal: without a journald the
// record would be lost without a word.
bool journal_needs_stderr(const LogOptions& options) {
    return !is_journal_stream(options.fd);
}

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::trace:
            return spdlog::level::trace;
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warning:
            return spdlog::level::warn;
        case Level::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

}  // namespace

std::optional<Level> parse_level(std::string_view word) {
    if (word == "trace") return Level::trace;
    if (word == "debug") return Level::debug;
    if (word == "info") return Level::info;
    if (word == "warning") return Level::warning;
    if (word == "error") return Level::error;
    return std::nullopt;
}

std::optional<Format> parse_format(std::string_view word) {
    if (word == "text") return Format::text;
    if (word == "json") return Format::json;
    if (word == "journal") return Format::journal;
    return std::nullopt;
}

void set_up_logging(const LogOptions& options) {
    const Format format = resolved(options);
    std::vector<spdlog::sink_ptr> sinks;
    if (format == Format::journal) sinks.push_back(std::make_shared<JournalSink>(options.identifier));
    if (format != Format::journal || journal_needs_stderr(options)) {
        sinks.push_back(std::make_shared<StderrSink>(options.fd, format == Format::json));
    }
    auto logger = std::make_shared<spdlog::logger>(options.identifier, sinks.begin(), sinks.end());
    logger->set_level(spdlog_level(options.level));
    spdlog::set_default_logger(std::move(logger));
}

std::unique_ptr<Sink> make_sink(const LogOptions& options) {
    const Format format = resolved(options);
    if (format == Format::json) return json_sink(options.fd);
    if (format == Format::text) return text_sink(options.fd);
    if (!journal_needs_stderr(options)) return journald_sink(options.identifier);
    std::vector<std::unique_ptr<Sink>> sinks;
    sinks.push_back(journald_sink(options.identifier));
    sinks.push_back(text_sink(options.fd));
    return tee_sink(std::move(sinks));
}

void before_each_line(std::function<void()> hook) {
    const std::lock_guard lock(line_hook().mutex);
    line_hook().call = std::move(hook);
}

void write_line(int fd, std::string_view text) {
    put_line(fd, redacted(text));
}

void put_line(int fd, std::string_view safe_text) {
    const std::string line = std::string(safe_text) + "\n";
    const std::lock_guard lock(line_hook().mutex);
    if (line_hook().call && ::isatty(fd) == 1) line_hook().call();
    std::string_view rest = line;
    while (!rest.empty()) {
        const ssize_t written = ::write(fd, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;  // nobody reads: there is no place left to say so
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
}

bool is_journal_stream(int fd) {
    const char* const stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (stream == nullptr || ::fstat(fd, &status) != 0) return false;
    return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == stream;
}

}  // namespace autobackup::journal
