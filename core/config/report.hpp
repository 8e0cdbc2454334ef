#pragma once

#include "core/config/excerpt.hpp"

namespace cts::config {

/// Collects what is wrong with a configuration, in the order it is found.
class report {
public:
  struct remark {
    std::string message{};
    std::optional<place> where{};
    std::string hint{};
    std::string component = "config";
    /// The line must not be shown.
    bool secret = false;
  };

  /// As many problems of one kind are kept; more help nobody.
  static constexpr std::size_t kept_max = 1000;

  explicit report(const std::vector<source>& files) : excerpts_{files} {}

  void error(stage found, remark x);
  void warn(stage found, remark x);

  /// "The first one is in a.hcl:3", for things that must not be repeated.
  std::string first_one(const place& where) const;

  bool failed() const { return !errors_.empty(); }

  /// Further errors are dropped.
  bool full() const { return errors_.size() >= kept_max; }

  std::vector<diagnostic> take_errors() { return std::move(errors_); }
  std::vector<diagnostic> take_warnings() { return std::move(warnings_); }

  /// All of it, as the reason for having no configuration.
  failure take_failure() {
    return {.errors = take_errors(), .warnings = take_warnings()};
  }

private:
  void add(std::vector<diagnostic>& to, diagnostic x, const remark& from);

  excerpts excerpts_;
  std::vector<diagnostic> errors_{};
  std::vector<diagnostic> warnings_{};
};

} // namespace cts::config
