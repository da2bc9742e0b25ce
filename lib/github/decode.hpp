// SPDX-License-Identifier: MIT
// From GitHub's JSON to values. Pure. Failures: what is missing, in words.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>

#include "lib/core/failure.hpp"
#include "lib/github/types.hpp"

namespace autobackup::github {

/// The fields of `nodes` that graph_repository() reads.
extern const char* const repository_fields;
/// A node of the GraphQL listing. bad_response: an essential field is missing.
Result<Repository> graph_repository(const boost::json::value& node, const std::string& object);
/// A repository object of the REST API.
Result<Repository> rest_repository(const boost::json::value& value, const std::string& object);
Result<Gist> gist(const boost::json::value& value, const std::string& object);

}  // namespace autobackup::github
