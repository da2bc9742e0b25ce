// SPDX-License-Identifier: MIT
#include "lib/git/commit_parts.hpp"

#include <algorithm>

namespace autobackup::git {
namespace {

using Oids = std::vector<Oid>;

// An upper bound of what a blob takes in a pack: it grows by 5 bytes for every stored block of deflate at most, and has a head.
std::uint64_t most_packed(std::uint64_t size) { return size + size / 1024 + 64; }

// The blobs of the commit's tree among `objects`, in the order of these.
Result<Oids> blobs_among(const Repository& repository, const Commit& commit, const Oids& objects) {
    OidSet blobs;
    const auto note = [&](const std::string&, const TreeEntry& entry) -> Result<void> {
        blobs.insert(entry.oid);
        return {};
    };
    const Result<void> walked = repository.walk(commit.tree, note);
    if (!walked) return walked.error();
    Oids found;
    std::copy_if(objects.begin(), objects.end(), std::back_inserter(found), [&](const Oid& oid) { return blobs.contains(oid); });
    return found;
}

class Cutter {
public:
    Cutter(Repository& repository, const Oid& oid, const Commit& commit) : repository_(repository), oid_(oid), commit_(commit) {}

    // Blobs go ahead, part by part, until what is left fits.
    Result<CommitParts> run(Oids objects, std::uint64_t limit) {
        const Result<Oids> blobs = blobs_among(repository_, commit_, objects);
        if (!blobs) return blobs.error();
        OidSet ahead;
        Oids part;
        std::uint64_t part_size = 0;
        for (const Oid& blob : *blobs) {
            const Result<std::uint64_t> size = repository_.blob_size(blob);
            if (!size) return size.error();
            const std::uint64_t packed = most_packed(*size) + most_packed(68);  // and its line in the part's tree
            if (!part.empty() && part_size + packed > limit) {
                const Result<void> sent = send_ahead(part);
                if (!sent) return sent.error();
                ahead.insert(part.begin(), part.end());
                part.clear();
                part_size = 0;
            }
            part.push_back(blob);
            part_size += packed;
        }
        // The last ones go along with the trees where there is room.
        std::erase_if(objects, [&](const Oid& oid) { return ahead.contains(oid); });
        const Result<std::uint64_t> rest = pack_size(repository_, objects);
        if (!rest) return rest.error();
        if (*rest > limit && part.size() < objects.size() && !part.empty()) {
            const Result<void> sent = send_ahead(part);
            if (!sent) return sent.error();
            const OidSet last(part.begin(), part.end());
            std::erase_if(objects, [&](const Oid& oid) { return last.contains(oid); });
        }
        parts_.rest = std::move(objects);
        return std::move(parts_);
    }

private:
    Result<void> send_ahead(const Oids& blobs) {
        const std::string number = std::to_string(parts_.ahead.size() + 1);
        const auto [tree, made] = part_objects(blobs, commit_.unix_seconds, "part " + number + " of " + oid_.hex() + "\n");
        const Result<std::optional<PackInfo>> written = repository_.write_pack({}, {tree, made}, nullptr);
        if (!written) {
            Failure failure = written.error();
            failure.hint = "a commit too large for one push goes in parts, which are noted in the repository that it comes from: it must be writable here, or be a copy that is";
            return failure;
        }
        CommitPart part;
        part.tip = made.oid;
        part.objects = {made.oid, tree.oid};
        part.objects.insert(part.objects.end(), blobs.begin(), blobs.end());
        parts_.ahead.push_back(std::move(part));
        return {};
    }

    Repository& repository_;
    const Oid& oid_;
    const Commit& commit_;
    CommitParts parts_;
};

}  // namespace

PartObjects part_objects(const Oids& blobs, std::int64_t unix_seconds, const std::string& message) {
    std::vector<TreeEntry> entries;
    for (const Oid& blob : blobs) entries.push_back(TreeEntry{blob.hex(), mode_file, blob});
    PartObjects made;
    made.tree = make_tree(std::move(entries));
    made.commit = make_commit(made.tree.oid, {}, Signature{"autobackupd", "autobackupd@localhost", unix_seconds}, message);
    return made;
}

Result<std::uint64_t> pack_size(const Repository& repository, const std::vector<Oid>& objects) {
    const Result<PackReader> reader = PackReader::make(repository, objects);
    if (!reader) return reader.error();
    return reader->size();
}

Result<CommitParts> cut_commit(Repository& repository, const Oid& commit, std::vector<Oid> objects, std::uint64_t limit) {
    const Result<Commit> read = repository.read_commit(commit);
    if (!read) return read.error();
    return Cutter(repository, commit, *read).run(std::move(objects), limit);
}

}  // namespace autobackup::git
