// SPDX-License-Identifier: MIT
#include "lib/journal/entry.hpp"

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "lib/journal/line.hpp"

namespace autobackup::journal {
namespace {

class JournaldSink final : public Sink {
public:
    explicit JournaldSink(std::string identifier) : identifier_(std::move(identifier)) {}

    void send(const Entry& entry) override {
        std::vector<std::string> fields;
        fields.push_back("MESSAGE=" + safe_line(entry.message));
        fields.push_back("PRIORITY=" + std::to_string(static_cast<int>(entry.priority)));
        fields.push_back("SYSLOG_IDENTIFIER=" + identifier_);
        if (!entry.message_id.empty()) fields.push_back("MESSAGE_ID=" + entry.message_id);
        for (const auto& [name, value] : entry.fields) {
            if (!is_field_name(name)) throw std::invalid_argument("not a journal field name: " + name);
            fields.push_back(name + "=" + safe_line(value));
        }
        std::vector<iovec> pieces;
        for (std::string& field : fields) pieces.push_back({field.data(), field.size()});
        // The result says nothing: 0 comes back even when no journald listens.
        (void)sd_journal_sendv(pieces.data(), static_cast<int>(pieces.size()));
    }

private:
    std::string identifier_;
};

class LineSink final : public Sink {
public:
    LineSink(int fd, bool as_json) : fd_(fd), as_json_(as_json) {}

    void send(const Entry& entry) override {
        if (as_json_) {
            put_line(fd_, json_line(now(), entry));
        } else if (::isatty(fd_) == 1) {
            put_line(fd_, short_line(level_word(entry.priority), entry.message,
                                     std::getenv("NO_COLOR") == nullptr));
        } else {
            put_line(fd_, dated_line(now(), level_word(entry.priority), entry.message));
        }
    }

private:
    int fd_;
    bool as_json_;
};

class TeeSink final : public Sink {
public:
    explicit TeeSink(std::vector<std::unique_ptr<Sink>> sinks) : sinks_(std::move(sinks)) {}
    void send(const Entry& entry) override {
        for (const auto& sink : sinks_) sink->send(entry);
    }

private:
    std::vector<std::unique_ptr<Sink>> sinks_;
};

}  // namespace

bool is_field_name(std::string_view name) {
    const auto allowed = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
    return !name.empty() && name.size() <= 64 && name[0] >= 'A' && name[0] <= 'Z' &&
           std::all_of(name.begin(), name.end(), allowed);
}

std::unique_ptr<Sink> journald_sink(std::string identifier) {
    return std::make_unique<JournaldSink>(std::move(identifier));
}

std::unique_ptr<Sink> json_sink(int fd) {
    return std::make_unique<LineSink>(fd, true);
}

std::unique_ptr<Sink> text_sink(int fd) {
    return std::make_unique<LineSink>(fd, false);
}

std::unique_ptr<Sink> tee_sink(std::vector<std::unique_ptr<Sink>> sinks) {
    return std::make_unique<TeeSink>(std::move(sinks));
}

}  // namespace autobackup::journal
