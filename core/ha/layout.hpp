#pragma once

#include "core/error.hpp"
#include "core/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Where the state of the cluster lies in Consul KV. Source: spec chapter
/// high-availability, 3.1.
namespace cts::ha {

/// What a key below the base names.
enum class place : std::uint8_t {
  leader,
  meta,
  instance,
  inflight,
  task,
  events,
  chunk,
};

/// A key taken apart.
struct known_key {
  ha::place place = ha::place::leader;
  /// Of tasks, events and chunks.
  std::uint64_t generation = 0;
  /// The instance's id or the task's name.
  std::string name{};
  /// Of chunks: the folder that a record points to, relative to the base.
  std::string directory{};
  bool operator==(const known_key&) const = default;
};

/// The keys of one cluster. All of them begin with `base`, which ends in `/`,
/// so that cluster `a` never touches cluster `ab`.
class layout {
public:
  /// `path` is `<parent_path>/<cluster name>`; leading, doubled and trailing
  /// slashes do not matter. Fails with `configuration` if nothing is left or
  /// the last element is no cluster name.
  static result<layout> make(std::string_view path);

  const std::string& base() const { return base_; }
  /// The last element of the path.
  std::string cluster() const;

  std::string leader() const { return base_ + "leader"; }
  std::string meta() const { return base_ + "meta"; }
  std::string instances() const { return base_ + "instances/"; }
  std::string instance(std::string_view id) const;
  std::string inflight() const { return base_ + "inflight/"; }
  std::string inflight(std::string_view task) const;
  /// All generations.
  std::string state() const { return base_ + "state/"; }
  std::string generation(std::uint64_t number) const;
  std::string task(std::uint64_t generation, std::string_view name) const;
  std::string events(std::uint64_t generation, std::string_view task) const;
  /// Where the pieces of a record go, relative to the generation:
  /// `chunks/<kind>/<task>/<first 12 digits of the digest>/`.
  static std::string chunks(place kind, std::string_view task,
                            std::string_view sha256);

  /// Nothing if the key is not below the base or none of ours.
  std::optional<known_key> parse(std::string_view key) const;

  /// The generation that the key belongs to, whatever it is; nothing if it
  /// belongs to none.
  std::optional<std::uint64_t> generation_of(std::string_view key) const;

  bool operator==(const layout&) const = default;

private:
  explicit layout(std::string base) : base_{std::move(base)} {}

  std::string base_;
};

/// `[A-Za-z0-9._-]{1,64}`, and neither `.` nor `..`.
bool is_cluster_name(std::string_view name);

/// One segment of a key: everything but `[A-Za-z0-9._-]` as `%XX`.
std::string encode_name(std::string_view name);

/// Nothing if `encode_name` does not write such a segment.
std::optional<std::string> decode_name(std::string_view segment);

} // namespace cts::ha
