// SPDX-License-Identifier: MIT
// A pipe or a pseudo-terminal whose other end the test reads.
#pragma once

#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "lib/core/file.hpp"

namespace autobackup::test {

/// What was written to `fd()` so far, without waiting. At most 64 KiB may lie unread.
class Capture {
public:
    static Capture pipe() {
        int ends[2] = {-1, -1};
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
        return Capture(ends[0], ends[1]);
    }

    /// A terminal of `columns`; line ends arrive as they are written (no output processing).
    static Capture terminal(unsigned short columns = 80) {
        int reader = -1;
        int writer = -1;
        struct winsize size {};
        size.ws_col = columns;
        size.ws_row = 24;
        struct termios raw {};
        ::cfmakeraw(&raw);
        if (::openpty(&reader, &writer, nullptr, &raw, &size) != 0) throw std::runtime_error("openpty");
        return Capture(reader, writer);
    }

    [[nodiscard]] int fd() const { return writer_.get(); }

    std::string text() {
        std::string out;
        char piece[4096];
        for (;;) {
            const ssize_t got = ::read(reader_.get(), piece, sizeof piece);
            if (got <= 0) return out;
            out.append(piece, static_cast<std::size_t>(got));
        }
    }

private:
    Capture(int reader, int writer) : reader_(reader), writer_(writer) {
        ::fcntl(reader, F_SETFL, ::fcntl(reader, F_GETFL) | O_NONBLOCK);
    }
    FileDescriptor reader_;
    FileDescriptor writer_;
};

}  // namespace autobackup::test
