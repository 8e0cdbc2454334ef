#pragma once

#include "core/config/block.hpp"
#include "core/config/finalize_parts.hpp"
#include "core/config/redact.hpp"
#include "core/config/show.hpp"

#include <optional>

// What the files of `show` share; nobody else includes this.

namespace cts::config {

/// What all sections write to and look at.
struct explanation {
  const std::vector<source>& files;
  const surroundings& around;
  std::map<std::string, origin>& origins;
};

/// The effective values of one block, written one by one.
class section {
public:
  /// `path` is that of the error messages; `from` is what the files set.
  section(explanation& all, std::string path, const block& from)
    : all_{all}, path_{std::move(path)}, from_{from} {}

  /// A value that comes from the setting of the same name, from its variable,
  /// or is the default, unless its `where` is known.
  void add(std::string_view name, const std::string& x,
           const std::optional<origin>& where = {});
  void add(std::string_view name, const char* x) = delete;
  void add(std::string_view name, bool x,
           const std::optional<origin>& where = {});
  void add(std::string_view name, int x,
           const std::optional<origin>& where = {});
  void add(std::string_view name, nanoseconds x,
           const std::optional<origin>& where = {});
  void add(std::string_view name, const std::vector<std::string>& x);
  void add(std::string_view name, const std::map<std::string, std::string>& x);

  /// Only what a file sets, the rest has no effect.
  void add_if_set(std::string_view name, const std::string& x);

  /// `enabled`, which follows from other fields if it is not written.
  void add_enabled(bool x, const char* fields);

  /// Values without a schema, by name; `masked` ones are not shown.
  void add_values(std::string_view name, const object& x, bool masked);

  /// A value that must not be shown.
  void add_masked(std::string_view name, const origin& where);

  /// The same for a text that is read as an expression.
  void add_masked_expression(std::string_view name, const origin& where);

  /// A nested block with its labels.
  void add(std::string_view name, std::vector<std::string> labels,
           section inner);

  /// A section for the block `name` nested in this one.
  section inside(std::string_view name) const;
  /// The same for a block that has a path and a place of its own.
  section inside(std::string path, const block& from) const {
    return section{all_, std::move(path), from};
  }

  const block& from() const { return from_; }
  const std::string& path() const { return path_; }
  const surroundings& around() const { return all_.around; }
  bool is_set(std::string_view name) const {
    return from_.find(name) != nullptr;
  }

  origin origin_of(std::string_view name) const;
  origin origin_at(const place& where) const;

  hcl::body take() { return std::move(items_); }

private:
  void write(std::string_view name, hcl::expression x,
             const std::optional<origin>& where);

  explanation& all_;
  std::string path_;
  const block& from_;
  hcl::body items_{};
};

/// It follows from something else.
inline origin derived_from(std::string what) {
  return {.what = origin::kind::derived, .from = std::move(what)};
}

void show_consul(section& to, const consul& x);
void show_vault(section& to, const vault& x);
void show_client_tls(section& to, const client_tls& x, bool by_default);
void show_terraform(section& to, const terraform_driver& x);
void show_cloud(section& to, const terraform_cloud_driver& x);
void show_task(section& to, const task& x);

} // namespace cts::config
