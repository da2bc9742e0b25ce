// SPDX-License-Identifier: MIT
// A strict reader of the text exposition format 0.0.4: for what this program writes, not for all that is allowed.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace autobackup::metrics {

/// Every sample as "name{label="value",…}" → value; a test failure for every line that breaks a rule.
class Exposition {
public:
    explicit Exposition(const std::string& text) {
        EXPECT_TRUE(text.ends_with('\n')) << "the last line must end with a line feed";
        std::istringstream stream(text);
        for (std::string line; std::getline(stream, line);) read(line);
        EXPECT_FALSE(expects_samples_) << "a family without samples: " << family_;
    }

    [[nodiscard]] std::optional<double> value(const std::string& series) const {
        const auto found = samples_.find(series);
        return found == samples_.end() ? std::nullopt : std::optional<double>(found->second);
    }
    [[nodiscard]] const std::map<std::string, double>& samples() const { return samples_; }
    [[nodiscard]] const std::set<std::string>& families() const { return families_; }
    [[nodiscard]] const std::map<std::string, std::string>& types() const { return types_; }

private:
    void read(const std::string& line) {
        static const std::regex help(R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\]|\\\\|\\n)+))");
        static const std::regex type(R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge))");
        static const std::regex sample(
            R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\\\|\\"|\\n)*"(?:,(?=[a-zA-Z_]))?)+\})? (\S+))");
        std::smatch match;
        if (std::regex_match(line, match, help)) {
            EXPECT_FALSE(expects_samples_) << "a family without samples: " << family_;
            EXPECT_TRUE(families_.insert(match[1]).second) << "the family stands in two places: " << line;
            family_ = match[1];
            has_type_ = false;
            expects_samples_ = true;
        } else if (std::regex_match(line, match, type)) {
            EXPECT_EQ(match[1], family_) << "TYPE belongs right under HELP";
            EXPECT_FALSE(has_type_) << line;
            has_type_ = true;
            types_[match[1]] = match[2];
        } else if (std::regex_match(line, match, sample)) {
            EXPECT_EQ(match[1], family_) << "samples stand under their family";
            EXPECT_TRUE(has_type_) << line;
            expects_samples_ = false;
            char* end = nullptr;
            const std::string number = match[3];
            const double value = std::strtod(number.c_str(), &end);
            EXPECT_EQ(*end, '\0') << "no number: " << line;
            EXPECT_TRUE(samples_.emplace(match[1].str() + match[2].str(), value).second) << "twice: " << line;
        } else {
            ADD_FAILURE() << "not of the format: " << line;
        }
    }

    std::string family_;
    bool has_type_ = false, expects_samples_ = false;
    std::set<std::string> families_;
    std::map<std::string, std::string> types_;
    std::map<std::string, double> samples_;
};

}  // namespace autobackup::metrics
