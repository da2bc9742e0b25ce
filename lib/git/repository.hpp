// SPDX-License-Identifier: MIT
// A local bare repository, synchronous and without network. Call on a worker; one Repository belongs to one
// thread at a time. Durability (see docs/architecture.md): pack fsynced, then its index, then the directory,
// then the ref.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/core/failure.hpp"
#include "lib/core/file.hpp"
#include "lib/core/stop.hpp"
#include "lib/git/oid.hpp"
#include "lib/git/tree.hpp"

namespace autobackup::git {

/// Where branches stand (gitglossary(7), "ref").
inline constexpr std::string_view branch_prefix = "refs/heads/";
/// The full name of a branch.
inline std::string branch_ref(std::string_view branch) { return std::string(branch_prefix) + std::string(branch); }

namespace fs = std::filesystem;

/// Whatever uses libgit2 calls it first; any thread: with bounded memory maps and without the configuration files of
/// whoever runs us. Only its indexer, its configuration parser and its rule for names of refs are used, the first two on
/// files that we fsync ourselves before they get their names: so its own fsync stays off.
void initialise_library();
/// "libgit2 1.5.1"
std::string library_version();

/// Whether `name` can be a ref here: below refs/, and of the letters and forms of git-check-ref-format(1).
bool is_ref_name(const std::string& name);

using TakeBytes = std::function<Result<void>(std::span<const std::byte>)>;

/// A blob that is to be written; its name and size are known (hashed before).
struct NewBlob {
    Oid oid;
    std::uint64_t size = 0;
    bool compress = true;  ///< false: stored (zlib level 0), for media that does not shrink
    /// Gives the content in pieces to its argument; called once, or not at all when the repository has the
    /// blob already.
    std::function<Result<void>(const TakeBytes&)> produce;
};

struct PackInfo {
    fs::path pack;  ///< objects/pack/pack-<sha1>.pack
    std::uint64_t bytes = 0;
    std::uint32_t objects = 0;
};

/// Hears of a blob; `content` is borrowed for the call.
using TakeBlob = std::function<void(const Oid& oid, std::string_view content)>;

struct Fetched {
    fs::path pack;             ///< a pack file as the peer sent it (may be thin); consumed
    fs::path index;            ///< its index when `git index-pack` has made it (consumed); empty: made here
    bool closed = false;       ///< whatever its objects name must be in it or here already: bad_response otherwise, and nothing is taken
                               ///< in. Of a repository that lacks nothing this keeps it so
    TakeBlob small_blob{};     ///< hears of each blob under 1024 bytes in the pack, before it is taken in
    bool promisor = false;     ///< objects it lacks may be asked for from the remote: mark the pack .promisor
    std::vector<Oid> shallow;  ///< commits whose parents are not here
    StopAsked stop{};  ///< asked for each object while the index is made here; true: cancelled, and nothing is taken in
};

/// One step of set_refs() and replace_refs().
struct RefChange {
    std::string ref;
    Oid target;                   ///< zero, in replace_refs(): it is to be deleted
    std::optional<Oid> expected;  ///< where it must stand now; nullopt: it must not exist
};

/// Hears of a pack while write_pack() makes it, so that it can be sent meanwhile. Nothing that it hears of is proved
/// before write_pack() has returned. Called by threads of write_pack(), one at a time; must not block.
class PackTap {
public:
    virtual ~PackTap() = default;
    /// The file begins. `file` is open for reading and stays good whatever becomes of its name; `content_bytes`: of the objects
    /// that will be in it.
    virtual void begin(FileDescriptor file, std::uint64_t content_bytes) = 0;
    /// So many bytes from the front stand in the file.
    virtual void written(std::uint64_t bytes) = 0;
    /// The file is complete, with its trailer.
    virtual void complete(std::uint64_t bytes) = 0;
};

/// Which packs join_packs() joins.
struct JoinRule {
    std::size_t pile = 16;  ///< fewer packs of a kind are left as they are
    std::uint64_t largest = std::uint64_t{1} << 30;  ///< bytes; packs of this size and more are left alone
    std::uint64_t room = UINT64_MAX;                 ///< bytes that a new pack may take on the disk
};

struct Joined {
    std::uint32_t packs = 0;    ///< that were joined; 0: there was nothing to do
    std::uint32_t objects = 0;  ///< in the new ones
    std::uint64_t bytes = 0;    ///< of the new ones
    bool no_room = false;       ///< some were not joined for want of room
};

struct IndexEntry;
struct SegmentPlan;
class GrowingPack;

class Repository {
public:
    /// Makes the repository if there is none: bare, HEAD → refs/heads/<branch>, directories 0750, files 0640
    /// (packs too) whatever the umask, in a temporary directory that is renamed into place. An existing one
    /// is opened, and what dead processes left in it (temporary files, locks) is removed; repository_invalid
    /// when it is damaged, not bare, or borrows objects.
    static Result<Repository> open_or_init(const fs::path& path, const std::string& branch);
    /// Opens without changing anything.
    static Result<Repository> open(const fs::path& path);
    /// The same for reading alone, of a repository with a work tree too: `path` is the bare repository, the clone, or
    /// its .git.
    static Result<Repository> open_any(const fs::path& path);
    Repository(Repository&&) noexcept;
    Repository& operator=(Repository&&) noexcept;
    ~Repository();

    [[nodiscard]] const fs::path& path() const noexcept;

    // -- reading --
    /// Full name of the branch that HEAD stands for, born or not; nothing when HEAD names a commit.
    Result<std::optional<std::string>> head_branch() const;
    /// Object that a ref ("refs/heads/main") names; nothing when there is no such ref.
    Result<std::optional<Oid>> resolve(const std::string& ref) const;
    /// "refs/heads/main", whether or not there is such a ref; nothing when HEAD is detached.
    Result<std::optional<std::string>> head_target() const;
    /// A value of the repository's own configuration; nothing when the key is not there.
    Result<std::optional<std::string>> setting(const std::string& key) const;
    /// For each pair whether the first is an ancestor of (or the same as) the second; tags count as what they stand for. A commit that is
    /// dated more than a day before its parents may be overlooked: then the answer is no.
    Result<std::vector<bool>> are_ancestors(const std::vector<std::pair<Oid, Oid>>& pairs) const;
    /// Every blob under 1024 bytes, in all packs and loose; one that is in two packs comes twice.
    Result<void> small_blobs(const TakeBlob& take) const;
    /// All refs with that prefix, by name.
    Result<std::vector<std::pair<std::string, Oid>>> refs(const std::string& prefix) const;
    [[nodiscard]] bool has(const Oid& oid) const;
    Result<Commit> read_commit(const Oid& commit) const;
    Result<std::vector<TreeEntry>> read_tree(const Oid& tree) const;
    /// Entry at "a/b/c" below `tree`; nothing when the path does not exist.
    Result<std::optional<TreeEntry>> entry_at(const Oid& tree, std::string_view path) const;
    /// Every blob below `tree` with its path, depth first in tree order.
    Result<void> walk(
        const Oid& tree,
        const std::function<Result<void>(const std::string& path, const TreeEntry&)>& visit) const;
    Result<std::string> read_blob(const Oid& blob, std::size_t limit = std::size_t{64} << 20) const;
    /// Size without reading the content (object header).
    Result<std::uint64_t> blob_size(const Oid& blob) const;
    /// Content in pieces, verified against its name at the end; memory stays flat for packs that this program
    /// wrote.
    Result<void> stream_blob(const Oid& blob, const TakeBytes& take) const;

    // -- writing --
    /// Writes everything that the repository lacks (duplicates once) as one pack + index, re-reads what it
    /// wrote and re-hashes it, fsyncs pack, index, directory. Nothing to write: no pack, nullopt. On failure
    /// nothing is left behind. content_mismatch when a blob's bytes do not have the name given. `tap` may be null.
    Result<std::optional<PackInfo>> write_pack(const std::vector<NewBlob>& blobs,
                                               const std::vector<RawObject>& objects,
                                               const std::function<void(std::uint64_t bytes)>& progress,
                                               PackTap* tap = nullptr);
    /// The same for a pack that has grown already: adds what neither it nor the repository has, and publishes it. It stays one pack; what
    /// was added to it and nobody needs stays in it. On failure nothing is left behind.
    Result<std::optional<PackInfo>> finish_pack(GrowingPack pack, const std::vector<NewBlob>& blobs, const std::vector<RawObject>& objects);
    /// Sets `ref` to `target` when it stands at `expected` (nullopt: must not exist), with reflog, durably.
    /// remote_moved otherwise.
    Result<void> set_ref(const std::string& ref, const Oid& target, const std::optional<Oid>& expected,
                         const std::string& message);
    /// Many at once (the first clone of a mirror has 40,000). All expectations are looked at before anything
    /// is written; then a few are set one by one, many by one rewrite of packed-refs (those without a log
    /// entry). A crash leaves each ref old or new.
    Result<void> set_refs(const std::vector<RefChange>& changes, const std::string& message);
    /// All of them in one step, by one rewrite of packed-refs, deletions included: for mirrors, whose refs are many and have no logs. All
    /// expectations are looked at first. Refs that lie loose (somebody else's git wrote them) follow one by one after that: a crash leaves
    /// each of these old or new. A new ref may take the place of a directory of deleted ones.
    Result<void> replace_refs(const std::vector<RefChange>& changes);
    /// With its log. A ref that is not there is no error.
    Result<void> delete_ref(const std::string& ref);
    /// Makes HEAD point to refs/heads/<branch>.
    Result<void> set_head(const std::string& branch);
    /// Makes HEAD stand at a commit of its own, as at a source whose HEAD is detached.
    Result<void> detach_head(const Oid& commit);
    /// Sets keys of the repository's own configuration ("remote.origin.url"), in one step; nothing is written when all stand so already.
    Result<void> configure(const std::vector<std::pair<std::string, std::string>>& settings);
    /// Takes a fetched pack in: completes a thin one, indexes, moves it to objects/pack; writes `shallow`,
    /// and for promisor packs the partial-clone settings of remote `remote_name` (url without credentials),
    /// so that git fsck is content. Does not prove that everything reachable came along: missing_objects(new
    /// tips, old tips) does. On failure the fetched file stays. Memory: flat, but for the largest single
    /// blob.
    Result<void> adopt_pack(const Fetched& fetched, const std::string& remote_name,
                            const std::string& remote_url);

    /// Makes few packs of many small ones, each object kept, reachable or not: where `rule.pile` of them lie, as many as
    /// leave every pack at least twice as large as all smaller ones together. Entries are copied as they are; the new
    /// pack is on the disk, read back and proved before an old one goes. Packs with a .keep, those of promised objects
    /// (joined among themselves) and cruft packs stay what they are; a repository with a multi-pack-index is somebody
    /// else's to keep. `stop` (may be empty) is asked often: true ends it with `cancelled`, and nothing has changed.
    /// Nobody may read packs of it meanwhile.
    Result<Joined> join_packs(const JoinRule& rule, const StopAsked& stop);

    // -- for a push --
    /// Objects reachable from `tips` and not from `known` (commits that the peer has; ones not here are
    /// ignored), commits first. Objects that a partial clone does not hold are left out.
    Result<std::vector<Oid>> missing_objects(const std::vector<Oid>& tips,
                                             const std::vector<Oid>& known) const;

    /// Whether it is a partial clone (objects may be missing on purpose).
    [[nodiscard]] bool partial() const;

    /// Every object re-hashed, trees and commits walked from all refs. Counts what was looked at. `stop` (may be empty) is asked between
    /// objects: true ends it with `cancelled`.
    struct CheckReport {
        std::uint64_t objects = 0;
        std::vector<std::string> problems;  ///< in words, at most 100,000
        /// The objects that these problems are about, if they are about one: here and not what their name says, perhaps more than once; needed and not here.
        std::vector<Oid> damaged, missing;
    };
    Result<CheckReport> check(const StopAsked& stop = {}) const;

    struct Impl;  ///< shared by the parts of lib/git alone

private:
    explicit Repository(std::unique_ptr<Impl> impl);
    friend class PackReader;
    friend class GrowingPack;
    std::unique_ptr<Impl> impl_;
};

/// A pack made of objects of a repository, streamed: entries of our packs are copied as they are (deltas
/// whose base goes along from the same pack, too), others are compressed anew by make(), in memory up to 4
/// MiB and beyond that in a nameless file. When the objects are exactly those of one pack file, that file is
/// streamed. Its size is known before the first byte. Every byte copied is compared with its checksum:
/// repository_invalid rather than a damaged pack. Needs no Repository once made. Synchronous; worker thread.
class PackReader {
public:
    static Result<PackReader> make(const Repository& repository, const std::vector<Oid>& objects);
    PackReader(PackReader&&) noexcept;
    PackReader& operator=(PackReader&&) noexcept;
    ~PackReader();
    [[nodiscard]] std::uint64_t size() const noexcept;
    [[nodiscard]] std::uint32_t objects() const noexcept;
    /// Fills from the front; 0 = end.
    Result<std::size_t> read(std::span<std::byte> buffer);
    void rewind();

private:
    struct Impl;
    friend class PackJoiner;
    friend class GrowingPack;
    /// Of a plan with one file, which is open already and need not have its name any more.
    static PackReader make(SegmentPlan plan, FileDescriptor file);
    static Result<PackReader> make(Repository::Impl& repository, const std::vector<Oid>& objects,
                                   std::vector<IndexEntry>& entries);
    explicit PackReader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace autobackup::git
