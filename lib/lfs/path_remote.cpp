// SPDX-License-Identifier: MIT
#include "lib/lfs/path_remote.hpp"

#include <sys/stat.h>

namespace autobackup::lfs {
namespace {

class PathRemote final : public Remote {
public:
    PathRemote(async::Workers& workers, Store local, Store theirs, std::string url)
        : workers_(workers), local_(std::move(local)), theirs_(std::move(theirs)), url_(std::move(url)) {}

    Awaitable<Result<Moved>> upload(std::vector<Pointer> objects) override {
        auto work = [this, objects = std::move(objects)] { return copy(objects, local_, theirs_); };
        co_return co_await workers_.run(std::move(work));
    }
    Awaitable<Result<Moved>> download(std::vector<Pointer> objects) override {
        auto work = [this, objects = std::move(objects)] { return copy(objects, theirs_, local_); };
        co_return co_await workers_.run(std::move(work));
    }

    Awaitable<Result<Gathered>> gather(std::vector<Pointer> objects) override {
        auto work = [this, objects = std::move(objects)] { return gather_now(objects); };
        co_return co_await workers_.run(std::move(work));
    }

private:
    Result<Gathered> gather_now(const std::vector<Pointer>& objects) const {
        Gathered gathered;
        for (const Pointer& object : objects) {
            const Result<Moved> moved = copy(std::vector<Pointer>{object}, theirs_, local_);
            if (moved) {
                gathered.moved.objects += moved->objects;
                gathered.moved.bytes += moved->bytes;
            } else if (moved.error().code == Errc::cancelled || moved.error().code == Errc::disk_full) {
                return moved.error();
            } else {
                gathered.refused.emplace_back(object, moved.error());
            }
        }
        return gathered;
    }

    // A copy and no link: a backup that shares its blocks with what it is a backup of is none.
    Result<Moved> copy(const std::vector<Pointer>& objects, const Store& from, const Store& to) const {
        Moved moved;
        for (const Pointer& object : objects) {
            if (to.has(object)) continue;
            if (workers_.stop_token().stop_requested()) return fail_cancelled("copy", url_);
            Result<Incoming> incoming = Incoming::open(to);
            if (!incoming) return incoming.error();
            const TakeBytes write = [&incoming](std::span<const std::byte> bytes) { return incoming->write(bytes); };
            Result<void> done = from.stream(object, write);
            if (done) done = incoming->keep_as(object);
            if (!done) return done.error();
            ++moved.objects;
            moved.bytes += object.size;
        }
        return moved;
    }

    async::Workers& workers_;
    Store local_;
    Store theirs_;
    std::string url_;
};

}  // namespace

std::unique_ptr<Remote> make_path_remote(async::Workers& workers, Store local, std::filesystem::path objects, std::string url) {
    // Others read that repository too: the modes of its own objects directory decide.
    struct stat status {};
    const bool known = ::stat((objects.parent_path().parent_path() / "objects").c_str(), &status) == 0;
    const mode_t directories = known ? status.st_mode & 07777 : 0755;
    Store theirs(std::move(objects), directories & 0666, directories);
    return std::make_unique<PathRemote>(workers, std::move(local), std::move(theirs), std::move(url));
}

}  // namespace autobackup::lfs
