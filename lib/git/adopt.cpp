// SPDX-License-Identifier: MIT
// Taking in a pack that a peer sent.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "lib/core/stop.hpp"
#include "lib/core/text.hpp"
#include "lib/git/config_file.hpp"
#include "lib/git/pack_format.hpp"
#include "lib/git/pack_inspect.hpp"
#include "lib/git/quarantine.hpp"
#include "lib/git/ref_lock.hpp"
#include "lib/git/repository_impl.hpp"
#include "lib/git/thin_bases.hpp"

namespace autobackup::git {

namespace {

/// Number of objects that the pack announces.
Result<std::uint32_t> announced_objects(int fd, const fs::path& pack) {
    std::array<std::byte, pack_header_bytes> header{};
    const Result<void> got = read_exactly(fd, header, 0, pack);
    if (!got) return got.error();
    const std::optional<std::uint32_t> count = parse_pack_header(header);
    if (!count) return fail(Errc::bad_response, "index", pack.string(), "what came is not a git pack");
    return *count;
}

/// Of the pack that lies in `quarantine` alone.
Result<void> inspect_quarantined(Repository::Impl& repository, const fs::path& quarantine, const Fetched& fetched) {
    PackStore packs(quarantine);
    packs.refresh();
    ObjectReader reader(quarantine, packs);
    Inspection inspection;
    inspection.closed = fetched.closed;
    inspection.small_blob = fetched.small_blob;
    for (const std::unique_ptr<PackFile>& pack : packs.packs()) {
        const Result<void> looked = inspect_pack(repository, reader, *pack, inspection);
        if (!looked) return looked;
    }
    if (packs.unusable().empty()) return {};
    return packs.unusable().front();
}

/// Gives a pack that git itself has indexed the name that its trailer says.
Result<std::string> take_indexed(const Fetched& fetched, int fd, const fs::path& into) {
    const Result<std::uint64_t> size = file_size(fd, fetched.pack);
    if (!size) return size.error();
    std::array<std::byte, digest_bytes> trailer{};
    const Result<void> got = *size < digest_bytes ? fail(Errc::bad_response, "index", fetched.pack.string(), "the pack is cut off")
                                                  : read_exactly(fd, trailer, *size - digest_bytes, fetched.pack);
    if (!got) return got.error();
    const std::string name = "pack-" + hex(std::span(reinterpret_cast<const unsigned char*>(trailer.data()), trailer.size()));
    for (const auto& [from, suffix] : {std::pair(fetched.pack, ".pack"), std::pair(fetched.index, ".idx")}) {
        if (::rename(from.c_str(), (into / (name + suffix)).c_str()) != 0) return fail_errno(errno, "rename", from.string());
    }
    return name;
}

/// Asked by libgit2's indexer for each object; `payload` is Fetched::stop.
int go_on(const git_indexer_progress*, void* payload) { return (*static_cast<StopAsked*>(payload))() ? GIT_EUSER : 0; }

Failure not_indexed(int rc, const fs::path& pack) {
    if (rc == GIT_EUSER) return fail_cancelled("index", pack.string());
    return git_failure(rc, "index", pack.string());
}

/// Runs libgit2's indexer over the pack; it adds the bases that a thin pack leaves out. Returns the name of
/// the new pack.
Result<std::string> index_pack(Repository::Impl& repository, int fd, const fs::path& pack, StopAsked stop, const fs::path& into) {
    // No connectivity check here: it refuses objects that git accepts, and cannot know of shallow or partial
    // histories.
    initialise_library();
    git_indexer_options options = GIT_INDEXER_OPTIONS_INIT;
    if (stop) {
        options.progress_cb = &go_on;
        options.progress_cb_payload = &stop;
    }
    const Result<OdbHandle> bases = make_odb(repository.reader);
    if (!bases) return bases.error();
    IndexerHandle indexer;
    int rc = git_indexer_new(out(indexer), into.c_str(), 0600, bases->get(), &options);
    if (rc < 0) return not_indexed(rc, pack);
    git_indexer_progress progress{};
    std::vector<std::byte> piece(piece_bytes);
    for (std::uint64_t offset = 0;;) {
        const ssize_t got = ::pread(fd, piece.data(), piece.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno(errno, "read", pack.string());
        if (got == 0) break;
        offset += static_cast<std::uint64_t>(got);
        rc = git_indexer_append(indexer.get(), piece.data(), static_cast<std::size_t>(got), &progress);
        if (rc < 0) return not_indexed(rc, pack);
    }
    rc = git_indexer_commit(indexer.get(), &progress);
    if (rc < 0) return not_indexed(rc, pack);
    return std::string("pack-") + git_indexer_name(indexer.get());
}

/// What git writes for `git clone --filter=blob:none`, and the older extensions.partialClone besides: git
/// looks for missing objects at a remote only when it knows that they were promised.
ConfigSettings partial_clone_settings(const std::string& remote_name, const std::string& url) {
    const std::string remote = "remote." + remote_name;
    ConfigSettings settings{{"core.repositoryformatversion", "1"},
                      {"extensions.partialClone", remote_name},
                      {remote + ".promisor", "true"},
                      {remote + ".partialclonefilter", "blob:none"}};
    if (!url.empty()) settings.emplace_back(remote + ".url", url);
    return settings;
}

/// `have` is what the file holds already.
Result<void> add_shallow(const fs::path& root, const std::vector<Oid>& have, const std::vector<Oid>& more) {
    std::vector<Oid> all = have;
    all.insert(all.end(), more.begin(), more.end());
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    if (all == have) return {};
    Result<RefLock> lock = RefLock::acquire(root, root / "shallow");
    if (!lock) return lock.error();
    std::string text;
    for (const Oid& oid : all) text += oid.hex() + "\n";
    return lock->commit(text);
}

}  // namespace

Result<void> Repository::adopt_pack(const Fetched& fetched, const std::string& remote_name,
                                    const std::string& remote_url) {
    if (fetched.promisor) {
        const Result<void> configured =
            change_config(impl_->path, partial_clone_settings(remote_name, remote_url));
        if (!configured) return configured;
    }
    const Result<FileDescriptor> file = open_file(fetched.pack, O_RDONLY);
    if (!file) return file.error();
    const Result<std::uint32_t> count = announced_objects(file->get(), fetched.pack);
    if (!count) return count.error();
    impl_->refresh();
    if (*count != 0) {
        const Result<Quarantine> quarantine = Quarantine::create(impl_->path / "objects");
        if (!quarantine) return quarantine.error();
        const Result<std::string> name = fetched.index.empty() ? index_pack(*impl_, file->get(), fetched.pack, fetched.stop, quarantine->path())
                                                               : take_indexed(fetched, file->get(), quarantine->path());
        if (!name) return name.error();
        const bool wanted = fetched.closed || fetched.small_blob;
        const Result<void> inspected = wanted ? inspect_quarantined(*impl_, quarantine->path(), fetched) : Result<void>();
        if (!inspected) return inspected;
        const Result<void> moved =
            move_pack(quarantine->path(), impl_->pack_directory(), *name, fetched.promisor);
        if (!moved) return moved;
    }
    Result<void> settings = impl_->read_settings();  // the shallow list may have grown since it was read
    if (settings) settings = add_shallow(impl_->path, impl_->shallow, fetched.shallow);
    if (settings) settings = impl_->read_settings();
    if (!settings) return settings;
    remove_quietly(fetched.pack);
    impl_->refresh();
    return {};
}

}  // namespace autobackup::git
