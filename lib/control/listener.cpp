// SPDX-License-Identifier: MIT
#include "lib/control/listener.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

namespace autobackup::control {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view unfinished = ".new";
constexpr int backlog = 1024;  // the kernel cuts it at net.core.somaxconn
constexpr mode_t rights = 0660;

Result<sockaddr_un> address_of(const fs::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string& text = path.native();
    if (text.empty() || text.size() >= sizeof address.sun_path) {
        return fail(Errc::config_invalid, "use socket", text,
                    "the path of a unix socket has 1 to " + std::to_string(sizeof address.sun_path - 1) +
                        " bytes (unix(7))");
    }
    std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
    return address;
}

// Two daemons that start at once must not both find the old socket dead: whoever makes one holds the
// directory meanwhile.
Result<FileDescriptor> hold_directory(const fs::path& directory) {
    Result<FileDescriptor> held = open_file(directory, O_RDONLY | O_DIRECTORY);
    if (!held) {
        Failure failure = held.error();
        failure.hint = "the directory of the socket must exist (RuntimeDirectory= in the unit)";
        return failure;
    }
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    while (::flock(held->get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) return fail_errno(errno, "lock", directory);
        if (std::chrono::steady_clock::now() > end) {
            return fail(Errc::busy, "lock", directory,
                        "another process holds a lock on the directory of the socket");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return held;
}

// Whether the name may be taken: nothing there, or a socket at which nobody listens any more.
Result<void> check_free(const fs::path& path) {
    struct stat seen {};
    if (::lstat(path.c_str(), &seen) != 0) {
        if (errno == ENOENT) return {};
        return fail_errno(errno, "look at", path);
    }
    if (!S_ISSOCK(seen.st_mode))
        return fail(Errc::io_error, "listen", path,
                    "there is something else than a socket at this path; it is left alone");
    const Result<FileDescriptor> live = connect_to(path);
    if (!live && (live.error().code == Errc::connection_refused || live.error().code == Errc::not_found))
        return {};
    if (!live && live.error().code != Errc::busy) return live.error();
    Failure failure = fail(Errc::busy, "listen", path, "another process answers at this socket");
    failure.hint = "a daemon is running already: autobackupctl status";
    return failure;
}

Result<FileDescriptor> bound_socket(const fs::path& path, std::optional<gid_t> group) {
    const Result<sockaddr_un> address = address_of(path);
    if (!address) return address.error();
    FileDescriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!made.is_open()) return fail_errno(errno, "make socket", path);
    remove_quietly(path);  // left by a process that was killed between bind and rename
    // bind(2) makes the file with the rights of the descriptor less the umask: from the first moment not more
    // than ours.
    if (::fchmod(made.get(), rights & ~mode_t{0060}) != 0) return fail_errno(errno, "make socket", path);
    if (::bind(made.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
        return fail_errno(errno, "bind", path);
    if (group && ::lchown(path.c_str(), static_cast<uid_t>(-1), *group) != 0 && errno != EPERM)
        return fail_errno(errno, "give to the group", path);
    if (::chmod(path.c_str(), rights) != 0) return fail_errno(errno, "set rights of", path);
    if (::listen(made.get(), backlog) != 0) return fail_errno(errno, "listen", path);
    return made;
}

}  // namespace

Result<FileDescriptor> connect_to(const fs::path& path) {
    const Result<sockaddr_un> address = address_of(path);
    if (!address) return address.error();
    FileDescriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!made.is_open()) return fail_errno(errno, "make socket", path);
    if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0)
        return made;
    switch (errno) {
        case ENOENT:
            return fail(Errc::not_found, "connect", path, "there is no such socket");
        case ECONNREFUSED:
            return fail(Errc::connection_refused, "connect", path, "nobody listens there");
        case EACCES:
        case EPERM:
            return fail(Errc::forbidden, "connect", path, "this user may not");
        case EAGAIN:
            return fail(Errc::busy, "connect", path, "too many clients wait there");
        default:
            return fail_errno(errno, "connect", path);
    }
}

Result<Listener> Listener::make(const fs::path& path, std::optional<gid_t> group) {
    fs::path fresh = path;
    fresh += unfinished;
    if (const Result<sockaddr_un> fits = address_of(fresh); !fits) return fits.error();
    const Result<FileDescriptor> held = hold_directory(path.parent_path());
    if (!held) return held.error();
    if (const Result<void> free = check_free(path); !free) return free.error();
    Result<FileDescriptor> made = bound_socket(fresh, group);
    if (!made) return made.error();
    struct stat seen {};
    if (::lstat(fresh.c_str(), &seen) != 0 || ::rename(fresh.c_str(), path.c_str()) != 0)
        return fail_errno(errno, "name socket", path);
    Listener listener(std::move(*made));
    listener.path_ = path;
    listener.device_ = seen.st_dev;
    listener.inode_ = seen.st_ino;
    return listener;
}

Result<Listener> Listener::adopt(int descriptor) {
    FileDescriptor socket(descriptor);
    const auto option = [&socket](int which) {
        int value = -1;
        socklen_t bytes = sizeof value;
        return ::getsockopt(socket.get(), SOL_SOCKET, which, &value, &bytes) == 0 ? value : -1;
    };
    if (option(SO_DOMAIN) != AF_UNIX || option(SO_TYPE) != SOCK_STREAM || option(SO_ACCEPTCONN) != 1) {
        return fail(Errc::config_invalid, "listen", "descriptor " + std::to_string(descriptor),
                    "it is no listening unix stream socket");
    }
    if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0 || ::fcntl(descriptor, F_SETFL, O_NONBLOCK) != 0) {
        return fail_errno(errno, "listen", "descriptor " + std::to_string(descriptor));
    }
    return Listener(std::move(socket));
}

Listener::Listener(Listener&& other) noexcept
    : socket_(std::move(other.socket_)),
      path_(std::exchange(other.path_, {})),
      device_(other.device_),
      inode_(other.inode_) {}

Listener::~Listener() {
    struct stat seen {};
    if (path_.empty() || ::lstat(path_.c_str(), &seen) != 0) return;
    if (seen.st_dev == device_ && seen.st_ino == inode_) ::unlink(path_.c_str());
}

}  // namespace autobackup::control
