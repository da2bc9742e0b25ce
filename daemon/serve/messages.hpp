// SPDX-License-Identifier: MIT
// MESSAGE_IDs of what the daemon itself tells. A public contract with systemd/autobackupd.catalog: never rename or reuse one.
#pragma once

namespace autobackup::serve::message_id {

inline constexpr const char* started = "647671e076d54124aa63ceb0502a5b4e";
inline constexpr const char* stopped = "a3293d7bc8634ea0af7040a921a4d22e";
inline constexpr const char* config_loaded = "d5c60db687b848329042fa388f3fc7ca";
inline constexpr const char* config_rejected = "0b4e0ce2a43a4606bd11472407abc79c";
inline constexpr const char* run_started = "6aae472781d9448294c75773905dd0c5";
inline constexpr const char* run_resumed = "de5db275238c4fb8b8c7592199aac030";
inline constexpr const char* caught_up = "c2465749d3cf47da9f407c1591950d91";
inline constexpr const char* missed = "085f157c39dc4ac8a6ae044b1c761f3f";
inline constexpr const char* overlap_skipped = "b349b197b05e4f7cb20da495632c8a3d";
inline constexpr const char* retry_planned = "6db916d979fb44fbba94025dd033ec24";
inline constexpr const char* gave_up = "807cb5963ae84b7ba6f7c971f775dd23";
inline constexpr const char* waited_in_vain = "c36e431e40d6419c82f46321fdbb1272";
inline constexpr const char* clock_stepped = "41765944673f4f779bfde5476b443258";
inline constexpr const char* crash_loop = "bee7363ad6e54ea49deef661d0c56b6d";
inline constexpr const char* secret_missing = "43ea6f5e8f3d474a8c06ddff114ab10c";
inline constexpr const char* space_low = "3828c32498404af18852f49afedf2292";
inline constexpr const char* state_made_anew = "0dbd2feae99f45a88618b8ed35d31b5b";
inline constexpr const char* steered = "a17dc8933dd8488f89be0c36cd327f20";  ///< pause, resume, cancel … by somebody

}  // namespace autobackup::serve::message_id
