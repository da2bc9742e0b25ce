// SPDX-License-Identifier: MIT
#include "daemon/cli/versions.hpp"

#include <fmt/core.h>
#include <openssl/crypto.h>
#include <spdlog/version.h>
#include <sqlite3.h>
#include <zlib.h>

#include <CLI/CLI.hpp>
#include <boost/version.hpp>

#include "build_info.hpp"
#include "lib/git/repository.hpp"

namespace autobackup::cli {
namespace {

std::string dotted(int major, int minor, int patch) { return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch); }

}  // namespace

std::string version_text(const std::string& program) {
    const std::string boost = dotted(BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100);
    const std::string spdlog = dotted(SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH);
    const std::string fmt = dotted(FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100);
    return program + " " + build::version + " (" + build::git_sha + ")\nBoost " + boost + ", " + git::library_version() + ", " +
           OpenSSL_version(OPENSSL_VERSION) + ", SQLite " + sqlite3_libversion() + ", SQLiteCpp " + build::sqlitecpp_version + ", zlib " + zlibVersion() +
           ", libdeflate " + build::libdeflate_version + ", libsystemd " + build::libsystemd_version + ", spdlog " + spdlog + ", fmt " + fmt + ", yaml-cpp " +
           build::yaml_cpp_version + ", date " + build::date_version + ", CLI11 " CLI11_VERSION "\n";
}

}  // namespace autobackup::cli
