// SPDX-License-Identifier: MIT
#include "daemon/state/lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <optional>

#include "lib/core/host.hpp"
#include "lib/core/instant.hpp"

namespace autobackup::state {
namespace {

// Who works on the job, as written in the lock file: a hint for people, the lock itself is the kernel's.
struct LockHolder {
    std::int64_t pid = 0;
    std::string since;  // RFC 3339
    std::string host;
};

fs::path lock_file(const fs::path& storage, const std::string& job) {
    return storage / "locks" / (job + ".lock");
}

// Short, so that a reader who comes in between finds no text rather than a torn one.
Result<void> write_holder(int fd, const fs::path& path) {
    boost::json::object holder;
    holder["pid"] = static_cast<std::int64_t>(::getpid());
    holder["since"] = rfc3339_seconds(now());
    holder["host"] = host_name();
    const std::string text = boost::json::serialize(holder) + "\n";
    if (::ftruncate(fd, 0) != 0) return fail_errno(errno, "truncate", path.string());
    return write_all(fd, text, path);
}

std::optional<LockHolder> read_holder(const fs::path& path) {
    const Result<std::string> text = read_file(path, 4096);
    if (!text) return std::nullopt;
    boost::json::error_code error;
    const boost::json::value value = boost::json::parse(*text, error);
    if (error || !value.is_object()) return std::nullopt;
    const boost::json::value* const pid = value.get_object().if_contains("pid");
    const boost::json::value* const since = value.get_object().if_contains("since");
    const boost::json::value* const host = value.get_object().if_contains("host");
    if (!pid || !pid->is_int64() || !since || !since->is_string() || !host || !host->is_string())
        return std::nullopt;
    LockHolder holder;
    holder.pid = pid->get_int64();
    holder.since = since->get_string().c_str();
    holder.host = host->get_string().c_str();
    return holder;
}

std::string holder_words(const fs::path& path) {
    const std::optional<LockHolder> holder = read_holder(path);
    if (!holder) return "another process works on it";
    return fmt::format("process {} on {} works on it since {}", holder->pid, holder->host, holder->since);
}

Failure job_busy(const fs::path& path) {
    Failure failure = fail(Errc::busy, "lock", "job " + path.stem().string(), holder_words(path));
    failure.hint = "wait for it to end, or use --wait";
    return failure;
}

Failure daemon_busy(const fs::path& path) {
    Failure failure = fail(Errc::busy, "lock", "the storage " + path.parent_path().string(), holder_words(path));
    failure.hint = "one daemon works on a storage: stop the other one, or give this one a storage of its own";
    return failure;
}

}  // namespace

Result<JobLock> JobLock::acquire(const fs::path& storage, const std::string& job) {
    if (job.empty() || job[0] == '.' || job.find('/') != std::string::npos) {
        return fail(Errc::config_invalid, "lock", "job " + job, "this is no name of a job");
    }
    return acquire_file(lock_file(storage, job), &job_busy);
}

Result<JobLock> JobLock::acquire_daemon(const fs::path& storage) {
    return acquire_file(storage / "daemon.lock", &daemon_busy);
}

Result<JobLock> JobLock::acquire_file(const fs::path& path, Failure (*busy)(const fs::path& path)) {
    const Result<void> directory = make_directories(path.parent_path());
    if (!directory) return directory.error();
    Result<FileDescriptor> fd = open_file(path, O_RDWR | O_CREAT, 0640);
    if (!fd) return fd.error();
    while (::flock(fd->get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return busy(path);
        if (errno != EINTR) return fail_errno(errno, "lock", path.string());
    }
    // Past the umask; of a file that another user made the mode stays.
    (void)::fchmod(fd->get(), 0640);
    // On a full disk the text is missing; the lock holds all the same.
    (void)write_holder(fd->get(), path);
    return JobLock(std::move(*fd));
}

}  // namespace autobackup::state
