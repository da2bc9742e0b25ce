// SPDX-License-Identifier: MIT
// Opening a repository. libgit2's own function is not used for it: it leaks 20 KiB for every extension that
// the configuration names (1.5.1 with PCRE2), which a partial clone does at each opening.
#include <algorithm>
#include <array>

#include "lib/core/text.hpp"
#include "lib/git/repository_impl.hpp"

namespace autobackup::git {

namespace {

Failure invalid(const fs::path& path, std::string what) {
    return fail(Errc::repository_invalid, "open", path.string(), std::move(what));
}

/// What the configuration says of the format (gitrepository-layout(5) and "repository-version" of git's
/// documentation).
struct Format {
    int version = 0;
    bool bare = false;
    bool promised = false;  ///< some remote has promised objects
    std::string unknown_extension;

    void read(std::string_view name, const char* value) {
        if (name == "core.repositoryformatversion") version = number(value);
        if (name == "core.bare") bare = truth(value);
        if (name.starts_with("remote.") && name.ends_with(".promisor") && truth(value)) promised = true;
        if (name.starts_with("extensions.")) read_extension(name.substr(name.find('.') + 1), value);
    }

private:
    void read_extension(std::string_view extension, std::string_view value) {
        constexpr std::array known{std::string_view("noop"), std::string_view("partialclone"),
                                   std::string_view("preciousobjects")};
        if (std::find(known.begin(), known.end(), extension) != known.end()) return;
        if (extension == "objectformat" && value == "sha1") return;
        unknown_extension = std::string(extension) + " = " + std::string(value);
    }
    static bool truth(const char* value) {
        int result = 0;
        return git_config_parse_bool(&result, value) == 0 && result != 0;
    }
    static int number(const char* value) {
        std::int32_t result = -1;
        return git_config_parse_int32(&result, value) == 0 ? result : -1;
    }
};

/// Of a repository as open_or_init() makes it. Told without libgit2: getting that ready costs a run in which nothing moved a fifth of its time.
Format new_repository_format() {
    Format format;
    format.bare = true;
    return format;
}

fs::path whole_path(const fs::path& path) {
    fs::path whole = fs::absolute(path).lexically_normal();
    if (!whole.has_filename()) whole = whole.parent_path();
    return whole;
}

Result<Format> read_format(const fs::path& path) {
    const fs::path file = path / "config";
    const auto damaged = [&file](int rc) {
        Failure failure = git_failure(rc, "read", file.string());
        failure.code = Errc::repository_invalid;
        return failure;
    };
    const Result<std::string> text = read_file(file);
    if (text && *text == new_repository_config) return new_repository_format();
    initialise_library();
    ConfigHandle config;
    const int opened = git_config_open_ondisk(out(config), file.c_str());
    if (opened < 0) return damaged(opened);
    git_config_iterator* raw = nullptr;
    const int listed = git_config_iterator_new(&raw, config.get());
    const std::unique_ptr<git_config_iterator, Freer<&git_config_iterator_free>> entries(raw);
    if (listed < 0) return damaged(listed);
    Format format;
    git_config_entry* entry = nullptr;
    // A key without '=' has no value and means true.
    while (git_config_next(&entry, entries.get()) == 0)
        format.read(entry->name, entry->value != nullptr ? entry->value : "true");
    return format;
}

}  // namespace

Result<void> Repository::Impl::read_settings() {
    const Result<Format> format = read_format(path);
    if (!format) return format.error();
    if (format->version != 0 && format->version != 1) {
        return invalid(
            path, "the repository has format " + std::to_string(format->version) + ", which is not known");
    }
    // Format 0 has no extensions by definition, but a repository of SHA-256 is none that we can read.
    const bool counts = format->version == 1 || format->unknown_extension.starts_with("objectformat");
    if (counts && !format->unknown_extension.empty()) {
        return invalid(path, "the repository uses the extension " + format->unknown_extension +
                                 ", which is not supported");
    }
    if (!format->bare && !any) return invalid(path, "it is not a bare git repository (core.bare is not true)");
    partial = format->promised;
    shallow.clear();
    std::error_code ignored;
    if (!fs::exists(path / "shallow", ignored)) return {};
    const Result<std::string> text = read_file(path / "shallow");
    if (!text) return text.error();
    for (const std::string_view line : split(*text, '\n')) {
        if (const std::optional<Oid> oid = Oid::parse(trim(line))) shallow.push_back(*oid);
    }
    std::sort(shallow.begin(), shallow.end());
    return {};
}

Result<std::unique_ptr<Repository::Impl>> open_impl(const fs::path& path, bool any) {
    auto impl = std::make_unique<Repository::Impl>(path);
    impl->any = any;
    std::error_code error;
    if (!fs::is_directory(path, error)) return invalid(path, "there is no directory of this name");
    for (const char* part : {"HEAD", "config", "objects", "refs"}) {
        if (!fs::exists(path / part, error))
            return invalid(path, std::string(any ? "it is not a git repository" : "it is not a bare git repository") + ": there is no " + part);
    }
    if (fs::exists(path / "objects/info/alternates", error)) {
        Failure failure =
            invalid(path, "it borrows objects from another repository (objects/info/alternates)");
        failure.hint = "git repack -a makes it whole";
        return failure;
    }
    const Result<void> settings = impl->read_settings();
    if (!settings) return settings.error();
    const Result<std::optional<Oid>> head = impl->ref_store.resolve("HEAD");
    if (!head) return head.error();
    impl->packs.refresh();
    return impl;
}

Result<Repository> Repository::open(const fs::path& path) {
    Result<std::unique_ptr<Impl>> impl = open_impl(whole_path(path));
    if (!impl) return impl.error();
    return Repository(std::move(*impl));
}

Result<Repository> Repository::open_any(const fs::path& path) {
    fs::path whole = whole_path(path);
    std::error_code error;
    if (fs::is_directory(whole / ".git", error)) whole /= ".git";
    Result<std::unique_ptr<Impl>> impl = open_impl(whole, true);
    if (!impl) return impl.error();
    return Repository(std::move(*impl));
}

Result<std::optional<std::string>> Repository::head_branch() const {
    const Result<std::string> text = read_file(impl_->path / "HEAD", std::size_t{4} << 10);
    if (!text) return text.error();
    constexpr std::string_view symbolic = "ref:";
    if (!text->starts_with(symbolic)) return std::optional<std::string>();
    return std::optional<std::string>(std::string(trim(std::string_view(*text).substr(symbolic.size()))));
}

Repository::Repository(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;
Repository::~Repository() = default;

const fs::path& Repository::path() const noexcept {
    return impl_->path;
}

bool Repository::partial() const {
    return impl_->partial;
}

}  // namespace autobackup::git
