// SPDX-License-Identifier: MIT
#include "daemon/vault/vault.hpp"

#include "lib/core/file.hpp"

namespace autobackup::vault {

Vault::Vault(async::Workers& workers, std::filesystem::path path, std::string branch)
    : workers_(workers), path_(std::move(path)), branch_(std::move(branch)) {}

Result<void> Vault::open() {
    if (repository_) return {};
    const Result<void> parent = make_directories(path_.parent_path());
    if (!parent) return parent;
    Result<git::Repository> opened = git::Repository::open_or_init(path_, branch_);
    if (!opened) return opened.error();
    repository_ = std::make_unique<git::Repository>(std::move(*opened));
    return {};
}

}  // namespace autobackup::vault
