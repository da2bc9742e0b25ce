// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string_view>

#include "lib/core/failure.hpp"

namespace autobackup::runner {

/// The host keys of github.com as lines of a known_hosts file, as GitHub publishes them (docs.github.com, "GitHub's SSH key fingerprints"):
/// SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU (Ed25519), SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM (ECDSA),
/// SHA256:uNiVztksCsDhcc0u9e8BujQXVUpKZIDTMczCvj3tD2s (RSA, since 2023-03-24).
std::string_view github_host_keys();

/// Puts them into a file in `folder` (made when it is not there) and returns its path. Blocks: on a worker.
Result<std::filesystem::path> write_github_host_keys(const std::filesystem::path& folder);

}  // namespace autobackup::runner
