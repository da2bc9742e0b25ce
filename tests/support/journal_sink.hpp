// SPDX-License-Identifier: MIT
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "lib/journal/entry.hpp"

namespace autobackup::test {

/// Keeps what is sent to it.
class JournalSink final : public journal::Sink {
public:
    void send(const journal::Entry& entry) override {
        const std::lock_guard lock(mutex_);
        entries_.push_back(entry);
    }
    [[nodiscard]] std::vector<journal::Entry> entries() const {
        const std::lock_guard lock(mutex_);
        return entries_;
    }
    /// All messages and fields in one text.
    [[nodiscard]] std::string text() const {
        std::string out;
        for (const journal::Entry& entry : entries()) {
            out += entry.message + '\n';
            for (const auto& [name, value] : entry.fields) out.append(name).append("=").append(value).append("\n");
        }
        return out;
    }

private:
    mutable std::mutex mutex_;
    std::vector<journal::Entry> entries_;
};

}  // namespace autobackup::test
