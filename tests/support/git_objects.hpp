// SPDX-License-Identifier: MIT
// Blobs, trees and commits for the tests of rooms that use lib/git.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "lib/git/growing_pack.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::test {

/// A blob of this content, given in pieces of `piece` bytes.
inline git::NewBlob blob_of(std::string content, bool compress = true, std::size_t piece = 100'000) {
    git::NewBlob blob;
    blob.oid = git::hash_object(git::ObjectType::blob, content);
    blob.size = content.size();
    blob.compress = compress;
    blob.produce = [content = std::move(content), piece](const git::TakeBytes& take) -> Result<void> {
        for (std::size_t at = 0; at < content.size(); at += piece) {
            const std::string_view part = std::string_view(content).substr(at, piece);
            const Result<void> taken = take(std::as_bytes(std::span(part)));
            if (!taken) return taken;
        }
        return {};
    };
    return blob;
}

/// Bytes that do not compress.
inline std::string noise(std::size_t size, unsigned seed) {
    std::mt19937_64 random(seed);
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; i += 8) {
        const std::uint64_t value = random();
        std::memcpy(bytes.data() + i, &value, std::min<std::size_t>(8, size - i));
    }
    return bytes;
}

/// Bytes that compress well.
inline std::string prose(std::size_t size, unsigned seed) {
    std::mt19937 random(seed);
    std::string text;
    while (text.size() < size)
        text += "{\"frame\": " + std::to_string(random() % 1000) + ", \"label\": \"car\"},\n";
    text.resize(size);
    return text;
}

struct NamedContent {
    std::string path;
    std::string content;
    bool compress = true;
};

/// What a commit of these files consists of.
struct CommitObjects {
    std::vector<git::NewBlob> blobs;
    std::vector<git::RawObject> objects;  ///< trees, and the commit as the last one
    [[nodiscard]] const git::Oid& commit() const { return objects.back().oid; }
};
inline CommitObjects commit_objects(const std::vector<NamedContent>& files, const std::vector<git::Oid>& parents,
                                    std::int64_t time = 1'700'000'000, const std::string& message = "a commit") {
    CommitObjects made;
    git::Folder folder;
    for (const NamedContent& file : files) {
        made.blobs.push_back(blob_of(file.content, file.compress));
        folder.add_file(file.path, made.blobs.back().oid);
    }
    const git::Oid tree = folder.build(made.objects);
    git::Signature author;
    author.name = "A U Thor";
    author.email = "author@example.org";
    author.unix_seconds = time;
    made.objects.push_back(git::make_commit(tree, parents, author, message));
    return made;
}

/// Writes the files as a commit on top of `parents` and returns its name; no ref is moved.
inline Result<git::Oid> write_commit(git::Repository& repository, const std::vector<NamedContent>& files,
                                     const std::vector<git::Oid>& parents, std::int64_t time = 1'700'000'000,
                                     const std::string& message = "a commit") {
    const CommitObjects made = commit_objects(files, parents, time, message);
    const Result<std::optional<git::PackInfo>> written = repository.write_pack(made.blobs, made.objects, {});
    if (!written) return written.error();
    return made.commit();
}

/// The same by a pack that gets one file after another; `name`: see GrowingPack::begin().
inline Result<git::Oid> grow_commit(git::Repository& repository, const std::vector<NamedContent>& files,
                                    const std::vector<git::Oid>& parents, std::int64_t time = 1'700'000'000,
                                    const std::string& message = "a commit", const std::string& name = {}) {
    const CommitObjects made = commit_objects(files, parents, time, message);
    Result<git::GrowingPack> pack = git::GrowingPack::begin(repository, name);
    if (!pack) return pack.error();
    for (const git::NewBlob& blob : made.blobs) {
        const Result<void> added = pack->add({blob}, blob.oid.hex());
        if (!added) pack->give_up();
        if (!added) return added.error();
    }
    const Result<std::optional<git::PackInfo>> written = repository.finish_pack(std::move(*pack), {}, made.objects);
    if (!written) return written.error();
    return made.commit();
}

}  // namespace autobackup::test
